import numpy as np
import pytest

from deephar.data.synthetic.motions import MOTIONS, perform
from deephar.data.synthetic.people import make_person
from deephar.data.synthetic.props import PROPS, props

WITH_PROP = [name for name, m in MOTIONS.items() if m.prop]


def act_of(action, seed=0, frames=40):
    return perform(action, make_person(0, 1), np.random.default_rng(seed), 20, frames)


def nearest(parts, point):
    """Distance from a point to the parts' axes."""
    best = np.inf
    for part in parts:
        end = part.a if part.b is None else part.b
        along = end - part.a
        share = np.clip((point - part.a) @ along / max(along @ along, 1e-9), 0, 1)
        best = min(best, np.linalg.norm(point - part.a - share * along))
    return best


def test_every_prop_is_used_and_known():
    assert {MOTIONS[name].prop for name in WITH_PROP} == set(PROPS)
    assert props(act_of("Waiting"), 0) == []


@pytest.mark.parametrize("action", WITH_PROP)
def test_props_have_places_in_every_frame(action):
    act = act_of(action)
    for frame in range(0, 40, 3):
        for part in props(act, frame):
            ends = [part.a] if part.b is None else [part.a, part.b]
            assert np.isfinite(ends).all() and min(part.radii) > 0


@pytest.mark.parametrize("action", [
    "baseball_swing", "golf_swing", "tennis_forehand", "tennis_serve", "bench_press",
    "clean_and_jerk", "pullup", "jump_rope"])
@pytest.mark.parametrize("seed", [0, 5])
def test_hands_are_on_what_they_hold(action, seed):
    act = act_of(action, seed)
    for frame in range(0, 40, 5):
        wrist = act.body.joints[frame, act.lead]
        assert nearest(props(act, frame), wrist) < 190


def test_a_pitched_ball_leaves_the_hand():
    act = act_of("baseball_pitch", frames=60)
    ball = lambda f: props(act, f)[1].a
    away = [np.linalg.norm(ball(f) - act.body.joints[f, act.lead]) for f in range(60)]
    released = int(np.argmax(act.phase > 0.62))
    assert max(away[:released]) < 200 < 1000 < away[released + 3]
