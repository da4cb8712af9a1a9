import numpy as np
import pytest

from deephar.data.synthetic.people import make_person
from deephar.data.synthetic.skeleton import (
    FIELD, FIELDS, STAND, mirror_body, place_body, pose_body)

LENGTHS = make_person(0, 1).lengths


def controls(**changes):
    return np.array([[dict(STAND, **changes)[f] for f in FIELDS]])


def test_standing_person_has_the_bones_asked_for():
    j = pose_body(controls(), LENGTHS).joints[0]
    length = lambda a, b: np.linalg.norm(j[a] - j[b])
    for right, left, expected in (
            ((1, 2), (6, 7), LENGTHS.thigh), ((2, 3), (7, 8), LENGTHS.shank),
            ((3, 4), (8, 9), LENGTHS.foot), ((25, 26), (17, 18), LENGTHS.upper_arm),
            ((26, 27), (18, 19), LENGTHS.forearm), ((27, 30), (19, 22), LENGTHS.hand),
            ((0, 1), (0, 6), LENGTHS.hip)):
        np.testing.assert_allclose([length(*right), length(*left)], expected, rtol=1e-9)
    assert j[2, 0] > 0 > j[7, 0]                                # right is +x
    assert j[3, 2] == pytest.approx(LENGTHS.ankle)              # feet on the floor
    assert j[14, 1] > j[13, 1]                                  # the nose is ahead
    assert j[15, 2] > j[13, 2] > j[12, 2] > j[0, 2] > j[2, 2]


def test_a_hand_in_reach_is_where_it_was_put():
    body = pose_body(controls(rhx=0.3, rhy=0.5, rhz=0.2), LENGTHS)
    expected = body.joints[0, 25] + np.array([0.3, 0.5, 0.2]) * LENGTHS.arm
    np.testing.assert_allclose(body.joints[0, 27], expected, atol=1e-6)


def test_a_hand_out_of_reach_points_there():
    body = pose_body(controls(lhx=3.0, lhy=0.0, lhz=0.0), LENGTHS)
    reach = body.joints[0, 19] - body.joints[0, 17]
    assert reach[0] == pytest.approx(-np.linalg.norm(reach))    # left is -x
    assert LENGTHS.arm * 0.99 < np.linalg.norm(reach) <= LENGTHS.arm


def test_knees_bend_forward_and_elbows_back():
    body = pose_body(controls(pz=0.7), LENGTHS)
    j = body.joints[0]
    assert j[2, 1] > j[1, 1] + 50 and j[7, 1] > j[6, 1] + 50
    bent = pose_body(controls(rhx=0.0, rhy=0.6, rhz=-0.3), LENGTHS).joints[0]
    assert bent[26, 2] < min(bent[25, 2], bent[27, 2])


def test_toes_never_pass_the_floor():
    pitch = np.linspace(-30, 90, 30)
    rows = np.repeat(controls(), 30, 0)
    rows[:, FIELD["rp"]] = pitch
    joints = pose_body(rows, LENGTHS).joints
    assert joints[:, [3, 4, 5], 2].min() > -1


def test_two_hands_on_a_tool():
    body = pose_body(controls(rhx=-0.1, rhy=0.5, rhz=-0.3, tx=0, ty=1, tz=0), LENGTHS,
                     two_handed=0.2)
    apart = body.joints[0, 27] - body.joints[0, 19]
    np.testing.assert_allclose(apart, 0.2 * LENGTHS.arm * body.tool[0], atol=1e-6)


def test_mirror_twice_is_the_same_and_swaps_sides():
    body = pose_body(controls(rhx=0.9, rhz=0.1, turn=20, twist=10), LENGTHS)
    once = mirror_body(body)
    np.testing.assert_allclose(once.joints[0, 19] * [-1, 1, 1], body.joints[0, 27])
    twice = mirror_body(once)
    for name in ("joints", "pelvis", "chest", "head", "tool"):
        np.testing.assert_allclose(getattr(twice, name), getattr(body, name))
    assert np.linalg.det(once.chest[0]) == pytest.approx(1)


def test_place_turns_and_moves():
    body = pose_body(controls(), LENGTHS)
    moved = place_body(body, np.array([90.0]), np.array([1000.0, 0, 0]))
    x, y, z = body.joints[0].T
    np.testing.assert_allclose(moved.joints[0], np.stack([1000 - y, x, z], -1), atol=1e-9)
    np.testing.assert_allclose(moved.chest[0, :, 1], [-1, 0, 0], atol=1e-9)
