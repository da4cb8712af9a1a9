"""Scores of stand-in models that know, or do not know, the answer."""
import keras
import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.data import MpiiSinglePerson, PennAction
from deephar.data.locate import locate
from deephar.training import evaluators
from deephar.training.evaluators import accuracy_of, mpjpe_of, pckh_of
from deephar.utils.modes import TEST_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d, pa17j3d

CROPS = DataConfig(crop_resolution=(32, 32))


class Always(keras.layers.Layer):
    """The same answer for every picture."""

    def __init__(self, answer):
        super().__init__()
        self.answer = np.asarray(answer, "float32")

    def call(self, x):
        zero = keras.ops.sum(x, axis=tuple(range(1, len(x.shape)))) * 0
        shape = (-1,) + (1,) * self.answer.ndim
        return keras.ops.reshape(zero, shape) + self.answer

    def compute_output_shape(self, shape):
        return (shape[0],) + self.answer.shape


def model_of(shape, *answers):
    x = keras.Input(shape)
    return keras.Model(x, [Always(answer)(x) for answer in answers])


def test_pckh(at_home):
    people = MpiiSinglePerson(locate("synthetic", "mpii", "tiny"), CROPS, pa16j2d)
    truth = people.get_data(0, VALID_MODE)["pose"]
    score = pckh_of(people, VALID_MODE, CROPS, pa16j2d, count=1)
    known = truth[:, 2:] > 0.5
    right = np.where(known, truth, 0.5)
    assert score(model_of((32, 32, 3), np.zeros((16, 3)), right)) == {"pckh": 100.0}
    assert score(model_of((32, 32, 3), right, np.zeros((16, 3)))) == {"pckh": 0.0}


def test_accuracy(at_home):
    videos = PennAction(locate("synthetic", "pennaction", "tiny"), CROPS, pa16j2d,
                        use_gt_bbox=True, clip_size=2)
    action = videos.sequences[TEST_MODE][0].action
    score = accuracy_of(videos, TEST_MODE, CROPS, 15)
    truth = [video.action for video in videos.sequences[TEST_MODE]]
    model = model_of((2, 32, 32, 3), np.eye(15)[action])
    assert score(model)["accuracy"] == pytest.approx(
        100 * np.mean(np.array(truth) == action))


class Standing:
    """Two frames, one person, the camera at the origin."""
    dataconf = CROPS
    poselayout = pa17j3d

    def get_length(self, mode):
        return 2

    def get_data(self, key, mode, *, augmentation=None, rng=None):
        pose_w = np.zeros((17, 3)) + [0, 0, 4000.0]
        camera = np.concatenate([np.eye(3).ravel(), np.zeros(3), [1000, 1000, 500, 500],
                                 np.zeros(5)])
        uvd = np.tile([500.0, 500.0, 4000.0], (17, 1))
        afmat = np.array([[0.001, 0, 0], [0, 0.001, 0], [0, 0, 1]])
        return {"frame": np.zeros((32, 32, 3)), "pose_w": pose_w, "pose_uvd": uvd,
                "camera": camera, "afmat": afmat, "action": 1,
                "pose": np.tile([0.5, 0.5, 0.5, 1.0], (17, 1))}


def test_mpjpe():
    # All joints in the root, but one is 100 mm farther away.
    answer = np.tile([0.5, 0.5, 0.5, 1.0], (17, 1))
    answer[5, 2] += 100 / 2000
    score = mpjpe_of(Standing(), VALID_MODE, CROPS, pa17j3d)
    assert score(model_of((32, 32, 3), answer))["mpjpe"] == pytest.approx(100 / 17, 1e-4)


def test_a_model_is_prepared_once(monkeypatch):
    calls = []
    part = evaluators.poses_only
    monkeypatch.setattr(evaluators, "poses_only", lambda n: calls.append(n) or part(n))
    score = mpjpe_of(Standing(), VALID_MODE, CROPS, pa17j3d)
    model = model_of((32, 32, 3), np.tile([0.5, 0.5, 0.5, 1.0], (17, 1)))
    assert score(model)["mpjpe"] == score(model)["mpjpe"] == pytest.approx(0, abs=1e-3)
    assert len(calls) == 1


def test_no_sample_is_no_score():
    class Broken(Standing):
        def get_data(self, *args, **options):
            raise OSError("unreadable")

    score = mpjpe_of(Broken(), VALID_MODE, CROPS, pa17j3d)
    with pytest.raises(RuntimeError, match="none of 2 samples.*unreadable"):
        score(model_of((32, 32, 3), np.zeros((17, 4))))
