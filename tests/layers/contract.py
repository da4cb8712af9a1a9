"""What every layer of the package keeps: `check_layer(layer, inputs)`."""
import keras
import numpy as np
import tensorflow as tf

from tests.numbers import LAYER, assert_close


def to_numpy(values):
    if isinstance(values, (list, tuple)):
        return [keras.ops.convert_to_numpy(v) for v in values]
    return keras.ops.convert_to_numpy(values)


def check_layer(layer, inputs, folder) -> np.ndarray:
    """Checks `layer` on one array or a list of arrays; returns its output.

    Shape as promised, no weights, eager = traced = XLA, configuration and
    `.keras` file round trips, and float32 under a half-precision policy where
    the layer asks for it.
    """
    output = to_numpy(layer(inputs))
    symbolic = ([keras.Input(x.shape[1:]) for x in inputs]
                if isinstance(inputs, list) else keras.Input(inputs.shape[1:]))
    promised = layer(symbolic).shape
    assert len(promised) == output.ndim
    assert all(p in (None, size) for p, size in zip(promised, output.shape))
    assert layer.weights == []

    traced = tf.function(lambda x: layer(x))(inputs)
    assert_close(to_numpy(traced), output, LAYER)
    compiled = tf.function(lambda x: layer(x), jit_compile=True)(inputs)
    assert_close(to_numpy(compiled), output)

    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    np.testing.assert_array_equal(to_numpy(copy(inputs)), output)

    path = folder / "layer.keras"
    keras.Model(symbolic, layer(symbolic)).save(path)
    reloaded = keras.models.load_model(path)
    np.testing.assert_array_equal(to_numpy(reloaded(inputs)), output)
    return output


def half_precision_output(layer_class, inputs, **arguments):
    """The output of a layer that is made and fed under mixed_bfloat16."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = layer_class(**arguments)
        cast = lambda x: keras.ops.cast(x, "bfloat16")
        return layer([cast(x) for x in inputs] if isinstance(inputs, list)
                     else cast(inputs))
    finally:
        keras.config.set_dtype_policy(before)
