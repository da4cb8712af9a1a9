import keras
import numpy as np
import pytest

from deephar.models import blocks


def layer_names(unit, channels, **arguments):
    inputs = keras.Input((8, 8, channels))
    model = keras.Model(inputs, unit(inputs, **arguments, name="r"))
    return model, {layer.name for layer in model.layers if layer.weights}


@pytest.mark.parametrize("width, filters, extra", [
    (8, 8, set()),
    (8, 12, {"r_shortcut", "r_shortcut_conv"}),
    (12, 8, {"r_shortcut", "r_shortcut_conv", "r_reduce", "r_reduce_conv"}),
])
def test_separable_residual(width, filters, extra):
    model, names = layer_names(blocks.separable_residual, width, filters=filters, size=3)
    assert names == {"r", "r_conv"} | extra
    assert model.output_shape == (None, 8, 8, filters)


def test_separable_residual_is_the_identity_without_its_branch():
    model, _ = layer_names(blocks.separable_residual, 4, filters=4, size=3)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 4)).astype("float32")
    np.testing.assert_array_equal(model(x), x)


@pytest.mark.parametrize("arguments, names, shape", [
    (dict(), {"r_bn1", "r_conv1"}, (8, 8, 8)),
    (dict(filters=12), {"r_bn1", "r_shortcut_conv", "r_conv1"}, (8, 8, 12)),
    (dict(strides=2), {"r_bn1", "r_shortcut_conv", "r_conv1"}, (4, 4, 8)),
    (dict(convtype="normal"), {"r_bn1", "r_conv1", "r_bn2", "r_conv2"}, (8, 8, 8)),
])
def test_residual(arguments, names, shape):
    model, found = layer_names(blocks.residual, 8, size=3, **arguments)
    assert found == names
    assert model.output_shape == (None, *shape)


def test_features_div():
    model, _ = layer_names(blocks.residual, 8, size=3, convtype="normal", features_div=4)
    assert model.get_layer("r_conv1").filters == 2


def test_the_shortcut_is_taken_before_the_normalisation_only_at_equal_width():
    x = np.random.default_rng(0).normal(size=(1, 8, 8, 4)).astype("float32")
    model, _ = layer_names(blocks.residual, 4, size=3)
    model.set_weights([np.zeros_like(w) for w in model.get_weights()])
    np.testing.assert_array_equal(model(x), x)
    model, _ = layer_names(blocks.residual, 4, size=3, filters=6)
    shortcut = model.get_layer("r_shortcut_act").input
    assert shortcut is model.get_layer("r_bn1").output
