"""The label generator with networks that are known."""
import numpy as np
import pytest

from deephar.utils.stereo import relative
from tests.fakes.lifting import label_scene


@pytest.fixture
def scene():
    return label_scene()


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
