import os
import subprocess
import sys

import pytest

from deephar.cli.quiet import quiet_stderr


def test_nothing_is_said(capfd):
    with quiet_stderr():
        os.write(2, b"from C++")
    os.write(2, b"after")
    assert capfd.readouterr().err == "after"


def test_an_error_shows_what_was_held_back(capfd):
    with pytest.raises(KeyError), quiet_stderr():
        os.write(2, b"the reason")
        raise KeyError
    assert capfd.readouterr().err == "the reason"


def test_keras_starts_without_a_word():
    code = ("from deephar.cli.quiet import start_keras\n"
            "keras = start_keras()\n"
            "print(float(keras.ops.ones(1)[0]))")
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert (done.stdout, done.stderr) == ("1.0\n", "")


@pytest.mark.slow
def test_devices_are_found_without_a_word_and_before_a_strategy():
    """Workers must make their strategy before TensorFlow computes anything."""
    code = ("from deephar.cli.quiet import find_devices\n"
            "find_devices()\n"
            "from tensorflow.python.eager import context\n"
            "print(context.context()._initialized)")
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_a_reader_that_goes_away_is_no_error():
    """`deephar models | head -1`"""
    code = "import sys\nfrom deephar.cli import main\nsys.exit(main(['models']))"
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", code], text=True, stdout=writer,
                          stderr=subprocess.PIPE)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")
