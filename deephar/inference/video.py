"""People through a video: which frames make a clip, and where to look in them.

Every frame is predicted once: a group of T × step frames makes `step` clips of T
frames, interleaved, whose actions are averaged, and with those of the groups beside it:
what somebody does is not to be seen in every second of it.  A network without actions takes
the frames of a group one by one.  One square is looked into per person; through a
group it moves evenly with the person, and rests where the person does, as in the papers.
"""
from collections import deque
from dataclasses import replace
from typing import Generator, Iterable, Mapping, Sequence

import numpy as np

from deephar.data.video import BrokenVideo
from deephar.inference.boxes import square
from deephar.inference.finders import Boxes, finder_for, uses_clips
from deephar.inference.predictor import Predictor
from deephar.inference.results import FrameResult, Person
from deephar.inference.sources import Frame
from deephar.inference.threads import Latest, read_ahead
from deephar.utils.bbox import enclosing

READ_AHEAD = 8              # frames that are decoded while the network works


def clip_plan(num_frames: int, clip_length: int, step: int) -> list[list[int]]:
    """Clips that cover the frames of a group, as lists of offsets.

    A group that is too short for the step takes a smaller one; one with fewer
    frames than a clip repeats frames.
    """
    if num_frames < clip_length:
        return [[i * num_frames // clip_length for i in range(clip_length)]]
    step = min(step, num_frames // clip_length)
    span = clip_length * step
    starts = list(range(0, num_frames - span + 1, span))
    if starts[-1] + span < num_frames:
        starts.append(num_frames - span)
    return [list(range(start + first, start + span, step))
            for start in starts for first in range(step)]


def predict_video(predictor: Predictor, frames: Iterable[Frame], *,
                  boxes: Boxes = "track", stride: int | None = None, every: int = 1
                  ) -> Generator[tuple[Frame, FrameResult], None, None]:
    """The people of every frame, in order, while the video is being read.

    Args:
        predictor: the network.
        frames: of `frames_of`, or your own.
        boxes: 'track' looks where the last pose was while it is sure, else it
            looks again; 'two-pass' looks at the whole first, middle and last
            picture of every group and then closer, as the papers did; 'whole'
            never looks closer.  These find one person.  Or {frame: boxes} as
            `read_boxes` gives it, or a function of the picture.
        stride: frames from the start of a group to the next.  A frame's actions are
            those of the groups that hold it, averaged.  None: groups do not overlap,
            and the one before and the one after count, too.
        every: how many frames of the video one of `frames` stands for.

    Raises:
        BrokenVideo: at the end, if the video broke off; all that could be
            read was predicted.
    """
    span = group_length(predictor, every)
    reach = span if stride is None and uses_clips(predictor) else 0
    stride = span if stride is None else stride
    if not 1 <= stride <= span:
        raise ValueError(f"stride must be 1 to {span} frames, got {stride}")
    finder = finder_for(predictor, boxes)
    waiting: deque[Frame] = deque()         # frames that were not given out yet
    history: deque[Frame] = deque(maxlen=span)
    found: dict[int, dict] = {}             # place in the video -> {id: person}
    said: list[tuple[range, dict]] = []     # places that a group tells about, {id: actions}
    first = done = 0                        # place of waiting[0]; frames predicted
    broken = None

    def predict() -> None:
        nonlocal done
        fresh, done = done if reach else first, first + len(waiting)
        # The last group reaches back, so that its clips keep their step.
        group = list(history if uses_clips(predictor) else waiting)
        start = done - len(group)
        people = _predict_group(predictor, group, finder, every)
        for place, persons in enumerate(people, start):
            if place >= fresh:
                found.setdefault(place, {}).update({p.id: p for p in persons})
        said.append((range(start - reach, done + reach),
                     {p.id: p.actions for persons in people for p in persons}))

    def release(count: int):
        nonlocal first
        for _ in range(count):
            frame = waiting.popleft()
            people = [replace(person, actions=_mean_actions(
                          [actions[id] for places, actions in said
                           if first in places and id in actions]))
                      for id, person in sorted(found.pop(first, {}).items())]
            first += 1
            yield frame, FrameResult(frame.index, frame.time, frame.size,
                                     frame.name, tuple(people))
        said[:] = [group for group in said if first in group[0]]

    reader = read_ahead(frames, READ_AHEAD)
    try:
        for frame in reader:
            waiting.append(frame)
            history.append(frame)
            if first + len(waiting) == max(span, done + stride):
                predict()
                yield from release(len(waiting) - (span - stride) - reach)
    except BrokenVideo as error:
        broken = error
    if first + len(waiting) > done:
        predict()
    yield from release(len(waiting))
    if broken is not None:
        raise broken


def predict_live(predictor: Predictor, frames: Iterable[Frame], *,
                 boxes: Boxes = "track", every: int = 1
                 ) -> Generator[tuple[Frame, FrameResult], None, None]:
    """The people of the newest frame, again and again; drops frames, never lags.

    A clip network sees the newest clip, with the step that it was trained for.
    """
    span = group_length(predictor, every) if uses_clips(predictor) else 1
    finder = finder_for(predictor, boxes)
    latest = Latest(frames, span)
    try:
        while (newest := latest.get()) is not None:
            group = newest
            if uses_clips(predictor):
                group = [newest[i] for i in _newest_clip(len(newest), predictor, every)]
            people = _predict_group(predictor, group, finder, every, live=True)[-1]
            frame = newest[-1]
            yield frame, FrameResult(frame.index, frame.time, frame.size,
                                     frame.name, tuple(people))
    finally:
        latest.close()


def group_length(predictor: Predictor, every: int = 1) -> int:
    """Frames of a group."""
    network = predictor.network
    if not uses_clips(predictor):
        return predictor.batch_size
    return network.num_frames * step_of(predictor, every)


def step_of(predictor: Predictor, every: int = 1) -> int:
    """The network's frame step, in frames of which only one in `every` is there."""
    return max(1, round(predictor.network.frame_step / every))


def _newest_clip(count: int, predictor: Predictor, every: int) -> list[int]:
    """Offsets of the clip that ends with the last of `count` frames."""
    length = predictor.network.num_frames
    step = min(step_of(predictor, every), max(1, (count - 1) // max(1, length - 1)))
    return [max(0, count - 1 - step * i) for i in reversed(range(length))]


# === One group ===

def _predict_group(predictor: Predictor, group: Sequence[Frame], finder, every: int,
                   live: bool = False) -> list[list[Person]]:
    """The people of every frame of a group."""
    pictures = [frame.picture for frame in group]
    looks = finder.looks(group[-1:] if live else group)
    if live:                                # it was the last frame that was looked at
        looks = [replace(look, squares={len(group) - 1: look.squares[0]})
                 for look in looks]
    people = _look(predictor, pictures, looks, every, live)
    if not finder.is_sure(people):
        people = _look(predictor, pictures, finder.looks_again(group), every, live)
    return finder.keep(people, group)


def _look(predictor, pictures, looks, every, live) -> list[list[Person]]:
    people: list[list[Person]] = [[] for _ in pictures]
    if not uses_clips(predictor):
        places = [(i, box, look) for look in looks for i, box in look.squares.items()]
        seen = predictor.look(pictures, [(i, box, look.source)
                                         for i, box, look in places])
        for (i, _, look), person in zip(places, seen):
            people[i].append(replace(person, id=look.id))
        return people
    length = predictor.network.num_frames
    step = 1 if live else step_of(predictor, every)
    plan = clip_plan(len(pictures), length, step)
    clips = iter(predictor.clips([
        ([pictures[i] for i in clip], windows[clip], look.source)
        for look, windows in zip(looks, (moving_square(look.squares, len(pictures))
                                         for look in looks)) for clip in plan]))
    for look in looks:                      # everybody's clips went in together
        own = [next(clips) for _ in plan]
        actions = _mean_actions([clip[0].actions for clip in own])
        by_frame = {i: person for clip, found in zip(plan, own)
                    for i, person in zip(clip, found)}
        for i in look.squares:
            people[i].append(replace(by_frame[i], id=look.id, actions=actions))
    return people


def moving_square(squares: Mapping[int, np.ndarray], count: int) -> np.ndarray:
    """One square that moves evenly with a person and holds all the person's, (count, 4).

    Who walks stays as large as who stands; the square of who stands does not move.

    Args:
        squares: {frame: square}, of some of `count` frames.
    """
    known, boxes = np.array(list(squares)), np.stack(list(squares.values()))
    centres = np.tile((boxes[:, :2] + boxes[:, 2:]) / 2, 2)
    time = known - known.mean()
    speed = time @ centres / max(time @ time, 1e-9)
    still = square(enclosing(list(boxes - time[:, None] * speed)))
    at = np.clip(np.arange(count), known.min(), known.max()) - known.mean()
    return still + at[:, None] * speed


def _mean_actions(actions: Sequence[Mapping]) -> dict:
    return {name: {c: sum(a[name][c] for a in actions) / len(actions) for c in classes}
            for name, classes in actions[-1].items()}
