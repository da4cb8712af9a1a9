"""Who is looked for in the frames of a video, and where: boxes, or the last pose."""
from dataclasses import dataclass, replace
from typing import Callable, Mapping, Sequence

import numpy as np

from deephar.inference.boxes import (
    box_of_poses, boxes_for, check_boxes, square)
from deephar.inference.predictor import Predictor
from deephar.inference.results import Person
from deephar.inference.sources import Frame
from deephar.inference.tracks import Tracks
from deephar.utils.bbox import whole_image_bbox

WAYS = ("track", "detect", "scan", "two-pass", "whole")
Boxes = str | Mapping[str, list] | Callable


@dataclass(frozen=True)
class Look:
    """A person to look for in a group: {offset in the group: square}."""
    id: int
    squares: Mapping[int, np.ndarray]
    source: str


def uses_clips(predictor: Predictor) -> bool:
    """Whether the network gets whole clips, for their actions."""
    network = predictor.network
    return network.num_frames is not None and bool(network.actions or not network.layout)


def finder_for(predictor: Predictor, boxes: Boxes):
    """What looks for people, by what the user says about boxes."""
    if isinstance(boxes, str):
        if boxes not in WAYS:
            raise ValueError(f"boxes must be {', '.join(WAYS)}, {{frame: boxes}} or a "
                             f"function, got {boxes!r}")
        if boxes == "detect":
            return _Given(predictor, predictor.detector)
        if predictor.layout is None:
            boxes = "whole"                 # no poses to find anybody by
        if boxes == "scan":
            return _Given(predictor, lambda picture: [
                square(person.box, 1 / predictor.margin)
                for person in predictor.scan([picture])[0]])
        return _Found(predictor, boxes)
    return _Given(predictor, boxes)


class _Finder:
    """Numbers everybody; each frame once, though it may be in several groups."""

    def __init__(self, predictor: Predictor):
        self.predictor, self.tracks = predictor, Tracks()
        self._numbers: dict[int, list[int]] = {}        # by frame

    def number(self, frame: Frame, boxes, poses=None) -> list[int]:
        known = self._numbers.get(frame.index)
        if known is None or len(known) != len(boxes):
            self._numbers[frame.index] = self.tracks.number(boxes, frame.time, poses)
        return self._numbers[frame.index]

    def forget_before(self, group: Sequence[Frame]) -> None:
        self._numbers = {i: n for i, n in self._numbers.items() if i >= group[0].index}

    def renumbered(self, group: Sequence[Frame], people, boxes) -> list[list[Person]]:
        """Everybody with a number by box and pose; `boxes` per frame."""
        return [[replace(person, id=id) for person, id in zip(persons, self.number(
                    frame, places, [_sure_joints(p) for p in persons]))]
                for frame, persons, places in zip(group, people, boxes)]


def _sure_joints(person: Person) -> np.ndarray | None:
    """Joints (J, 2), NaN where the confidence is under half of the highest."""
    if person.joints is None:
        return None
    sure = person.confidence >= np.max(person.confidence) / 2
    return np.where(sure[:, None], person.joints, np.nan)


class _Given(_Finder):
    """Boxes that the user or a detector gives, frame by frame."""

    def __init__(self, predictor: Predictor, boxes):
        super().__init__(predictor)
        self.boxes = boxes
        self._given: dict[int, np.ndarray] = {}         # by frame

    def looks(self, group: Sequence[Frame]) -> list[Look]:
        self.forget_before(group)
        fresh = [frame for frame in group if frame.index not in self._given]
        self._given |= {frame.index: boxes
                        for frame, boxes in zip(fresh, self._boxes_of(fresh))}
        self._given = {frame.index: self._given[frame.index] for frame in group}
        squares: dict[int, dict] = {}
        for i, frame in enumerate(group):
            given = self._given[frame.index]
            # The frames of a clip need numbers first, single ones wait for the poses.
            numbers = (self.number(frame, given) if uses_clips(self.predictor)
                       else range(len(given)))
            for id, box in zip(numbers, given):
                squares.setdefault(id, {})[i] = square(box, self.predictor.margin)
        return [Look(id, found, "given") for id, found in sorted(squares.items())]

    def _boxes_of(self, frames: Sequence[Frame]) -> list[np.ndarray]:
        names = [f"frame {frame.index}" for frame in frames]
        if callable(self.boxes):
            return self.predictor.boxes_of(
                self.boxes, [frame.picture for frame in frames], names)
        return [check_boxes(boxes_for(self.boxes, frame.name, frame.index), frame.size, name)
                for frame, name in zip(frames, names)]

    def is_sure(self, people) -> bool:
        return True

    def keep(self, people, group):
        if uses_clips(self.predictor):
            return people
        people = self.renumbered(group, people, [self._given[f.index] for f in group])
        return [sorted(persons, key=lambda person: person.id) for persons in people]


class _Found(_Finder):
    """One person, found by the poses themselves."""

    def __init__(self, predictor: Predictor, way: str):
        super().__init__(predictor)
        self.way = way
        self.last: np.ndarray | None = None         # where the person was last

    def looks(self, group: Sequence[Frame]) -> list[Look]:
        self.forget_before(group)
        everywhere = range(len(group))
        if self.way == "whole":
            box = whole_image_bbox(group[0].size)
            return [Look(0, dict.fromkeys(everywhere, box), "whole picture")]
        if self.way == "track" and self.last is not None:
            return [Look(0, dict.fromkeys(everywhere, self.last), "previous pose")]
        return self.looks_again(group)

    def looks_again(self, group: Sequence[Frame]) -> list[Look]:
        """The papers' first pass: the whole first, middle and last picture."""
        places = sorted({0, len(group) // 2, len(group) - 1})
        pictures = [group[i].picture for i in places]
        self.last = None
        seen = [p for p in self.predictor.look(pictures, [
            (i, whole_image_bbox(group[0].size), "first pass")
            for i in range(len(pictures))]) if self.predictor.is_sure(p)]
        if not seen:
            return []
        box = box_of_poses(np.stack([p.joints for p in seen]),
                           np.stack([p.confidence for p in seen]))
        return [Look(0, dict.fromkeys(range(len(group)), box), "first pass")]

    def is_sure(self, people) -> bool:
        """Whether the person is still where the last pose was."""
        found = [p for frame in people for p in frame]
        if not found or found[0].box_source != "previous pose":
            return True
        return float(np.mean([np.mean(p.confidence) for p in found])
                     ) >= self.predictor.min_confidence

    def keep(self, people, group):
        """Drops who is not there, and remembers where the person went."""
        if self.predictor.layout is None:
            return people
        people = [[p for p in frame if self.predictor.is_sure(p)] for frame in people]
        if people[-1]:
            person = people[-1][0]
            self.last = box_of_poses(person.joints[None], person.confidence[None])
        else:
            self.last = None
        return self.renumbered(group, people, [
            [box_of_poses(p.joints[None], p.confidence[None]) for p in frame]
            for frame in people])
