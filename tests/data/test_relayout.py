"""Joints find their places by name; the rest is missing."""
import numpy as np
import pytest

from deephar.data.relayout import Relayout
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.pose import INVALID, pa16j2d, pa16j3d, pa20j3d


class Poses:
    poselayout = pa16j3d

    def get_length(self, mode):
        return 5

    def get_shape(self, dictkey):
        return {"pose": (2, 16, 4), "frame": (2, 8, 8, 3)}[dictkey]

    def get_data(self, key, mode, *, rng=None):
        pose = np.arange(2 * 16 * 4, dtype=float).reshape(2, 16, 4)
        return {"pose": pose, "frame": key}


def test_joints_by_name():
    data = Relayout(Poses(), pa20j3d)
    assert data.get_shape("pose") == (2, 20, 4)
    assert data.get_shape("frame") == (2, 8, 8, 3)
    assert data.get_length(TRAIN_MODE) == 5
    sample = data.get_data(3, TRAIN_MODE, rng=None)
    original = Poses().get_data(3, TRAIN_MODE)["pose"]
    assert sample["frame"] == 3
    for j, name in enumerate(pa20j3d.joint_names):
        if name in pa16j3d.joint_names:
            np.testing.assert_array_equal(
                sample["pose"][:, j], original[:, pa16j3d.joint_names.index(name)])
        else:
            assert (sample["pose"][:, j] == [INVALID, INVALID, INVALID, 0]).all()


def test_dimensions_must_agree():
    with pytest.raises(ValueError, match="pa16j3d has 3 dimensions, pa16j2d has 2"):
        Relayout(Poses(), pa16j2d)
