import keras
import numpy as np
import pytest

from deephar.layers import conv as units

UNITS = {
    "conv_bn": ["u_conv", "u"],
    "conv_bn_act": ["u_conv", "u", "u_act"],
    "act_conv_bn": ["u_act", "u_conv", "u"],
    "act_conv": ["u_act", "u_conv"],
    "sep_act_conv_bn": ["u_act", "u_conv", "u"],
}


@pytest.mark.parametrize("unit", UNITS)
def test_units(unit):
    inputs = keras.Input((8, 8, 3))
    model = keras.Model(inputs, getattr(units, unit)(inputs, 5, 3, name="u"))
    assert [layer.name for layer in model.layers[1:]] == UNITS[unit]
    assert model.output_shape == (None, 8, 8, 5)
    kinds = {w.name for w in model.weights}
    assert not kinds & {"bias", "gamma"}
    is_last_relu = UNITS[unit][-1] == "u_act"
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    assert (np.min(model(x)) >= 0) == is_last_relu


def test_normalisation_is_as_published():
    inputs = keras.Input((4, 4, 2))
    model = keras.Model(inputs, units.batch_norm(inputs, scale=True, name="bn"))
    layer = model.get_layer("bn")
    assert (layer.epsilon, layer.momentum) == (1e-3, 0.99)
    assert [w.name for w in layer.weights] == [
        "gamma", "beta", "moving_mean", "moving_variance"]


def test_strides_halve():
    inputs = keras.Input((8, 8, 2))
    assert units.conv(inputs, 3, 3, 2, name="c").shape == (None, 4, 4, 3)
    assert units.separable_conv(inputs, 3, 3, 2, name="s").shape == (None, 4, 4, 3)
