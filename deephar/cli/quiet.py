"""Hold back what TensorFlow says while it starts, and what --quiet does not want."""
import contextlib
import logging
import os
import tempfile
from typing import Iterator

QUIET = "DEEPHAR_QUIET"         # for the processes that a command starts, too


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Within it nothing reaches standard error, not even from C++.

    TensorFlow's first lines come before it reads TF_CPP_MIN_LOG_LEVEL.  If the
    block raises, what was held back is shown after all.
    """
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


@contextlib.contextmanager
def quiet_progress() -> Iterator[None]:
    """Within it the package tells warnings only, and `is_quiet`."""
    before = logging.root.manager.disable
    os.environ[QUIET] = "1"
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)
        del os.environ[QUIET]


def is_quiet() -> bool:
    """Whether --quiet was given."""
    return QUIET in os.environ


def start_keras():
    """The module `keras`, imported and with its devices found, without a word."""
    with quiet_stderr():
        import keras
        keras.ops.zeros(1)
    return keras


def find_devices() -> None:
    """Let TensorFlow look for devices, without a word; a strategy can still be made."""
    with quiet_stderr():
        import tensorflow as tf
        tf.config.list_physical_devices()
