"""A network's description survives the file and builds the same network."""
import json

import pytest

from deephar.checkpoints.description import (
    Description, describe_spnet, find_weights, read_description, write_description)
from deephar.networks.tiny import TINY
from deephar.config import ModelConfig, mpii_sp_dataconf, pennaction_dataconf
from deephar.utils.pose import pa16j2d, pa16j3d, pa17j3d

SPNET = ModelConfig((2, 64, 64, 3), pa16j2d, num_actions=(3,), num_pyramids=1,
                    action_pyramids=(1,), num_levels=2, growth=8,
                    num_pose_features=16, num_visual_features=16)
RECEPTION = dict(input_shape=(64, 64, 3), num_joints=17, dim=3, num_blocks=1,
                 depth_maps=4, ksize=(3, 3), concat_pose_confidence=True)


def shapes(model):
    return [(weight.path, tuple(weight.shape)) for weight in model.weights]


def test_spnet_round_trip(tmp_path):
    written = describe_spnet(SPNET, pennaction_dataconf, {"mine": ("a", "b", "c")})
    write_description(tmp_path, written)
    read = read_description(tmp_path)
    assert read.build().count_params() == written.build().count_params()
    assert shapes(read.build()) == shapes(written.build())
    assert (read.layout, read.dataconf) == (pa16j2d, pennaction_dataconf)
    assert read.actions == {"mine": ("a", "b", "c")}
    assert (read.num_frames, read.num_actions) == (2, (3,))
    assert read.input_shape == (2, 64, 64, 3)


@pytest.mark.slow
def test_round_trip_of_the_others(tmp_path):
    pose = Description("reception", RECEPTION, pa17j3d, mpii_sp_dataconf)
    assert pose.num_frames is None
    pose2d = dict(input_shape=(64, 64, 3), num_joints=16, dim=2, num_blocks=1)
    merge = Description("merge", {
        "pose": pose2d, "num_actions": 2, "input_shape": (64, 64, 3),
        "num_frames": 4, "num_joints": 16, "num_blocks": 1,
    }, pa16j2d, mpii_sp_dataconf, {"mine": ("a", "b")})
    hourglasses = dict(input_shape=(64, 64, 3), num_joints=16, width=8, depth_maps=2,
                       num_levels=2, stem_width=36)
    keypoints = Description("keypoints3d", hourglasses, pa16j3d, mpii_sp_dataconf)
    action = Description("keypoints3d_action", {
        "pose": hourglasses, "num_actions": 2, "num_frames": 4, "deep": False,
    }, pa16j3d, mpii_sp_dataconf, {"mine": ("a", "b")})
    for written in (pose, merge, keypoints, action):
        write_description(tmp_path, written)
        read = read_description(tmp_path)
        assert shapes(read.build()) == shapes(written.build())
        assert read.build().input_shape[1:] == read.input_shape


def test_wrong_descriptions_are_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="model.json"):
        read_description(tmp_path)
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)"):
        describe_spnet(SPNET, pennaction_dataconf, {"mine": ("a", "b")})
    with pytest.raises(KeyError, match="reception, merge, spnet"):
        Description("resnet", {}, pa16j2d, mpii_sp_dataconf)
    write_description(tmp_path, Description("reception", RECEPTION, pa17j3d,
                                            mpii_sp_dataconf))
    content = json.loads((tmp_path / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(content | {"format": 2}))
    with pytest.raises(ValueError, match="format 2"):
        read_description(tmp_path)


def test_best_weights_come_first(tmp_path):
    with pytest.raises(FileNotFoundError, match="no weights"):
        find_weights(tmp_path)
    (tmp_path / "last.weights.h5").touch()
    assert find_weights(tmp_path).name == "last.weights.h5"
    (tmp_path / "best.weights.h5").touch()
    assert find_weights(tmp_path).name == "best.weights.h5"


@pytest.mark.parametrize("name, value", [
    ("num_pyramids", 4 * 10 ** 18), ("num_pyramids", 65), ("num_levels", 1e30),
    ("input_shape", [4097, 64, 3]), ("growth", 100_000)])
def test_no_network_is_without_end(tmp_path, name, value):
    write_description(tmp_path, TINY["penn_spnet"])
    path = tmp_path / "model.json"
    content = json.loads(path.read_text())
    assert name in content["arguments"]
    content["arguments"][name] = value
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"model.json.*{name} must be at most"):
        read_description(tmp_path)
