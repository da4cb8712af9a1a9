import keras
import numpy as np
import pytest

from deephar.layers import (
    ChannelSoftmax1D, ChannelSoftmax2D, DepthExpectation, KeypointConfidence,
    SoftArgmax1D, SoftArgmax2D)
from tests.layers.contract import check_layer
from tests.numbers import LAYER, assert_close

pytestmark = pytest.mark.numeric

RNG = np.random.default_rng(0)


def random(*shape):
    return RNG.normal(0, 2, shape).astype("float32")


def test_channel_softmax_2d(tmp_path):
    x = random(2, 3, 5, 4)
    y = check_layer(ChannelSoftmax2D(alpha=1.5), x, tmp_path)
    assert_close(y.sum((1, 2)), 1, LAYER)
    wanted = np.exp(1.5 * x.astype("float64"))
    assert_close(y, wanted / wanted.sum((1, 2), keepdims=True), LAYER)


def test_channel_softmax_survives_large_maps():
    y = keras.ops.convert_to_numpy(ChannelSoftmax2D()(random(1, 4, 4, 2) + 1e4))
    assert np.isfinite(y).all()
    assert_close(y.sum((1, 2)), 1, LAYER)


def test_channel_softmax_1d(tmp_path):
    x = random(2, 6, 4)
    y = check_layer(ChannelSoftmax1D(), x, tmp_path)
    assert_close(y, np.exp(x) / np.exp(x).sum(1, keepdims=True), LAYER)


def test_soft_argmax_2d_reads_one_pixel(tmp_path):
    maps = np.zeros((2, 5, 9, 2), "float32")
    maps[0, 0, 0, 0] = maps[0, 4, 8, 1] = maps[1, 1, 6, 0] = maps[1, 3, 0, 1] = 1
    pose = check_layer(SoftArgmax2D(), maps, tmp_path)
    assert_close(pose, [[[0, 0], [1, 1]], [[0.75, 0.25], [0, 0.75]]], LAYER)


def test_soft_argmax_2d_is_the_expectation():
    maps = RNG.dirichlet(np.ones(24), size=3).reshape(1, 3, 4, 6).transpose(0, 2, 3, 1)
    pose = keras.ops.convert_to_numpy(SoftArgmax2D()(maps.astype("float32")))
    x = (maps * np.linspace(0, 1, 6)[:, None]).sum((1, 2))
    y = (maps * np.linspace(0, 1, 4)[:, None, None]).sum((1, 2))
    assert_close(pose, np.stack([x, y], -1), LAYER)


def test_soft_argmax_1d_counts_bin_centres(tmp_path):
    maps = np.zeros((1, 4, 3), "float32")
    maps[0, 0, 0] = maps[0, 3, 1] = 1
    maps[0, :, 2] = 0.25
    z = check_layer(SoftArgmax1D(), maps, tmp_path)
    assert_close(z, [[[0.125], [0.875], [0.5]]], LAYER)


def test_other_ramps_are_kept_in_every_kind_of_file(tmp_path):
    centres = (np.arange(4) + 0.5) / 4
    layer = SoftArgmax2D(ramp_x=centres, name="sam")
    maps = np.zeros((1, 3, 4, 1), "float32")
    maps[0, 2, 3, 0] = 1
    pose = check_layer(layer, maps, tmp_path)
    assert_close(pose, [[[0.875, 1]]], LAYER)

    build = lambda layer: keras.Sequential([keras.Input((3, 4, 1)), layer])
    build(layer).save_weights(tmp_path / "ramps.weights.h5")
    other = build(SoftArgmax2D(name="sam"))
    other.load_weights(tmp_path / "ramps.weights.h5")
    assert_close(other(maps), pose, LAYER)


def test_a_ramp_of_another_size_is_refused():
    with pytest.raises(ValueError, match="ramp_x has 3 values, .* 4 positions"):
        SoftArgmax2D(ramp_x=(0, 0.5, 1))(random(1, 3, 4, 1))


def test_depth_expectation(tmp_path):
    depth, maps = random(2, 3, 4, 5), np.abs(random(2, 3, 4, 5))
    z = check_layer(DepthExpectation(), [depth, maps], tmp_path)
    wanted = (maps / (1 + np.exp(-depth))).sum((1, 2))[..., None]
    assert_close(z, wanted, LAYER)


def test_keypoint_confidence_is_the_best_2x2_sum(tmp_path):
    maps = np.zeros((1, 4, 4, 2), "float32")
    maps[0, 1:3, 2:4, 0] = [[0.1, 0.2], [0.3, 0.4]]
    maps[0, ..., 1] = -1
    y = check_layer(KeypointConfidence(), maps, tmp_path)
    assert_close(y, [[[1.0], [-4.0]]], LAYER)


def test_keypoint_confidence_refuses_single_rows():
    with pytest.raises(ValueError, match="at least 2x2 pixels, got 1x4"):
        KeypointConfidence()(random(1, 1, 4, 2))
