"""Who is who: crossing, lost, strange and too many people."""
import time

import numpy as np
import pytest

from deephar.data.synthetic.crossing import crossing
from deephar.inference.bench import follow
from deephar.inference.tracks import Tracks, similarity

A, B = np.array([0, 0, 10, 20.0]), np.array([50, 50, 60, 70.0])


def test_people_keep_their_numbers():
    who = Tracks()
    assert who.number([A, B], 0.0) == [0, 1]
    assert who.number([B + 1, A + 2], 0.1) == [1, 0]
    assert who.number([], 0.2) == []
    assert who.number([A + 3], 0.3) == [0]                  # b is hidden for a while
    assert who.number([B + 2, A + 3, A + 200], 0.4) == [1, 0, 2]
    assert sorted(who.number([A + 4, A + 4], 0.5)) == [0, 3]    # never one for two


def test_similarity_by_hand():
    who = Tracks()
    pose = np.array([[5.0, 5], [5, 15], [np.nan, 0]])
    who.number([A, B], 0.0, [pose, None])
    states = np.array([[5, 10, 10, 20], [60, 60, 10, 20.0]])
    boxes = np.array([A, B + [5, 0, 5, 0]])
    alike = similarity(who.known, boxes, states, [pose + [3, 0], None], 0.0)
    size = np.sqrt(200)
    oks = np.exp(-9 / (2 * (0.15 * size) ** 2))
    assert alike[0, 0] == pytest.approx((1 + 1 + oks) / 3)
    assert alike[1, 1] == pytest.approx((1 - 5 / (0.6 * size) + 1 / 3) / 2)
    assert alike[0, 1] == alike[1, 0] == 0
    assert similarity([], boxes, states, [None] * 2, 0.0).shape == (0, 2)


@pytest.mark.parametrize("fps", [5, 25, 60])
def test_a_lost_person_is_remembered_for_a_second_and_then_forgotten(fps):
    def walk(gap):
        """The number of who walks, is lost for `gap` seconds, and walks on."""
        who = Tracks()
        for i in range(2 * fps):
            who.number([A + [20 * i / fps, 0] * 2], i / fps)
        start, i = i, i + round(gap * fps)
        for empty in range(start + 1, i):
            assert who.number([], empty / fps) == []
        return who.number([A + [20 * i / fps, 0] * 2], i / fps)

    assert walk(0.4) == walk(1.0) == [0] and walk(1.4) == [1]


def test_slow_pictures_are_still_followed():
    who = Tracks()
    assert [who.number([A + i], 3.0 * i) for i in range(4)] == [[0]] * 4


def test_nobody_inherits_a_strangers_number():
    who = Tracks()
    for i in range(20):
        who.number([A + [3 * i, 0, 3 * i, 0]], i / 25)      # walks to the right
    assert who.number([A + [10, 0, 10, 0]], 1.2) == [1]     # comes where that one came from
    assert who.number([A + [10, 0, 10, 0], A * 2 + [75, 0, 75, 0]], 1.24) == [1, 2]  # taller


def test_who_turns_round_stays_the_same():
    who, x = Tracks(), 25 * np.abs(np.arange(100) - 50) / 25
    assert {who.number([A + [v, 0, v, 0]], i / 25)[0] for i, v in enumerate(x)} == {0}


@pytest.mark.parametrize("people", [2, 3, 4])
@pytest.mark.parametrize("poses, switches", [(True, 0.2), (False, 1.0)])
def test_people_who_cross(people, poses, switches):
    rows = [follow(crossing(seed, people), seed, poses) for seed in range(4)]
    assert np.mean([row["idf1"] for row in rows]) >= 0.93
    assert np.mean([row["switches"] for row in rows]) <= switches
    assert all(row["idf1"] <= row["best"] <= 1 for row in rows)


def test_a_false_box_in_every_frame_costs_no_more_after_3000_frames():
    rng, who, seconds = np.random.default_rng(0), Tracks(), []
    for i in range(3000):
        x, y = rng.uniform(0, 5000, 2)
        start = time.process_time()
        first, _ = who.number([A, [x, y, x + 10, y + 20]], i / 25)
        seconds.append(time.process_time() - start)
        assert first == 0 and len(who.known) <= 28
    assert np.median(seconds[-500:]) < 2 * np.median(seconds[100:600]) < 0.01


def test_forty_people_and_frames_that_come_late_or_twice():
    who = Tracks()
    crowd = np.array([A + [20 * i, 30 * k] * 2 for i in range(8) for k in range(5)])
    assert who.number(crowd, 0.0) == list(range(40))
    assert who.number(crowd[::-1] + 1, 0.04) == list(range(40))[::-1]
    assert who.number(crowd, 0.04) == who.number(crowd, 0.0) == list(range(40))
