"""What the outputs of a network mean."""
import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.networks.network import (
    Network, num_pose_outputs, pose_blocks, weights_info)
from deephar.networks.predict import clip_function
from deephar.utils.files import md5_of
from deephar.utils.pose import pa16j2d
from tests.fakes.networks import Fixed, fixed
from tests.networks.conftest import ACTIONS
from tests.numbers import DEEP, assert_close

pytestmark = pytest.mark.numeric


def test_outputs_are_read(spnet, clips):
    network = Network(spnet, pa16j2d, ACTIONS)
    assert network.num_frames == 4 and network.resolution == (64, 64)
    poses, actions = clip_function(network, 2)(clips)
    raw = spnet.predict(clips, verbose=0)
    assert len(poses) == 4 and len(actions) == 2
    assert_close(poses[3][0], raw[3][..., :2], DEEP)
    assert_close(poses[3][1], raw[3][..., 2], DEEP)
    assert list(actions[1]) == ["five", "three"]
    assert_close(actions[1]["five"], raw[6], DEEP)
    assert_close(actions[1]["three"], raw[7], DEEP)


def test_pose_outputs_are_counted():
    clip = [(2, 4, 16, 3)] * 3
    assert num_pose_outputs(clip + [(2, 5), (2, 5), (2, 4, 16, 3)], 5) == 3
    assert num_pose_outputs([(2, 16, 2), (2, 16, 1)] * 2, 4) == 4
    assert num_pose_outputs([(2, 5)], 5) == 0


def test_outputs_that_do_not_fit_the_action_sets():
    network = Network(Fixed(4, actions=[0.5, 0.5]), pa16j2d, ACTIONS, name="odd")
    with pytest.raises(ValueError, match="odd: 1 action outputs"):
        clip_function(network, 1)(np.zeros((1, 4, 32, 32, 3), np.float32))


@pytest.mark.parametrize("shapes, blocks", [
    ([(2, 16, 3)] * 2, 2), ([(2, 16, 2), (2, 16, 1)] * 3, 3),
    ([(2, 4, 16, 3), (2, 4, 16, 2), (2, 4, 16, 1)], 2)])
def test_pose_blocks(shapes, blocks):
    rng = np.random.default_rng(0)
    found = pose_blocks([rng.normal(size=shape) for shape in shapes], 2)
    assert len(found) == blocks
    for pose, visibility in found:
        assert pose.shape[-2:] == (16, 2) and visibility.shape == pose.shape[:-1]


@pytest.mark.parametrize("shapes", [
    [(2, 15)], [(2, 16, 2)], [(2, 16, 1), (2, 16, 2)], [(2, 16, 4)]])
def test_other_outputs_are_no_pose_blocks(shapes):
    with pytest.raises(ValueError, match="2D pose network"):
        pose_blocks([np.zeros(shape) for shape in shapes], 2)


def test_the_frame_step_is_that_of_the_crops():
    model = fixed(frames=4).model
    plain = Network(model, pa16j2d)
    assert plain.frame_step == 1 and plain.dataconf.crop_resolution == plain.resolution
    assert Network(model, pa16j2d, {}, 3).dataconf.fixed_subsampling == 3
    crops = DataConfig(crop_resolution=(64, 64), fixed_subsampling=6)
    assert Network(model, pa16j2d, dataconf=crops).frame_step == 6


def test_weights_are_known_by_their_checksum(tmp_path):
    (tmp_path / "w.h5").write_bytes(b"weights")
    info = weights_info(tmp_path / "w.h5")
    assert info["md5"] == md5_of(tmp_path / "w.h5")
    assert weights_info(None)["file"] is None
