"""A camera's view and bone lengths, against NumPy and by hand."""
import numpy as np
import pytest

from deephar.data.keypoints.takes import H36M17_PARENTS
from deephar.layers import BoneDifference, Project
from deephar.utils.rig import project
from tests.layers.contract import check_layer
from tests.numbers import LAYER, assert_close

pytestmark = pytest.mark.numeric


def test_projection_is_the_cameras(tmp_path):
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3, 2, 17, 3)).astype("float32") + np.float32([0, 0, 4])
    cameras = rng.normal(0, 0.1, (3, 9)).astype("float32")
    cameras[:, :2] += 2
    expected = project(points, np.repeat(cameras[:, None], 2, 1))
    assert_close(check_layer(Project(), [points, cameras], tmp_path), expected, LAYER)


def test_bone_difference_by_hand(tmp_path):
    """Poses on a line, bones of length 1; the others are twice as large."""
    depth = np.zeros(17)
    for joint, parent in enumerate(H36M17_PARENTS):
        depth[joint] = 0 if parent < 0 else depth[parent] + 1
    poses = np.stack([depth, 0 * depth, 0 * depth], -1)[None, None].astype("float32")
    first, second = np.repeat(poses, 3, 0), np.repeat(2 * poses, 3, 0)
    assert_close(check_layer(BoneDifference(H36M17_PARENTS), [first, second], tmp_path),
                 np.ones((3, 1)), LAYER)
