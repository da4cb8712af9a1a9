"""Object key-point similarity, by hand and by its properties."""
import numpy as np
import pytest

from deephar.utils.oks import pose_area, similarity, spread_of
from deephar.utils.pose import POSE_LAYOUTS


def test_every_joint_of_every_layout_has_a_spread():
    for layout in POSE_LAYOUTS.values():
        spread = spread_of(layout.joint_names)
        assert spread.shape == (layout.num_joints,) and (0 < spread).all()
    np.testing.assert_allclose(spread_of(["l_hip", "r_wrist", "nose"]),
                               2 * np.array([0.107, 0.062, 0.026]))


def test_by_hand():
    pose = np.array([[0.0, 0], [10, 0], [np.nan, np.nan]])
    other = np.array([[3.0, 4], [10, 0], [5, 5]])
    spread = np.array([0.5, 0.1, 0.1])
    expected = (np.exp(-25 / (2 * 100 * 0.25)) + 1) / 2
    assert similarity(pose, other, 100, spread) == pytest.approx(expected)
    assert similarity(pose * np.nan, other, 100, spread) == 0
    assert similarity(pose, other * np.nan, 100, spread) == 0
    many = similarity(np.stack([pose, pose]), np.stack([pose, other]), [100, 100], spread)
    np.testing.assert_allclose(many, [1, expected])


def test_larger_people_may_be_further_apart():
    pose = np.random.default_rng(0).uniform(0, 100, (4, 2))
    near = [similarity(pose, pose + 5, area, np.full(4, 0.1)) for area in (1e2, 1e3, 1e4)]
    assert near == sorted(near) and near[0] < 0.01 and near[2] > 0.7
    assert similarity(3 * pose, 3 * (pose + 5), 9e3, np.full(4, 0.1)) == pytest.approx(near[1])
    assert pose_area(3 * pose) == pytest.approx(9 * pose_area(pose))
