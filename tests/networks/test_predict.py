"""Networks as functions of batches."""
import numpy as np
import pytest

from deephar.networks.cut import poses_only
from deephar.networks.network import Network
from deephar.networks.predict import (
    frame_function, frame_predictor, joint_map, predict_all, predictor)
from deephar.utils.pose import pa16j2d, pa17j3d, pa20j3d
from tests.evaluation.stand_ins import Function, Recorded
from tests.networks.conftest import ACTIONS
from tests.numbers import DEEP, assert_close

pytestmark = pytest.mark.numeric


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


def test_joints_are_found_by_name():
    assert joint_map(pa17j3d) == list(range(16))
    assert joint_map(pa20j3d) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 14, 15, 16, 17]
    with pytest.raises(ValueError, match="pa16j2d lacks joints of pa17j3d: spine"):
        joint_map(pa16j2d, pa17j3d)


def test_pictures_through_a_clip_network(spnet, clips):
    network = Network(spnet, pa16j2d, ACTIONS)
    pictures = clips.reshape(-1, 64, 64, 3)[:7]
    pose, confidence = frame_function(network, 4)(pictures[:4])[-1]
    raw = spnet.predict(clips, verbose=0)[3].reshape(-1, 16, 3)
    assert_close(pose, raw[:4, :, :2], DEEP)
    assert_close(confidence, raw[:4, :, 2], DEEP)
    assert len(poses_only(network).outputs) == 4


def test_pose_and_visibility_apart():
    class Apart:
        input_shape = (None, 32, 32, 3)

        def predict(self, x, batch_size=None, verbose=0):
            return [np.full((len(x), 16, 2), 0.25), np.full((len(x), 16, 1), 7.0)]

    pose, confidence = frame_function(Network(Apart(), pa16j2d), 2)(
        np.zeros((1, 32, 32, 3), np.float32))[0]
    assert (pose == 0.25).all() and (confidence == 7).all() and confidence.shape == (1, 16)
