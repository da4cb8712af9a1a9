"""From a video's people in the picture to people in space.

Everybody is lifted alone, from where the tracks say that they are.  Lifters know key
points of one rate: those of the video are interpolated to it, and the poses back to
the frames.  So short gaps fill themselves; after a long one a person starts afresh.
"""
from dataclasses import dataclass, replace
from typing import Iterable, Iterator

import numpy as np

from deephar.data.keypoints.takes import at_times
from deephar.inference.results import FrameResult, Person
from deephar.networks.lifting import VideoLifter
from deephar.utils.pose import PoseLayout

LONGEST_GAP = 0.5               # seconds without a person that are interpolated


@dataclass(frozen=True)
class Lifted:
    """One person from a first to a last frame without a long gap.

    Attributes:
        frames: (T,), places in the results, one after another.
        poses: (T, 17, 3) metres from the hip, x right, y down, z away.
        places: (T, 3) metres from the camera, or None.
        joints: (T, J, 2) pixels, also where the person was not seen.
        gaps: (frames' places before them, seconds) of what was interpolated.
    """
    person: int
    frames: np.ndarray
    poses: np.ndarray
    places: np.ndarray | None
    joints: np.ndarray
    gaps: tuple[tuple[int, float], ...]


def lift_people(results: Iterable[FrameResult], layout: PoseLayout,
                lifter: VideoLifter) -> list[Lifted]:
    """Everybody in space; who was away for longer than LONGEST_GAP is there twice."""
    times, size = [], (1, 1)
    seen: dict[int, tuple[list, list]] = {}             # person: frames, joints
    for place, result in enumerate(results):
        times.append(place if result.time is None else result.time)
        size = result.size
        for person in result.people:
            if person.joints is not None and np.isfinite(person.joints).all():
                frames, joints = seen.setdefault(person.id, ([], []))
                frames.append(place)
                joints.append(person.joints)
    # Times of a damaged file may stand still or go back.
    times = np.maximum.accumulate(np.array(times, np.float64))
    pieces = []
    for person, (frames, joints) in sorted(seen.items()):
        cuts = np.flatnonzero(np.diff(times[frames]) > LONGEST_GAP) + 1
        for f, j in zip(np.split(frames, cuts), np.split(np.array(joints), cuts)):
            pieces.append(_lift(person, f, j, times, size, layout, lifter))
    return pieces


def _lift(person, frames, joints, times, size, layout, lifter) -> Lifted:
    """One piece: `joints` (n, J, 2) at the places `frames` (n,) of the video."""
    known = times[frames]
    every = np.arange(frames[0], frames[-1] + 1)
    clock = known[0] + np.arange(int((known[-1] - known[0]) * lifter.fps + 1e-6) + 1
                                 ) / lifter.fps
    poses, places = lifter(layout.to_h36m17(at_times(clock, known, joints)), size)
    missed = np.flatnonzero(np.diff(frames) > 1)
    return Lifted(
        person, every, at_times(times[every], clock, poses),
        None if places is None else at_times(times[every], clock, places),
        at_times(times[every], known, joints),
        tuple((int(frames[i]), float(known[i + 1] - known[i])) for i in missed))


def with_lifted(results: Iterable[FrameResult], pieces: Iterable[Lifted]
                ) -> Iterator[FrameResult]:
    """The results with everybody's `lifted` and `place`.

    Who was not seen in a short gap is there, with confidence 0 and the source of
    the box 'interpolated'.
    """
    by_frame: dict[int, list[tuple[Lifted, int]]] = {}
    for piece in pieces:
        for t, frame in enumerate(piece.frames.tolist()):
            by_frame.setdefault(frame, []).append((piece, t))
    last: dict[int, Person] = {}
    for frame, result in enumerate(results):
        people = {person.id: person for person in result.people}
        for piece, t in by_frame.get(frame, ()):
            known = people.get(piece.person)
            if known is None or known.joints is None:
                before = last[piece.person]
                known = replace(before, joints=piece.joints[t], crop_pose=None,
                                confidence=np.zeros(len(piece.joints[t])), joints_mm=None,
                                box_source="interpolated", actions={})
            people[piece.person] = replace(
                known, lifted=piece.poses[t],
                place=None if piece.places is None else piece.places[t])
            last[piece.person] = people[piece.person]
        yield replace(result, people=tuple(people[id] for id in sorted(people)))


def told_gaps(pieces: Iterable[Lifted]) -> list[str]:
    """What was filled in and what was left out, in words."""
    pieces = list(pieces)
    words = []
    for person in sorted({piece.person for piece in pieces}):
        own = [piece for piece in pieces if piece.person == person]
        gaps = [gap for piece in own for gap in piece.gaps]
        if gaps:
            frame, seconds = max(gaps, key=lambda gap: gap[1])
            words.append(f"person {person} was lost {_times(len(gaps))}, for up to "
                         f"{seconds:.2f} s after frame {frame}: interpolated")
        if len(own) > 1:
            words.append(f"person {person} was away {_times(len(own) - 1)} for more than "
                         f"{LONGEST_GAP} s: left out there, and lifted in {len(own)} pieces")
    return words


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
