"""The label generator with networks that are known, and its scores by hand."""
import numpy as np
import pytest

from deephar.data.keypoints.takes import Take
from deephar.evaluation import label_generator as labels
from deephar.evaluation.loop import evaluate
from deephar.utils.stereo import relative
from tests.fakes.lifting import label_scene


@pytest.fixture
def scene():
    return label_scene()


def test_pckh_of_the_view_by_hand():
    right = np.zeros((1, 17, 2))
    right[0, 10] = [0, 20]                              # head segment 20: threshold 10
    predicted = relative(right)
    predicted[0, 3] += [9.9, 0]
    predicted[0, 4] += [10, 0]                          # not strictly less
    assert labels.view_pckh(predicted, right) == pytest.approx(16 / 17)


def test_frames_and_pixels_of_takes():
    poses = np.zeros((60, 17, 3), "float32")
    poses[:, 0] = [0.1, 0.2, 5]
    poses[:, 1:, 0] = 0.3
    keypoints = np.full((60, 17, 2), -1, "float32")
    take = Take("S9", "Walking", 0, keypoints, poses, None, (1000, 500))
    absolute = labels.camera_poses([take, take], every=25)
    assert absolute.shape == (6, 17, 3)
    np.testing.assert_allclose(absolute[0, :2], [[100, 200, 5000], [400, 200, 5000]], rtol=1e-5)
    np.testing.assert_allclose(labels.image_points([take], 25)[0, 0], [0, -250])


def test_scores(scene):
    poses, _, _, coarse, generator = scene
    poses_m = poses / 1000
    poses_m[:, 1:] -= poses_m[:, :1]
    takes = [Take("S9", name, 0, np.zeros((15, 17, 2), "float32"),
                  poses_m[part].astype("float32"), None, (1000, 1000))
             for name, part in (("Walking", slice(15)), ("Sitting 1", slice(15, None)))]
    trial = labels.label_trial(takes, generator.intrinsics, every=1)
    rows = evaluate(trial, labels.labelled_by(generator), batch_size=1)
    without, searched, view = labels.label_scores(rows, takes, {}, every=1)
    assert searched.value < without.value and view.value == pytest.approx(100)
    assert list(without.parts) == ["Walking", "Sitting"]
    assert without.value == pytest.approx(np.mean(list(without.parts.values())))
    assert without.extras["P2"] < without.extras["P1"] and without.evaluated == 30
    distances = np.linalg.norm(relative(poses) - relative(coarse), axis=-1)
    assert without.extras["P1"] == pytest.approx(distances.mean(), rel=1e-5)
    noisy = labels.label_trial(takes, generator.intrinsics, every=1, noise_px=3, seed=1)
    for number in (0, 1):       # the same noise in every run, another for every take
        one, again = (noisy.read(number, None)["frame"] for _ in range(2))
        np.testing.assert_array_equal(one, again)
        assert 2 < (one - trial.read(number, None)["frame"]).std() < 4
