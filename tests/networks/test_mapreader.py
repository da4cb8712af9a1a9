"""The one pass gives what the layers give one after the other."""
import keras
import numpy as np
import pytest

from deephar.layers import (
    ChannelSoftmax2D, DepthExpectation, KeypointConfidence, KroneckerPooling,
    SoftArgmax2D)
from deephar.networks.mapreader import ReadMaps
from tests.numbers import assert_close

pytestmark = pytest.mark.numeric


@pytest.mark.parametrize("alpha", [1.0, 2.5])
def test_every_part_is_that_of_its_layer(alpha):
    rng = np.random.default_rng(0)
    maps = rng.normal(0, 30, (2, 6, 9, 4)).astype("float32")    # peaks: exp overflows
    depth = rng.normal(size=(2, 6, 9, 4)).astype("float32")
    features = rng.normal(size=(2, 6, 9, 5)).astype("float32")
    ramp = tuple(np.linspace(0.1, 0.7, 9))
    probability = ChannelSoftmax2D(alpha)(maps)
    expected = [SoftArgmax2D(ramp_x=ramp)(probability),
                KeypointConfidence()(probability),
                DepthExpectation()([depth, probability]),
                KroneckerPooling()([probability, features])]
    layer = ReadMaps(["position", "confidence", "depth", "features"], alpha, ramp_x=ramp)
    found = layer([maps, depth, features])
    for value, wanted in zip(found, expected, strict=True):
        assert_close(value, wanted)


def test_order_and_shapes_follow_the_parts():
    maps = keras.Input((8, 8, 3))
    depth = keras.Input((8, 8, 3))
    layer = ReadMaps.from_config(ReadMaps(["depth", "position"]).get_config())
    first, second = layer([maps, depth])
    assert first.shape == (None, 3, 1) and second.shape == (None, 3, 2)
    assert ReadMaps(["confidence"])(maps).shape == (None, 3, 1)


def test_an_unknown_part_is_refused():
    with pytest.raises(ValueError, match="parts must be of"):
        ReadMaps(["position", "colour"])
