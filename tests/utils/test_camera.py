import numpy as np
import pytest

from deephar.utils.camera import Camera, camera_deserialize, project_pred_to_camera
from tests.fakes.datasets import VALUES


@pytest.fixture(scope="module")
def golden():
    return {key: VALUES[f"geometry/{key}"] for key in (
        "camera", "points_w", "points_uvd", "points_back", "pred", "afmat", "root_z",
        "projected")}


def test_golden(golden):
    camera = camera_deserialize(golden["camera"])
    np.testing.assert_allclose(
        camera.project(golden["points_w"]), golden["points_uvd"], rtol=1e-12)
    np.testing.assert_allclose(
        camera.inverse_project(golden["points_uvd"]), golden["points_back"], atol=1e-9)
    np.testing.assert_allclose(
        project_pred_to_camera(golden["pred"], golden["afmat"], 2000.0, golden["root_z"]),
        golden["projected"], rtol=1e-12)


def test_there_and_back(golden):
    camera = camera_deserialize(golden["camera"])
    uvd = camera.project(golden["points_w"])
    exact = camera.inverse_project(uvd, steps=20)
    np.testing.assert_allclose(exact, golden["points_w"], atol=1e-6)
    np.testing.assert_array_equal(camera.inverse_project(uvd[None], steps=20)[0], exact)
    one_step = np.abs(camera.inverse_project(uvd) - golden["points_w"]).max()
    assert 0.1 < one_step < 5           # mm, as published
    np.testing.assert_array_equal(camera.serialize(), golden["camera"])


def test_by_hand():
    """Looking along z from the origin, one metre away."""
    plain = Camera(np.eye(3), np.zeros(3), (1000, 500), (50, 60), (0, 0))
    np.testing.assert_allclose(plain.project([100.0, 200, 1000]), [150, 160, 1000])
    bent = Camera(np.eye(3), np.zeros(3), (1000, 1000), (0, 0), (0.1, 0.2), (1, 0, 0))
    r2 = 0.1 ** 2 + 0.2 ** 2
    m = 1 + r2 + 0.1 * 0.1 + 0.2 * 0.2
    np.testing.assert_allclose(
        bent.project([100.0, 200, 1000]),
        [1000 * (0.1 * m + 0.1 * r2), 1000 * (0.2 * m + 0.2 * r2), 1000])


def test_a_camera_has_21_numbers():
    with pytest.raises(ValueError, match=r"21 numbers, got shape \(20,\)"):
        camera_deserialize(np.zeros(20))


def test_columns_and_rows_of_matlab_are_vectors(golden):
    camera = camera_deserialize(golden["camera"])
    same = Camera(camera.R.ravel(), camera.t[:, None], camera.f[None], camera.c[:, None],
                  camera.p[:, None], camera.k[None])
    np.testing.assert_array_equal(same.project(golden["points_w"][:5]),
                                  camera.project(golden["points_w"][:5]))
