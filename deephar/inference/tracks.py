"""Who is who from frame to frame: the same person keeps the same number.

People of a frame are assigned to those of the frames before by what moves on as
it did: the place of the box, its overlap, and the pose where there is one.
"""
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from deephar.utils.bbox import overlaps

MEMORY = 1.0            # seconds that a lost person is remembered
REACH = 0.6             # sizes of a person that one may be from where one is expected
STRAY = 1.0             # more of them for every second that one was not seen
POSE_SPREAD = 0.15      # sizes that joints may be apart and still be alike
STEADY = 0.4, 0.05      # what a box counts for the place and the speed, in the long run


@dataclass
class Track:
    """One person: the last numbers and how they change.

    Attributes:
        state: (x, y, w, h), centre and size.
        speed: (4,), per second.
        pose: (J, 2), the last one, or None.
    """
    id: int
    last: float
    state: np.ndarray
    speed: np.ndarray
    pose: np.ndarray | None
    count: int = 1

    def expected(self, time: float) -> np.ndarray:
        """Where the person is if all goes on as before, (4,).

        The size stays: it changes with the pose, to and fro.
        """
        moved = self.state + self.speed * max(0.0, time - self.last)
        return np.concatenate([moved[:2], self.state[2:]])

    def add(self, state: np.ndarray, pose: np.ndarray | None, time: float) -> None:
        """Goes on with a box that was seen."""
        gap = max(0.0, time - self.last)
        error = state - self.expected(time)
        # A line through all boxes at first, later the newer ones count more.
        n = self.count
        place = max(STEADY[0], 2 * (2 * n + 1) / ((n + 1) * (n + 2)))
        turn = max(STEADY[1], 6 / ((n + 1) * (n + 2)))
        self.state = self.expected(time) + place * error
        if gap > 0:
            self.speed = self.speed + turn * error / gap
        self.pose, self.last, self.count = pose, max(time, self.last), n + 1


class Tracks:
    """Numbers for people that stay the same from frame to frame.

    A lost person is remembered for `memory` seconds; then the number is gone for good.

        tracks = Tracks()
        tracks.number([box, other], time=0.00)      # [0, 1]
        tracks.number([other], time=0.04)           # [1]
    """

    def __init__(self, memory: float = MEMORY):
        self.memory = memory
        self.known: list[Track] = []
        self._count, self._newest = 0, -np.inf

    def number(self, boxes, time: float, poses=None) -> list[int]:
        """The numbers of one frame's people.

        Args:
            boxes: (N, 4).
            time: of the frame in seconds.
            poses: N of (J, 2) pixels, NaN where a joint is not known, or None.
        """
        boxes = np.asarray(boxes, np.float64).reshape(-1, 4)
        poses = [None] * len(boxes) if poses is None else list(poses)
        self._forget(time)
        states = np.concatenate([(boxes[:, :2] + boxes[:, 2:]) / 2,
                                 boxes[:, 2:] - boxes[:, :2]], axis=1)
        alike = similarity(self.known, boxes, states, poses, time)
        ids: dict[int, int] = {}
        for t, i in zip(*linear_sum_assignment(-alike)):
            if alike[t, i] > 0:
                ids[i] = self.known[t].id
                self.known[t].add(states[i], poses[i], time)
        for i in range(len(boxes)):
            if i not in ids:
                ids[i] = self._count
                self._count += 1
                self.known.append(Track(ids[i], time, states[i], np.zeros(4), poses[i]))
        return [ids[i] for i in range(len(boxes))]

    def _forget(self, time: float) -> None:
        """Nobody is forgotten before the next frame, however late that is."""
        self.known = [
            track for track in self.known
            if track.last >= self._newest or time - track.last <= self.memory + 1e-6]
        self._newest = max(time, self._newest)


def similarity(tracks: list[Track], boxes: np.ndarray, states: np.ndarray, poses: list,
               time: float) -> np.ndarray:
    """How much each track is like each person, (tracks, N): 0 no, 1 all the same.

    The mean of nearness, overlap and the likeness of poses (if both have one);
    0 for who is out of reach.
    """
    if not tracks or not len(boxes):
        return np.zeros((len(tracks), len(boxes)))
    expected = np.stack([track.expected(time) for track in tracks])
    corners = np.concatenate([expected[:, :2] - expected[:, 2:] / 2,
                              expected[:, :2] + expected[:, 2:] / 2], axis=1)
    size = np.sqrt(np.maximum(expected[:, 2:].prod(axis=1), 1e-9))
    gap = np.array([max(0.0, time - track.last) for track in tracks])
    # Who is farther away is smaller: the height tells people apart who overlap.
    apart = np.linalg.norm((expected[:, None] - states[None])[..., [0, 1, 3]], axis=-1)
    near = 1 - apart / (size * (REACH + STRAY * gap))[:, None]
    alike = [near, overlaps(corners, boxes)]
    poses_alike = np.array([[_pose_similarity(track, size[t], pose, time)
                             for pose in poses] for t, track in enumerate(tracks)])
    if np.isfinite(poses_alike).any():
        alike.append(poses_alike)
    return np.where(near > 0, np.nanmean(alike, axis=0), 0)


def _pose_similarity(track: Track, size: float, pose, time: float) -> float:
    """Likeness of two poses as in COCO's OKS, after the person moved on; NaN if unknown."""
    if track.pose is None or pose is None:
        return np.nan
    moved = track.pose + track.speed[:2] * max(0.0, time - track.last)
    squares = ((moved - pose) ** 2).sum(axis=-1) / (2 * (POSE_SPREAD * size) ** 2)
    known = np.isfinite(squares)
    return float(np.exp(-squares[known]).mean()) if known.any() else np.nan
