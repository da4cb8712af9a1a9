import numpy as np
import pytest

from deephar.data.synthetic.motions import H36M, MOTIONS, NTU, PENN, motion, perform
from deephar.data.synthetic.people import make_person
from deephar.data.synthetic.skeleton import FIELDS

BONES = ((0, 1), (1, 2), (2, 3), (3, 4), (0, 6), (6, 7), (7, 8), (8, 9), (0, 12), (12, 13),
         (13, 14), (14, 15), (17, 18), (18, 19), (25, 26), (26, 27), (27, 30), (19, 22))


def rng(seed=0):
    return np.random.default_rng(seed)


def test_names_are_the_sets_own():
    assert list(PENN) == [
        "baseball_pitch", "baseball_swing", "bench_press", "bowl", "clean_and_jerk",
        "golf_swing", "jump_rope", "jumping_jacks", "pullup", "pushup", "situp", "squat",
        "strum_guitar", "tennis_forehand", "tennis_serve"]
    assert list(H36M) == [
        "Directions", "Discussion", "Eating", "Greeting", "Phoning", "Posing", "Purchases",
        "Sitting", "SittingDown", "Smoking", "Photo", "Waiting", "Walking", "WalkDog",
        "WalkTogether"]
    assert len(NTU) >= 12 and all(1 <= number <= 60 for number in NTU)


def test_poses_are_read_as_they_are_written():
    serve = PENN["tennis_serve"]
    assert (serve.period, serve.once, serve.prop) == (2.0, True, "racket_ball")
    assert serve.keys[4] == (0.62, {
        "turn": 0, "pz": 1.06, "side": -12, "py": 0.15, "nod": -30,
        "rhx": 0.05, "rhy": 0.2, "rhz": 0.97, "re": 40, "lhx": 0.15, "lhy": 0.35, "lhz": -0.1,
        "rfx": 0.14, "rfy": 0.1, "rfz": 0.1, "rp": 50, "lfx": 0.14, "lfy": 0.1, "lfz": 0.1,
        "lp": 50, "tx": 0.05, "ty": 0.3, "tz": 0.95})
    assert NTU[8].keys[2][1] == NTU[9].keys[0][1] == H36M["Eating"].base
    for told in MOTIONS.values():
        assert all(set(pose) <= set(FIELDS) for _, pose in told.keys)
        assert set(told.base or ()) <= set(FIELDS)


@pytest.mark.parametrize("action", MOTIONS)
def test_bones_keep_their_length_and_nothing_jumps(action):
    person = make_person(0, 4)
    joints = motion(action, person, rng(), fps=30, seconds=5)
    assert joints.shape == (150, 32, 3) and np.isfinite(joints).all()
    for a, b in BONES:
        length = np.linalg.norm(joints[:, a] - joints[:, b], axis=-1)
        assert np.ptp(length) < 1e-6, (a, b)
    assert joints[..., 2].min() > -60
    assert np.linalg.norm(np.diff(joints, axis=0), axis=-1).max() * 30 < 16000   # mm/s


def test_same_generator_same_motion_and_others_differ():
    person = make_person(0, 4)
    again = [motion("squat", person, rng(s), 15, 2) for s in (1, 1, 2)]
    np.testing.assert_array_equal(again[0], again[1])
    assert np.abs(again[0] - again[2]).max() > 50


def test_walking_goes_somewhere_and_stays_near():
    joints = motion("Walking", make_person(0, 2), rng(), 50, 20)
    speed = np.linalg.norm(np.diff(joints[:, 0, :2], axis=0), axis=-1) * 50
    assert 700 < speed.mean() < 2200
    assert np.abs(joints[..., :2]).max() < 5000
    # A foot on the floor rests while the body passes.
    foot = joints[:, 3]
    down = foot[:, 2] < foot[:, 2].min() + 15
    slide = np.linalg.norm(np.diff(foot[:, :2], axis=0), axis=-1)[down[1:]] * 50
    assert np.median(slide) < 0.35 * speed.mean()


def test_actions_do_what_their_names_say():
    person = make_person(0, 3)
    heights = lambda action, joint: motion(action, person, rng(), 30, 4)[:, joint, 2]
    leg = person.lengths.leg
    squat = heights("squat", 0)
    assert squat.min() < 0.68 * leg < 0.9 * leg < squat.max()
    assert heights("jumping_jacks", 27).max() > heights("jumping_jacks", 15).max()
    assert heights("pullup", 3).min() > 0.2 * leg               # off the floor
    assert heights("pushup", 15).max() < 1.4 * leg
    assert np.ptp(heights("situp", 15)) > 0.4 * leg
    assert heights("Sitting", 0).max() < 0.7 * leg
    assert heights("ntu_027", 3).max() > 0.2 * leg              # jump up


def test_both_hands_are_used():
    person = make_person(0, 3)
    mirrored = [perform("tennis_serve", person, rng(s), 15, 2).mirrored for s in range(40)]
    assert 4 < sum(mirrored) < 30


def test_unknown_action_lists_the_known():
    with pytest.raises(KeyError, match="fly.*baseball_pitch"):
        motion("fly", make_person(0, 0), rng())
