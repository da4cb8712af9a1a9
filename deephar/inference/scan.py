"""Everybody of a picture, found by the pose network itself in windows of several sizes.

It looks into every window, then twice closer where it saw somebody, as the papers' first
pass does once.  A real pose stays where it is when it is looked at again; what the
network imagines does not.  The same person in several windows is known by the likeness
of poses (OKS).
"""
from typing import Callable, Sequence

import numpy as np

from deephar.inference.boxes import box_of_poses
from deephar.inference.results import Person
from deephar.utils.bbox import common_area, objposwin_to_bbox, whole_image_bbox
from deephar.utils.oks import pose_area, similarity, spread_of

SIDES = (0.7, 0.5, 0.35, 0.25)      # of windows, per longer side of the picture
STEP = 0.35                         # from one window to the next, per side
ROUNDS = 2                          # of looking closer
PROMISING = 0.7                     # of the surest one's confidence, before looking closer
SURE = 0.85                         # of the surest person's confidence, at the end
CAREFUL = 4                         # times the confidence of a single look: there are many
STEADY = 0.5                        # OKS of a person's last two poses
ALIKE = 0.5, 0.4                    # OKS from which two are one: candidates, people
WITHIN = 0.75                       # share of a pose in a surer one's box: a part of it


def windows(size: tuple[int, int]) -> list[np.ndarray]:
    """Squares that cover a picture (w, h): the whole one, then smaller and smaller."""
    found = [whole_image_bbox(size)]
    for share in SIDES:
        side = share * max(size)
        rows = [_places(length, side) for length in size]
        found += [objposwin_to_bbox((x, y), (side, side)) for y in rows[1] for x in rows[0]]
    return found


def _places(length: float, side: float) -> np.ndarray:
    """Middles of windows along one side of a picture."""
    if length <= side:
        return np.array([length / 2])
    count = int(np.ceil((length - side) / (STEP * side))) + 1
    return np.linspace(side / 2, length - side / 2, count)


Look = Callable[[list[list[np.ndarray]]], list[list[Person]]]


def scan(look: Look, look_closer: Look, sizes: Sequence[tuple[int, int]],
         joint_names: Sequence[str], min_confidence: float) -> list[list[Person]]:
    """The people of every picture of `sizes` (w, h), the surest first.

    Args:
        look: squares of every picture, of few sizes, to the person in each of them.
        look_closer: the same of squares of any size.
        min_confidence: as of one look; a person needs `CAREFUL` times as much.
    """
    spread = spread_of(joint_names)
    found = look([windows(size) for size in sizes])
    steadiness = [np.ones(len(people)) for people in found]
    for _ in range(ROUNDS):
        found = [_best(people, steady, PROMISING, min_confidence, ALIKE[0], spread)
                 for people, steady in zip(found, steadiness)]
        closer = look_closer([[box_of_poses(p.joints[None], p.confidence[None]) for p in people]
                              for people in found])
        steadiness = [_alike(people, before, spread) for people, before in zip(closer, found)]
        found = closer
    return [_sure(people, steady, CAREFUL * min_confidence, spread)
            for people, steady in zip(found, steadiness)]


def _sure(people: list[Person], steadiness: np.ndarray, least: float,
          spread: np.ndarray) -> list[Person]:
    """Those who stayed where they were, each once, without parts of others."""
    steady = np.flatnonzero(steadiness >= STEADY)
    return _whole(_best([people[i] for i in steady], steadiness[steady], SURE, least,
                        ALIKE[1], spread))


def _best(people: list[Person], steadiness: np.ndarray, share: float, least: float,
          alike: float, spread: np.ndarray) -> list[Person]:
    """Those of enough confidence, each once, the surest first."""
    sure = np.array([np.mean(p.confidence) for p in people])
    chosen: list[Person] = []
    for i in np.argsort(-sure * steadiness, kind="stable"):
        if sure[i] >= max(least, share * sure.max()):
            twins = [people[i]] * len(chosen)
            if not any(np.maximum(_alike(chosen, twins, spread),
                                  _alike(twins, chosen, spread)) >= alike):
                chosen.append(people[i])
    return chosen


def _alike(people: list[Person], others: list[Person], spread: np.ndarray) -> np.ndarray:
    """OKS (N,) of each with the other one of the same place."""
    if not people:
        return np.zeros(0)
    poses, other = (np.stack([p.joints for p in group]) for group in (people, others))
    return similarity(poses, other, pose_area(poses), spread)


def _whole(people: list[Person]) -> list[Person]:
    """Without those who lie within the box of a surer one: they are a part of it."""
    boxes = [np.concatenate([p.joints.min(axis=0), p.joints.max(axis=0)]) for p in people]
    kept: list[int] = []
    for i, box in enumerate(boxes):
        area = np.prod(box[2:] - box[:2])
        common = [common_area(box, boxes[k]) for k in kept]
        if max(common, default=0) <= WITHIN * area:
            kept.append(i)
    return [people[i] for i in kept]
