"""The second view and the normalisation, against reference numbers and by hand."""
import numpy as np
import pytest

from deephar.utils.stereo import (
    Intrinsics, Normaliser, project_pinhole, right_view)
from tests.fakes.lifting import GOLDEN

NUMBERS = np.load(GOLDEN / "view_synthesis.npz")
INTRINSICS = Intrinsics(*NUMBERS["intrinsics"])


def test_views():
    poses = NUMBERS["camera_3d"]
    np.testing.assert_allclose(project_pinhole(poses, INTRINSICS), NUMBERS["left"],
                               atol=1e-9)
    right = right_view(poses, INTRINSICS, float(NUMBERS["baseline"]))
    np.testing.assert_allclose(right, NUMBERS["right"], atol=1e-9)
    np.testing.assert_allclose(right[..., 1], NUMBERS["left"][..., 1], atol=1e-9)


@pytest.mark.parametrize("name", ["left", "right", "camera_3d"])
def test_normalisation(name):
    points = NUMBERS[name].copy()
    numbers = Normaliser.fit(points, int(NUMBERS["root"]))
    np.testing.assert_allclose(numbers.mean, NUMBERS[f"{name}_mean"], atol=1e-8)
    golden_std = NUMBERS[f"{name}_std"]
    np.testing.assert_allclose(numbers.std, np.where(golden_std > 0, golden_std, 1),
                               rtol=1e-10)
    scores = numbers.normalise(points)
    np.testing.assert_allclose(scores, NUMBERS[f"{name}_normalised"], atol=1e-9)
    np.testing.assert_allclose(numbers.restore(scores, points.shape[2]),
                               NUMBERS[f"{name}_relative"], atol=1e-8)
    np.testing.assert_array_equal(points, NUMBERS[name])


def test_right_view_by_hand():
    pose = np.array([[[250.0, 100.0, 1000.0]]])
    camera = Intrinsics(1000, 1000, 0, 0)
    np.testing.assert_allclose(right_view(pose, camera, 500), [[[-250, 100]]])


def test_normaliser_names_the_wrong_size():
    numbers = Normaliser.fit(np.random.default_rng(0).normal(size=(5, 3, 2)))
    with pytest.raises(ValueError, match="6 coordinates"):
        numbers.normalise(np.zeros((2, 4, 2)))
