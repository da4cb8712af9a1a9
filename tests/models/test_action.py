import numpy as np
import pytest

from deephar.models import action, reception
from tests.golden import cases
from tests.golden.legacy_weights import images
from tests.models.small import BUILDERS, PICTURE, network
from tests.numbers import DEEP, assert_close

pytestmark = pytest.mark.numeric

RNG = np.random.default_rng(0)


def random(*shape):
    return RNG.random(shape).astype("float32")


@pytest.mark.parametrize("version, widths", [("v1", (8, 16, 24, 56)),
                                             ("v2", (12, 24, 36, 112))])
@pytest.mark.parametrize("dim", [2, 3])
def test_pose_model(version, widths, dim):
    model = action.build_pose_model(8, 5, 12, pose_dim=dim, network_version=version)
    assert model.name == "PoseAR"
    assert [model.get_layer(f"entry{i}_conv").filters for i in range(3)] == list(widths[:3])
    assert model.get_layer("a1_conv").filters == widths[3]
    assert model.output_names == ["y1", "y2", "y3", "y4"]
    for y in cases.answers(model, [random(2, 12, 8, dim), random(2, 12, 8, 1)]):
        np.testing.assert_allclose(y.sum(-1), 1, atol=1e-5)


def test_pose_model_takes_any_number_of_frames():
    model = action.build_pose_model(8, 5, None, 2, "AR", False, "v1")
    maps = model([random(1, 16, 8, 2), random(1, 16, 8, 1)])
    assert maps[3].shape == (1, 4, 2, 5)


def test_joints_of_no_confidence_do_not_count():
    model = action.build_pose_model(8, 5, 8)
    pose, confidence = random(1, 8, 8, 2), random(1, 8, 8, 1)
    confidence[:, :, 3] = 0
    moved = pose.copy()
    moved[:, :, 3] = 0.9
    a, b = (cases.answers(model, [p, confidence])[-1] for p in (pose, moved))
    np.testing.assert_array_equal(a, b)


def test_visual_model():
    model = action.build_visual_model(8, 5, 24, 12)
    assert model.name == "GuidedVisAR"
    assert model.output_shape == [(None, 5)] * 4
    maps = action.build_visual_model(8, 5, 24, 12, "VisAR", False)
    assert maps.output_shape == [(None, 3, 2, 5)] * 4


def test_merge_outputs():
    names = [f"{head}{i}" for head in "pv" for i in (1, 2, 3, 4)] + ["m"]
    assert network("merge_3d").output_names == names
    model = network("merge_2d")
    assert model.output_names == ["pose", "visibility"] + names
    assert model.output_shape[:2] == [(None, 4, 4, 2), (None, 4, 4, 1)]


def test_merge_poses_are_those_of_the_pose_network():
    pose_model = reception.build(PICTURE, 4, 2, num_blocks=2, concat_pose_confidence=False)
    model = action.build_merge_model(
        pose_model, 5, PICTURE, 4, 4, 2, output_poses=True)
    x = images((1, 4, *PICTURE), 1)
    pose, visibility = cases.answers(model, x)[:2]
    frames = cases.answers(pose_model, x[0])
    assert_close(pose[0], frames[-2], DEEP)
    assert_close(visibility[0], 4 * frames[-1], DEEP)


def test_fusion_starts_as_a_plain_sum():
    x = images((1, 4, *PICTURE), 1)
    pose_model = reception.build(PICTURE, 4, 2, num_blocks=1)
    weighted, plain = (action.build_merge_model(
        pose_model, 5, PICTURE, 4, 4, 1, weighted_merge=w) for w in (True, False))
    assert len(weighted.trainable_weights) == len(plain.trainable_weights) + 4
    for name in ("PoseAR", "GuidedVisAR"):
        plain.get_layer(name).set_weights(weighted.get_layer(name).get_weights())
    assert_close(cases.answers(weighted, x)[-1], cases.answers(plain, x)[-1], DEEP)


def test_freezing_the_pose_network():
    frozen = BUILDERS["merge_2d"]()
    for name in ("Stem", "rBlock1", "Model1"):
        assert frozen.get_layer(name).trainable_weights == []
        assert network("merge_3d").get_layer(name).trainable_weights
    for name in ("PoseAR", "GuidedVisAR", "merge_pose", "merge_visual"):
        assert frozen.get_layer(name).trainable_weights


def test_head_weights_are_loaded(tmp_path):
    head = action.build_visual_model(4, 5, 576, 4, include_top=False)
    head.save_weights(tmp_path / "visual.weights.h5")
    pose_model = reception.build(PICTURE, 4, 2, num_blocks=1)
    model = action.build_merge_model(
        pose_model, 5, PICTURE, 4, 4, 1,
        ar_visual_weights=str(tmp_path / "visual.weights.h5"))
    for a, b in zip(model.get_layer("GuidedVisAR").get_weights(), head.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("arguments, message", [
    (dict(pose_dim=4), "pose_dim must be 2 or 3, got 4"),
    (dict(pose_dim=3, depth_maps=8), "model_pe has 12 maps, but 4 joints with 8"),
    (dict(num_joints=8), "model_pe has 12 maps, but 8 joints with 3"),
    (dict(num_blocks=2), "at least 2 blocks"),
    (dict(pose_net_version="v3"), r"one of \['v1', 'v2'\], got 'v3'"),
    (dict(num_frames=6), "multiples of 4"),
])
def test_refused(arguments, message):
    pose_model = reception.build(PICTURE, 4, 2, num_blocks=1)
    settings = dict(num_actions=5, input_shape=PICTURE, num_frames=4, num_joints=4,
                    num_blocks=1)
    with pytest.raises(ValueError, match=message):
        action.build_merge_model(pose_model, **{**settings, **arguments})


def test_an_old_pose_network_is_refused():
    pose_model = reception.build(PICTURE, 4, 2, num_blocks=1, old_model=True)
    with pytest.raises(ValueError, match="old_model"):
        action.build_merge_model(pose_model, 5, PICTURE, 4, 4, 1)
