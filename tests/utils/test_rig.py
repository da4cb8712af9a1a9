"""Camera geometry of the key-point files, against reference numbers."""
import numpy as np
import pytest

from deephar.data.keypoints.cameras import CALIBRATION
from deephar.utils import rig
from tests.fakes.lifting import GOLDEN

NUMBERS = np.load(GOLDEN / "cameras.npz")


@pytest.mark.parametrize("k", range(4))
def test_pixels(k):
    width, height = NUMBERS[f"screen{k}_wh"]
    points, pixels = NUMBERS[f"screen{k}_norm"], NUMBERS[f"screen{k}_pixels"]
    np.testing.assert_allclose(rig.normalize_pixels(pixels, width, height), points,
                               atol=1e-12)
    np.testing.assert_allclose(rig.to_pixels(points, width, height), pixels, atol=1e-9)


def test_quaternions():
    q, v = NUMBERS["quat"], NUMBERS["vec"]
    np.testing.assert_allclose(rig.rotate(q, v), NUMBERS["qrot"], atol=1e-12)
    np.testing.assert_allclose(rig.inverse(q), NUMBERS["qinverse"], atol=0)
    np.testing.assert_allclose(rig.rotate(rig.inverse(q), rig.rotate(q, v)), v,
                               atol=1e-12)


@pytest.mark.parametrize("k", range(len([n for n in NUMBERS if n.endswith("_world")])))
def test_cameras(k):
    golden = lambda name: NUMBERS[f"cam{k}_{name}"]
    index = int(golden("index"))
    camera = CALIBRATION["cameras"][index]
    pose = CALIBRATION["subjects"][str(golden("subject"))][index]
    translation = np.array(pose["translation"]) / 1000
    seen = rig.world_to_camera(golden("world"), pose["orientation"], translation)
    np.testing.assert_allclose(seen, golden("camera"), atol=1e-6)
    np.testing.assert_allclose(
        rig.rotate(pose["orientation"], seen) + translation, golden("world"),
        atol=1e-6)
    vector = rig.intrinsic_vector(camera)
    np.testing.assert_allclose(vector, golden("intrinsic"), atol=1e-12)
    vector = np.broadcast_to(vector, (len(seen), 9))
    projected = rig.project(golden("camera"), vector)
    np.testing.assert_allclose(projected, golden("proj"), atol=1e-9)
    np.testing.assert_allclose(rig.project(golden("camera"), vector, distortion=False),
                               golden("proj_linear"), atol=1e-9)
    np.testing.assert_allclose(
        rig.to_pixels(projected, camera["res_w"], camera["res_h"]),
        golden("proj_pixels"), atol=1e-6)
