"""Samples are drawn with the true pose left and the network's right, after each epoch."""
import numpy as np
from PIL import Image

from deephar.training import samples
from deephar.training.callbacks import EvalCallback
from deephar.training.evaluators import mpjpe_of
from deephar.utils.modes import TEST_MODE, VALID_MODE
from deephar.utils.pose import pa17j3d
from tests.training.test_evaluators import CROPS, Standing, model_of


def test_both_poses_are_drawn(monkeypatch, tmp_path):
    drawn = []
    draw_pose = samples.draw_pose
    monkeypatch.setattr(samples, "draw_pose", lambda picture, pose, *rest: (
        drawn.append(np.array(pose)), draw_pose(picture, pose, *rest))[1])
    answer = np.tile([0.25, 0.5, 0.5, 1.0], (17, 1))
    model = model_of((32, 32, 3), answer)
    score = mpjpe_of(Standing(), VALID_MODE, CROPS, pa17j3d)
    callback = EvalCallback("h36m", score, model, folder=tmp_path)
    logs = {}
    callback.on_epoch_end(6, logs)
    true, predicted = drawn[:2]
    np.testing.assert_allclose(true, np.tile([0.5, 0.5], (17, 1)) * samples.SIDE)
    np.testing.assert_allclose(predicted, np.tile([0.25, 0.5], (17, 1)) * samples.SIDE)
    assert "h36m/mpjpe" in logs
    with Image.open(tmp_path / "samples" / "00007-h36m.jpg") as picture:
        assert picture.width > 4 * samples.SIDE and np.ptp(np.asarray(picture)) > 100


class Clips:
    """Two clips of class 3."""

    def get_length(self, mode):
        return 2

    def get_data(self, key, mode, *, augmentation=None):
        return {"frame": np.zeros((2, 32, 32, 3)), "pennaction": np.eye(15)[3]}


def test_what_clips_are_taken_for(monkeypatch):
    captions = []
    monkeypatch.setattr(samples, "contact_sheet",
                        lambda pictures, columns, words, **options: captions.extend(words))
    model_for = lambda guess: (lambda model: lambda x: [np.stack([np.eye(15)[guess]] * len(x))])
    for guess in (3, 4):
        samples.action_samples(model_for(guess), Clips(), TEST_MODE, CROPS, 15, 1)(None)
    assert captions == ["bowl 100%"] * 2 + ["clean_and_jerk 100%, not bowl"] * 2


def test_a_sample_that_cannot_be_drawn_ends_nothing(tmp_path):
    def broken(model):
        raise OSError("unreadable")

    logs = {}
    EvalCallback("a", samples.Drawn(lambda model: {"b": 1.0}, broken), None,
                 folder=tmp_path).on_epoch_end(0, logs)
    assert logs == {"a/b": 1.0} and not list(tmp_path.iterdir())
