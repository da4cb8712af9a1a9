"""The label generator with networks that are known, and its scores by hand."""
import numpy as np
import pytest

from deephar.data.keypoints.takes import Take
from deephar.evaluation import label_generator as labels
from deephar.utils.stereo import Normaliser, project_pinhole, relative, right_view


class Looks:
    """A stand-in for a network: remembers its inputs, gives what it was told."""

    def __init__(self, answer):
        self.answer, self.seen = answer, []

    def predict_on_batch(self, x):
        at = sum(map(len, self.seen)) % len(self.answer)
        self.seen.append(x)
        return self.answer[at:at + len(x)]


@pytest.fixture
def scene():
    """Absolute poses in mm and a generator that answers with a given error."""
    rng = np.random.default_rng(0)
    poses = rng.normal(0, 250, (30, 17, 3)) + [0, 0, 5000]
    left, right = project_pinhole(poses), right_view(poses)
    numbers = [Normaliser.fit(a) for a in (left, right, poses)]
    coarse = poses + np.where(np.arange(17)[:, None] == 0, 0, rng.normal(0, 50, poses.shape))
    generator = labels.LabelGenerator(
        Looks(numbers[1].normalise(right)), Looks(numbers[2].normalise(coarse)), *numbers)
    return poses, left, right, coarse, generator


def test_what_goes_through_the_networks(scene):
    poses, left, right, coarse, generator = scene
    got = generator.labels(left, search=False)
    np.testing.assert_allclose(got.poses, relative(coarse), atol=1e-6)
    seen, = generator.reconstruction.seen
    np.testing.assert_allclose(seen, np.concatenate(
        [generator.left.normalise(left), generator.right.normalise(right)], 1), atol=1e-5)


def test_search_refines_and_confidence_falls_with_the_error(scene):
    poses, left, _, coarse, generator = scene
    refined = generator.labels(left)
    error = lambda p: np.linalg.norm(p - relative(poses), axis=-1).mean()
    assert error(refined.poses) < error(refined.coarse)
    # Seen from the middle of the picture the depth is found to some percent.
    assert np.median(np.abs(refined.depths / poses[:, 0, 2] - 1)) < 0.1
    order = np.argsort(refined.costs)
    assert (np.diff(refined.confidence[order]) <= 0).all()
    np.testing.assert_allclose(
        refined.confidence, np.exp(-refined.costs / 17 / 50), rtol=1e-9)


def test_no_confidence_without_a_depth(scene):
    _, left, _, _, generator = scene
    left = left.copy()
    left[4] = left[4, :1]
    got = generator.labels(left)
    assert np.isnan(got.depths[4]) and got.confidence[4] == 0
    np.testing.assert_allclose(got.poses[4], got.coarse[4])


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
    poses, left, _, _, generator = scene
    poses_m = poses / 1000
    poses_m[:, 1:] -= poses_m[:, :1]
    takes = [Take("S9", name, 0, np.zeros((15, 17, 2), "float32"),
                  poses_m[part].astype("float32"), None, (1000, 1000))
             for name, part in (("Walking", slice(15)), ("Sitting 1", slice(15, None)))]
    without, searched, view = labels.score_labels(generator, takes, every=1)
    assert searched.value < without.value and view.value == pytest.approx(100)
    assert list(without.parts) == ["Walking", "Sitting"]
    assert without.value == pytest.approx(np.mean(list(without.parts.values())))
    assert without.extras["P2"] < without.extras["P1"] and without.evaluated == 30
