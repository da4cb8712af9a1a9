"""What stands in space is seen where it should be."""
import numpy as np
import pytest

from deephar.inference.space import GROUND, SHADOW, Space
from deephar.utils.paint import LEFT, RIGHT
from deephar.utils.plot import PAPER
from deephar.utils.pose import pa17j3d

SIZE = (300, 300)
INDEX = pa17j3d.joint_names.index


def arms_out(**changes):
    """A person who faces the camera: the right hand is on its left."""
    pose = np.full((17, 3), np.nan)
    pose[INDEX("thorax")] = pose[INDEX("pelvis")] = 0, 0, 0
    for side, x in (("r", -1), ("l", 1)):
        pose[INDEX(f"{side}_shoulder")] = 0.2 * x, -0.5, 0
        pose[INDEX(f"{side}_elbow")] = 0.4 * x, -0.45, 0
        pose[INDEX(f"{side}_wrist")] = 0.7 * x, -0.4, 0
        pose[INDEX(f"{side}_ankle")] = 0.1 * x, 0.8, 0
    for name, at in changes.items():
        pose[INDEX(name)] = at
    return pose


def where(picture, color, near=30):
    rows, columns = np.nonzero(np.abs(picture.astype(int) - color).max(axis=-1) < near)
    return columns, rows


def seen(pose=None, **options):
    view = {"azimuth": 0, "elevation": 0, **options}
    return Space(pa17j3d, **view)([arms_out() if pose is None else pose], SIZE)


def test_from_the_front_from_behind_and_from_the_side():
    front, behind, side = (seen(azimuth=a) for a in (0, 180, 90))
    assert where(front, RIGHT)[0].max() < 155 and where(front, LEFT)[0].min() > 145
    assert where(behind, LEFT)[0].max() < 155 and where(behind, RIGHT)[0].min() > 145
    # From the left, the left arm hides the right one.
    assert np.ptp(where(side, LEFT)[0]) < 40 and len(where(side, RIGHT)[0]) < 40


def test_who_looks_down_sees_what_is_far_higher():
    above = seen(arms_out(r_wrist=(-0.5, 0, 0.9), l_wrist=(0.5, 0, -0.9)), elevation=45)
    (rx, ry), (lx, ly) = where(above, RIGHT), where(above, LEFT)
    assert ry[np.argmin(rx)] < ly[np.argmax(lx)] - 40


def test_the_view_turns_with_time():
    pose = [arms_out()]
    turning = Space(pa17j3d, azimuth=10, turn=20)
    later = turning(pose, SIZE, time=8.5)
    assert np.array_equal(later, turning.__class__(
        pa17j3d, azimuth=180, turn=20)(pose, SIZE, time=0))
    assert not np.array_equal(later, turning(pose, SIZE, time=0))


def test_feet_stand_on_the_ground_which_has_shadows():
    picture = seen(elevation=20)
    ground = where(picture, GROUND, 3)[1]
    feet = np.concatenate([where(picture, c)[1] for c in (LEFT, RIGHT)]).max()
    assert ground.min() < feet < ground.max()
    assert len(where(picture, SHADOW, 3)[0]) > 20
    floating = Space(pa17j3d, elevation=20, azimuth=0, floor=1.3)([arms_out()], SIZE)
    assert where(floating, LEFT)[1].max() < where(picture, LEFT)[1].max() - 20


def test_scales_are_metres():
    """People two metres apart are two metres of ground apart: 4 lines of half a metre."""
    left, right = arms_out() - [1, 0, 0], arms_out() + [1, 0, 0]
    space = Space(pa17j3d, np.stack([left, right]), azimuth=0, elevation=0)
    a, b = (space._projection(SIZE, 0.8, 0)(p[INDEX("pelvis")])[0] for p in (left, right))
    assert space.low.tolist() == [-2, -0.5] and space.high.tolist() == [2, 0.5]
    assert b - a == pytest.approx(2 * space._scale(SIZE), rel=1e-6)


def test_nobody():
    for poses in ([], [np.full((17, 3), np.nan)]):
        picture = Space(pa17j3d)(poses, (200, 160))
        assert picture.shape == (160, 200, 3) and tuple(picture[2, 190]) == PAPER
        assert len(where(picture, GROUND, 3)[0]) > 100
