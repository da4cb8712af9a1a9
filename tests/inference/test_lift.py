"""From tracks in the picture to people in space, with gaps."""
import numpy as np
import pytest

from deephar.inference.lift import LONGEST_GAP, lift_people, told_gaps, with_lifted
from deephar.inference.results import FrameResult, Person
from deephar.utils.pose import H36M17_NAMES, pa16j2d
from tests.fakes.lifters import flat_lifter

SIZE = (200, 100)
FPS = 10


def person(id, frame):
    """Joints in a row, 10 pixels to the right in every frame."""
    joints = np.stack([np.arange(16) * 3.0 + 10 * frame, np.arange(16) * 2.0 + id], axis=-1)
    return Person(joints, np.ones(16), joints, None, np.zeros(4), "given", np.eye(3),
                  {"set": {"a": 1.0}}, id)


def video(**seen):
    """Results of 20 frames; `p3=[...]` are the frames in which person 3 is seen."""
    return [FrameResult(t, t / FPS, SIZE, "v.mp4", tuple(
        person(int(name[1:]), t) for name, frames in seen.items() if t in frames))
        for t in range(20)]


def expected(frame, id=0):
    """What `flat_lifter` says of the person: half widths of the picture, from the hip."""
    points = pa16j2d.to_h36m17(person(id, frame).joints) / 100
    pose = np.concatenate([points, np.ones((17, 1))], axis=-1)
    pose[0, 2] = 0
    return pose - pose[0]


def lifted(results, **options):
    pieces = lift_people(results, pa16j2d, flat_lifter(**options))
    return list(with_lifted(results, pieces)), pieces


@pytest.mark.parametrize("fps", [50, 10, 7])
def test_everybody_is_lifted_at_the_rate_of_the_lifter(fps):
    results, pieces = lifted(video(p0=range(20), p4=range(3, 15)), fps=fps, places=True)
    assert [(p.person, len(p.frames)) for p in pieces] == [(0, 20), (4, 12)]
    assert [len(r.people) for r in results] == [1] * 3 + [2] * 12 + [1] * 5
    for t in (3, 9, 12):
        for one in results[t].people:
            assert np.allclose(one.lifted, expected(t, one.id), atol=1e-6)
            # The pelvis of this layout is joint 0; (x, y) of the normalised picture.
            assert np.allclose(one.place, [(10 * t) / 100 - 1, one.id / 100 - 0.5, 4])
    assert results[0].people[0].lifted.shape == (len(H36M17_NAMES), 3)
    assert told_gaps(pieces) == []


def test_a_short_gap_is_interpolated_and_said():
    results, pieces = lifted(video(p0=[0, 1, 2, 3, 7, 8, 9]))
    assert [len(r.people) for r in results] == [1] * 10 + [0] * 10
    filled = results[5].people[0]
    assert filled.box_source == "interpolated" and not filled.confidence.any()
    assert not filled.actions and filled.place is None
    assert np.allclose(filled.lifted, expected(5), atol=1e-6)
    assert np.allclose(filled.joints, person(0, 5).joints)
    assert results[7].people[0].box_source == "given"
    note, = told_gaps(pieces)
    assert note == ("person 0 was lost once, for up to 0.40 s after frame 3: interpolated")


def test_who_is_away_for_long_is_left_out_there():
    assert LONGEST_GAP == 0.5
    results, pieces = lifted(video(p2=[0, 1, 2, 9, 10, 19]))
    assert [bool(r.people) for r in results] == [t in (0, 1, 2, 9, 10, 19) for t in range(20)]
    assert [len(piece.frames) for piece in pieces] == [3, 2, 1]
    note, = told_gaps(pieces)
    assert "person 2 was away 2 times for more than 0.5 s" in note and "3 pieces" in note
    assert np.allclose(results[19].people[0].lifted, expected(19, 2), atol=1e-6)


def test_a_crowd_of_40_who_are_half_outside():
    results, pieces = lifted(video(**{f"p{i}": range(20) for i in range(40)}))
    assert len(pieces) == 40 and len(results[19].people) == 40
    # Frame 19: joints at 190 to 235 of 200 pixels.
    assert np.allclose(results[19].people[7].lifted, expected(19, 7), atol=1e-6)


def test_nobody_and_times_that_stand_still():
    assert lift_people(video(), pa16j2d, flat_lifter()) == []
    still = [FrameResult(t, 1.0, SIZE, "v", (person(0, t),)) for t in range(4)]
    results, pieces = lifted(still)
    assert len(pieces) == 1 and all(np.isfinite(r.people[0].lifted).all() for r in results)
    actions_only = FrameResult(0, 0.0, SIZE, "v", (Person(
        None, None, None, None, np.zeros(4), "given", np.eye(3)),))
    assert lift_people([actions_only], pa16j2d, flat_lifter()) == []
