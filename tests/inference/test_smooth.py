"""The one-euro filter: values by hand, steadiness, small lag."""
import math

import numpy as np
import pytest

from deephar.inference.results import FrameResult
from deephar.inference.smooth import OneEuro, Smoother
from tests.inference.test_results import person


def test_two_steps_by_hand():
    smooth = OneEuro(min_cutoff=1.0, beta=0.5, speed_cutoff=2.0)
    assert smooth(np.array(3.0), 10.0) == 3.0
    weight = lambda cutoff: 1 / (1 + 1 / (2 * math.pi * cutoff * 0.1))
    speed = weight(2.0) * (5.0 - 3.0) / 0.1
    expected = 3.0 + weight(1.0 + 0.5 * speed) * 2.0
    assert smooth(np.array(5.0), 10.1) == pytest.approx(expected)


def test_steady_at_rest_and_quick_in_motion():
    rng = np.random.default_rng(0)
    times = np.arange(200) / 25
    still = 100 + rng.normal(0, 2, 200)
    smooth = OneEuro(1.0, 0.02)
    filtered = np.array([smooth(v, t) for v, t in zip(still, times)])
    assert filtered[50:].std() < 0.5 * still[50:].std()
    moving = 400 * times
    smooth = OneEuro(1.0, 0.02)
    filtered = np.array([smooth(v, t) for v, t in zip(moving, times)])
    assert np.abs(filtered - moving)[50:].max() < 12      # under a frame's way, 16


def test_input_stays_and_settings_are_checked():
    smooth, value = OneEuro(), np.zeros(3)
    smooth(value, 0.0)
    smooth(value + 1, 1.0)
    assert not value.any()
    with pytest.raises(ValueError, match="cut-offs must be > 0"):
        OneEuro(min_cutoff=0)


def test_people_are_smoothed_apart_and_forgotten():
    def result(time, **people):
        return FrameResult(0, time, (9, 9), "v", tuple(
            person(int(id[1:]), joints=np.full((16, 2), float(x)))
            for id, x in people.items()))

    smooth = Smoother()
    smooth(result(0.0, p0=0, p1=100))
    second = smooth(result(0.04, p0=10, p1=100))
    assert 0 < second.people[0].joints[0, 0] < 10
    assert second.people[1].joints[0, 0] == 100
    assert smooth(result(2.0, p0=50)).people[0].joints[0, 0] == 50
    assert len(smooth._filters) == 1        # a camera's people come and go for days
    assert 50 < smooth(result(2.5, p0=60)).people[0].joints[0, 0] < 60    # not yet


def test_the_usual_filter_of_people():
    by_hand, smooth = OneEuro(1.0, 0.02), Smoother()
    for time, x in ((0.0, 0.0), (0.04, 10.0), (0.08, 30.0)):
        joints = np.full((16, 2), x)
        seen = FrameResult(0, time, (9, 9), "v", (person(0, joints=joints),))
        np.testing.assert_allclose(smooth(seen).people[0].joints, by_hand(joints, time))
