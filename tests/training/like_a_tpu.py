"""What a TPU asks of a training, where no TPU is: TensorFlow's own checks."""
import functools

import tensorflow as tf
from tensorflow.python.distribute import tpu_strategy


def as_tpus_do(run):
    """A strategy's `run` that refuses what `TPUStrategy.run` refuses.

    No plain function runs eagerly, every shape is known, and XLA compiles all of it.
    """
    compiled = functools.cache(lambda fn: tf.function(fn, jit_compile=True))

    @functools.wraps(run)
    def checked(self, fn, args=(), kwargs=None, options=None):
        tpu_strategy.validate_run_function(fn)
        for tensor in tf.nest.flatten((args, kwargs), expand_composites=True):
            if isinstance(tensor, tf.Tensor) and not tensor.shape.is_fully_defined():
                raise ValueError(f"a TPU needs known shapes, got {tensor}")
        return run(self, compiled(fn), args, kwargs, options)

    return checked
