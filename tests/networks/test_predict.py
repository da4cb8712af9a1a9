"""Networks as functions of batches."""
import numpy as np
import pytest

from deephar.networks.predict import (
    frame_predictor, joint_map, pose_blocks, predict_all, predictor)
from deephar.utils.pose import pa16j2d, pa17j3d, pa20j3d
from tests.evaluation.stand_ins import Function, Recorded


def sums(x):
    """Per picture, of pictures or clips."""
    return [x.sum((-3, -2, -1))[..., None], -x.sum((-3, -2, -1))[..., None]]


def test_short_batches_are_filled_up_and_cut():
    network = Function(sums, (None, 2, 2, 3))
    x = np.random.default_rng(0).normal(size=(3, 2, 2, 3))
    outputs = predictor(network, 4)(x)
    assert network.batches == [4]
    np.testing.assert_allclose(outputs[1], -x.sum((1, 2, 3))[:, None])
    with pytest.raises(ValueError, match="≤ 2, got 3"):
        predictor(network, 2)(x)


def test_predict_on_batch_is_used_where_it_is():
    class Quick(Recorded):
        def predict_on_batch(self, x):
            return np.full((len(x), 1), 7.0)

    model = Quick([np.zeros((4, 1))])
    assert predictor(model, 4)(np.zeros((2, 8, 8, 3)))[0].tolist() == [[7], [7]]


def test_one_output_is_a_list_of_one():
    assert len(predict_all(Recorded([np.zeros((2, 1))]), np.zeros((2, 3)), 8)) == 1


@pytest.mark.parametrize("num_pictures", [1, 4, 5, 8])
def test_pictures_become_frames_of_clips(num_pictures):
    network = Function(sums, (None, 4, 2, 2, 3))
    x = np.random.default_rng(0).normal(size=(num_pictures, 2, 2, 3))
    outputs = frame_predictor(network, 8)(x)
    assert network.batches == [2]
    np.testing.assert_allclose(outputs[0], x.sum((1, 2, 3))[:, None])


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


def test_joints_are_found_by_name():
    assert joint_map(pa17j3d) == list(range(16))
    assert joint_map(pa20j3d) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17]
    with pytest.raises(ValueError, match="pa16j2d lacks joints of pa17j3d: spine"):
        joint_map(pa16j2d, pa17j3d)
