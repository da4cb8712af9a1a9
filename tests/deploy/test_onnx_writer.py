"""ONNX graphs of every network compute what Keras computes."""
import keras
import numpy as np
import pytest
from keras import layers

from deephar.deploy.onnx_writer import to_onnx
from deephar.networks.optimize import call, optimize
from tests import numbers
from tests.models.small import BUILDERS
from tests.networks.test_optimize import built, unsettled

pytestmark = pytest.mark.numeric

onnxruntime = pytest.importorskip("onnxruntime", reason="needs onnxruntime")
pytest.importorskip("onnx", reason="needs onnx")

QUICK = ["reception_2d", "spnet_3d"]


def difference(model, batch=2):
    """The largest difference between Keras and ONNX Runtime on noise."""
    session = onnxruntime.InferenceSession(to_onnx(model).SerializeToString(),
                                           providers=["CPUExecutionProvider"])
    x = np.random.default_rng(1).uniform(-1, 1, (batch, *model.input_shape[1:]))
    x = x.astype("float32")
    found = session.run(None, {"input": x})
    return max(numbers.difference(b, a)
               for a, b in zip(call(model, x), found, strict=True))


@pytest.mark.parametrize("name", QUICK)
def test_optimized_networks(name):
    assert difference(optimize(built(name))) < numbers.DEEP


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(BUILDERS) - set(QUICK)))
def test_every_other_network(name):
    assert difference(optimize(built(name))) < numbers.DEEP


@pytest.mark.parametrize("layer", [
    layers.Conv2D(6, (3, 4), strides=(2, 3), padding="same", activation="relu"),
    layers.Conv2D(6, 3, strides=2), layers.Conv2D(8, 3, groups=4),
    layers.DepthwiseConv2D(3, depth_multiplier=2, padding="same"),
    layers.SeparableConv2D(5, 3, strides=2, padding="same"),
    layers.Conv2DTranspose(6, 2, strides=2),
    layers.MaxPooling2D(3, strides=2, padding="same"), layers.MaxPooling2D(2),
    layers.UpSampling2D(2), layers.ZeroPadding2D(((1, 2), (0, 3))),
    layers.Activation("sigmoid"), layers.Activation("softmax"), layers.Rescaling(4, 1),
    layers.Concatenate(axis=2),
], ids=lambda layer: layer.name)
def test_layers(layer):
    inputs = keras.Input((9, 11, 4))
    read = [inputs, inputs] if isinstance(layer, layers.Concatenate) else inputs
    assert difference(unsettled(keras.Model(inputs, layer(read)))) < numbers.NETWORK


@pytest.mark.parametrize("layer, message", [
    (layers.Conv2D(4, 3, dilation_rate=2), "dilation"),
    (layers.Conv2D(4, 3, activation="tanh"), "activation tanh"),
    (layers.UpSampling2D(2, interpolation="bilinear"), "nearest"),
    (layers.Conv2DTranspose(4, 3, strides=2), "strides are its kernel's size"),
    (layers.LayerNormalization(), "a LayerNormalization cannot be written")])
def test_what_cannot_be_written_is_refused(layer, message):
    inputs = keras.Input((8, 8, 4))
    with pytest.raises(ValueError, match=message):
        to_onnx(keras.Model(inputs, layer(inputs)))


def test_free_sizes_are_refused():
    inputs = keras.Input((None, None, 4))
    with pytest.raises(ValueError, match="fixed sizes"):
        to_onnx(keras.Model(inputs, layers.Activation("relu")(inputs)))
