import keras
import numpy as np
import pytest

from deephar.models import keypoints3d
from tests.golden import cases
from tests.golden.legacy_weights import images
from tests.models.small import network
from tests.numbers import DEEP, assert_close

pytestmark = pytest.mark.numeric

PICTURE = (32, 64, 3)
SMALL = dict(width=16, depth_maps=5, num_levels=3)
X = images((2, *PICTURE), 1)


@pytest.fixture(scope="module")
def pose_network():
    keras.utils.set_random_seed(1)
    return keypoints3d.build(PICTURE, 4, **SMALL)


def count(width_in, width, levels, maps, stacks):
    """Parameters of the hourglasses, by hand: no bias, no scale."""
    bn = 3                                          # beta, mean, variance
    unit = 9 * width + width * width + bn * width
    units = 3 * (levels - 1) + 3 + 1                # skip, down, up; bottom; top
    entry = width_in * width + bn * width
    end = bn * width + width * width
    stack = entry + units * unit + end + width * maps
    return stacks * stack + (stacks - 1) * width_in * (width + maps)


@pytest.mark.parametrize("stacks", [1, 2, 3])
def test_parameters(stacks):
    model = keypoints3d.build(PICTURE, 4, stacks=stacks, **SMALL)
    rest = model.count_params() - model.get_layer("Stem").count_params()
    assert rest == count(576, 16, 3, 20, stacks)
    assert [tuple(y.shape) for y in model.outputs] == [(None, 4, 4)] * stacks


def test_an_hourglass_sees_what_it_should():
    """Levels, units and skips: the deep features depend on the whole picture."""
    model = keypoints3d.hourglass((16, 16, 3), 8, 4, name="Hourglass")
    sizes = [model.get_layer(f"down{level}").output.shape[1] for level in (1, 2, 3)]
    assert sizes == [8, 4, 2]
    assert model.get_layer("bottom3").output.shape[1:] == (2, 2, 8)
    assert model.get_layer("skip1").output.shape[1:] == (16, 16, 8)
    x = images((1, 16, 16, 3), 1)
    moved = x.copy()
    moved[:, 0, 0] += 1
    change = np.abs(np.asarray(model(x)) - np.asarray(model(moved)))
    assert change.max((0, 3)).min() > 0            # even in the far corner
    names = [layer.name for layer in model.layers]
    assert {"add1", "add2", "add3"} <= set(names) and "add4" not in names


def test_pose_is_read_from_the_volume(pose_network):
    maps = keras.Model(pose_network.input, pose_network.get_layer("volume2_maps").output)
    volume = np.asarray(maps(X)).reshape(2, 4, 8, 5, 4)
    plane, depth = volume.mean(3), volume.mean((1, 2))
    p = np.exp(plane - plane.max((1, 2), keepdims=True))
    p /= p.sum((1, 2), keepdims=True)
    q = np.exp(depth) / np.exp(depth).sum(1, keepdims=True)
    wanted = np.stack([
        (p * np.linspace(0, 1, 8)[:, None]).sum((1, 2)),
        (p * np.linspace(0, 1, 4)[:, None, None]).sum((1, 2)),
        (q * ((np.arange(5) + 0.5) / 5)[:, None]).sum(1),
        1 / (1 + np.exp(-plane.max((1, 2)) - depth.max(1)))], -1)
    assert_close(cases.answers(pose_network, X)[-1], wanted)


def test_second_stack_gets_the_shallow_features_and_the_first_stack(pose_network):
    layer = pose_network.get_layer
    first = keras.Model(pose_network.input, [
        layer("shallow").output, layer("deep1").output, layer("volume1_maps").output,
        layer("add1").output])
    shallow, deep, maps, x = cases.answers(first, X)
    wanted = (shallow + deep @ layer("back1_deep").get_weights()[0][0, 0]
              + maps @ layer("back1_maps").get_weights()[0][0, 0])
    assert_close(x, wanted)


def test_outputs_are_those_of_the_merge_model(pose_network):
    model = keypoints3d.build_action(pose_network, 5, 4, output_poses=True)
    assert model.output_names == network("merge_2d").output_names
    assert model.output_shape[:2] == [(None, 4, 4, 3), (None, 4, 4, 1)]
    x = images((2, 4, *PICTURE), 2)
    pose, visibility, *actions = cases.answers(model, x)
    frames = cases.answers(pose_network, x.reshape(8, *PICTURE))[-1].reshape(2, 4, 4, 4)
    assert_close(np.concatenate([pose, visibility], -1), frames, DEEP)
    for y in actions:
        np.testing.assert_allclose(y.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("flags, width", [
    (dict(), 576 + 16), (dict(deep=False), 576), (dict(shallow=False), 16)])
def test_appearance_is_what_lies_under_the_joints(pose_network, flags, width):
    model = keypoints3d.build_action(pose_network, 5, 4, **flags)
    kernel = model.get_layer("features").get_weights()[0]
    assert kernel.shape == (1, 1, width, 576)
    x = images((1, 4, *PICTURE), 2)
    layer = pose_network.get_layer
    probability, shallow, deep = cases.answers(keras.Model(pose_network.input, [
        layer("plane_softmax2").output, layer("shallow").output, layer("deep2").output
    ]), x[0])
    features = np.concatenate([shallow] * flags.get("shallow", True)
                              + [deep] * flags.get("deep", True), -1) @ kernel[0, 0]
    wanted = np.einsum("thwj,thwc->tjc", probability, features)
    appearance = keras.Model(model.input, model.get_layer("appearance").output)
    assert_close(appearance(x)[0], wanted)


def test_freezing(pose_network):
    keypoints3d.build_action(pose_network, 5, 4)
    assert pose_network.trainable_weights == []
    model = keypoints3d.build_action(pose_network, 5, 4, full_trainable=True)
    assert pose_network.trainable_weights
    assert model.get_layer("Frames").trainable_weights


def test_the_other_stem():
    model = keypoints3d.build(PICTURE, 4, stacks=1, stem="vgg16", **SMALL)
    assert "block4_conv3" in [l.name for l in model.get_layer("Stem").layers]


@pytest.mark.parametrize("arguments, message", [
    (dict(stacks=0), "stacks must be >= 1, got 0"),
    (dict(width=0), "width must be >= 1, got 0"),
    (dict(depth_maps=0), "depth_maps must be >= 1, got 0"),
    (dict(num_levels=4), r"with 4 levels H and W must be multiples of 64, got \(32"),
    (dict(stem="other"), "stem must be one of"),
])
def test_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        keypoints3d.build(PICTURE, 4, **{**SMALL, **arguments})


def test_refused_actions(pose_network):
    with pytest.raises(ValueError, match="got neither"):
        keypoints3d.build_action(pose_network, 5, 4, shallow=False, deep=False)
    with pytest.raises(ValueError, match="must be a network of keypoints3d.build"):
        keypoints3d.build_action(network("merge_2d"), 5, 4)
    with pytest.raises(ValueError, match="multiples of 4"):
        keypoints3d.build_action(pose_network, 5, 6)
