"""A whole job: pictures and videos in, files or a window out.

    sources -> Predictor -> results -> drawn, written, shown
                                    -> saved
"""
import contextlib
import itertools
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Callable, Generator, Iterable, Iterator, Mapping, Sequence

from deephar.data.show import annotated_windows
from deephar.data.video import BrokenVideo
from deephar.inference.boxes import boxes_for, read_boxes, shrunk
from deephar.inference.finders import WAYS
from deephar.inference.lift import lift_people, told_gaps, with_lifted
from deephar.inference.motion3d import motion_of, save_bvh
from deephar.inference.predictor import Predictor, open_any
from deephar.inference.render import Renderer
from deephar.inference.results import (
    FrameResult, Spool, result_names, save_coco, save_json, save_keypoints, save_npz)
from deephar.inference.smooth import Smoother
from deephar.inference.sources import (
    FOLDER_FPS, Frame, count_frames, frames_of, frames_per_second, is_camera, is_stream,
    pictures_of)
from deephar.inference.threads import WriteBehind, read_ahead
from deephar.inference.video import predict_live, predict_video
from deephar.inference.view import Beside, MotionView, pose_beside
from deephar.inference.window import Window
from deephar.inference.writer import VideoWriter, write_png
from deephar.networks.lifting import VideoLifter
from deephar.utils.plot import show

STOPPED = 130               # exit code after Ctrl-C
MOST_ROWS = 4               # people with a time line
WRITERS, PICTURES_BEHIND = 2, 8     # threads that draw and write pictures; that may wait
UNKNOWN_LENGTH = 300        # frames that a time line shows of a stream
SAVERS: dict[str, Callable] = {
    "json": save_json, "npz": save_npz, "coco": save_coco,
    "keypoints": save_keypoints, "bvh": save_bvh}
Progress = Callable[[int, int | None], None]


def silent(label: str, unit: str) -> Progress:
    """Tells nobody how far the work is."""
    return lambda done, total: None


@dataclass(frozen=True)
class Playback:
    """How videos are read; see `predict_video`.

    Args:
        fps: of a folder of frames.
        every: use one frame in so many.
        stride: frames between two predictions of the action.
        smooth: steady the joints.
        live: drop frames rather than lag; cameras and streams always do.
    """
    fps: float = FOLDER_FPS
    every: int = 1
    stride: int | None = None
    smooth: bool = False
    live: bool = False


@dataclass(frozen=True)
class Saves:
    """What comes out.

    Args:
        out: folder of all that has no name of its own.
        files: {'video' or a key of SAVERS: file}; without any, and without a
            window, the drawn pictures or videos and a JSON file go to `out`.
        show: open a window.
    """
    out: Path
    files: Mapping[str, Path] = field(default_factory=dict)
    show: bool = False

    @property
    def are_chosen(self) -> bool:
        return self.show or bool(self.files)


@dataclass
class Outcome:
    """What became of all pictures, or of one video.

    Attributes:
        noun: 'picture' or 'frame'.
        results: of every one that could be read.
        files: that were written.
        faults: what went wrong, in words.
        notes: what else there is to tell.
        code: 0, 1 after a fault, or STOPPED.
        way: how people were looked for in pictures.
    """
    noun: str
    results: Any
    files: list[Path] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    code: int = 0
    way: str = ""


@dataclass(frozen=True)
class Job:
    """What to do with a predictor's people.

    Args:
        predictor: finds them.
        saves, playback: see there.
        boxes: a way to look, a file of boxes, or 'annotation' for those of the
            data set that the pictures are from; None for the predictor's usual
            way in pictures and 'track' in videos.
        drawing: options of `Renderer`.
        view_3d: put the first person's 3D pose beside the picture.
        azimuth: of what is drawn in space.
        turn: degrees per second that lifted people turn.
        lifter: puts the people of videos into space; they are read twice then.
        timeline: draw the actions over time below videos.
        progress: makes a function of (done, total or None) from a label and a unit.
    """
    predictor: Predictor
    saves: Saves
    playback: Playback = Playback()
    boxes: str | None = None
    drawing: Mapping[str, Any] = field(default_factory=dict)
    timeline: bool = False
    view_3d: bool = False
    azimuth: float = 35.0
    turn: float = 0.0
    lifter: VideoLifter | None = None
    progress: Callable[[str, str], Progress] = silent

    def run(self, pictures: Sequence[Path], videos: Sequence[str]) -> Iterator[Outcome]:
        """All pictures, then video after video, as they get done, till the end or Ctrl-C."""
        names = result_names([*pictures, *videos], self.saves.out)
        todo = [partial(self._pictures, pictures, names)] if pictures else []
        for make in todo + [partial(self._video, *video)
                            for video in zip(videos, names[len(pictures):])]:
            yield (outcome := make())
            if outcome.code == STOPPED:
                return

    def _pictures(self, paths: Sequence[Path], names: Sequence[str]) -> Outcome:
        way = self.boxes or self.predictor.usual_way
        boxes = self._boxes(way, paths)
        progress = self.progress("pictures", "")
        outcome = Outcome("picture", [], way=way)

        def draw(item) -> None:
            picture, result = item
            drawn = self._renderer(0, self._pose_beside())(picture, result)
            if self.saves.show:
                show(drawn)
            else:
                write_png(self.saves.out / f"{names[result.index]}.png", drawn)

        with until_ctrl_c(outcome), contextlib.ExitStack() as stack:
            put: Callable[[Any], Any] = draw
            if not self.saves.show:     # while the network works; windows are the main thread's
                put = stack.enter_context(contextlib.closing(
                    WriteBehind(draw, PICTURES_BEHIND, WRITERS))).put
            for opened in self._opened(paths, outcome):
                wanted = boxes if isinstance(boxes, str) else [
                    boxes_for(boxes, str(path), index) for index, path, _ in opened]
                found = self.predictor.pictures([picture for *_, picture in opened], wanted)
                for (index, path, picture), people in zip(opened, found):
                    result = FrameResult(index, None, picture.shape[1::-1], str(path),
                                         tuple(people))
                    outcome.results.append(result)
                    if self.saves.show or not self.saves.are_chosen:
                        put((picture, result))
                    progress(index + 1, len(paths))
        return self._saved(outcome, self.saves.out / "predictions.json")

    def _opened(self, paths: Sequence[Path], outcome: Outcome
                ) -> Iterator[list[tuple[int, Path, Any]]]:
        """Batches of (number, path, picture), read ahead; what is broken is a fault."""
        def read():
            for index, path in enumerate(paths):
                try:
                    yield index, path, open_any(path)
                except (OSError, ValueError) as error:
                    yield index, path, error

        size = self.predictor.batch_size
        ahead = read_ahead(read(), 2 * size)
        while batch := list(itertools.islice(ahead, size)):
            broken = [error for *_, error in batch if isinstance(error, Exception)]
            if broken:
                outcome.faults += map(str, broken)
                outcome.code = 1
            yield [item for item in batch if not isinstance(item[-1], Exception)]

    def _video(self, source: str, name: str) -> Outcome:
        outcome = Outcome("frame", Spool())
        predicted = self._predicted(source)
        if self.lifter is None:
            self._go_through(predicted, source, name, name, outcome, self._pose_beside(),
                             keep=outcome.results.append)
        else:
            self._go_through(predicted, source, name, f"{name}, looking", outcome,
                             keep=outcome.results.append, draws=False)
            beside = self._lift(outcome)
            if self._draws:
                again = zip(outcome.results, frames_of(
                    source, every=self.playback.every, fps=self.playback.fps))
                self._go_through(((frame, result) for result, frame in again), source,
                                 name, f"{name}, drawing", outcome, beside)
        outcome.files = [path for path in outcome.files if path.exists()]
        return self._saved(outcome, self.saves.out / f"{name}.json")

    def _go_through(self, predicted: Iterator, source: str, name: str, label: str,
                    outcome: Outcome, beside: Beside | None = None, *,
                    keep: Callable[[FrameResult], None] = lambda result: None,
                    draws: bool = True) -> None:
        """Keeps and draws result after result, till the end or Ctrl-C."""
        every = self.playback.every
        count = -(-count_frames(source) // every)
        fps = frames_per_second(source, self.playback.fps) / every
        progress = self.progress(label, "frames")
        with until_ctrl_c(outcome), contextlib.ExitStack() as stack:
            put = self._outlet(stack, name, count, fps, outcome, beside, draws)
            stack.enter_context(contextlib.closing(predicted))
            for done, (frame, result) in enumerate(whole_part(predicted, outcome), 1):
                keep(result)
                progress(done, count or None)
                if not put(frame, result):
                    break

    def _lift(self, outcome: Outcome) -> Beside | None:
        """Puts the outcome's people into space; what draws them there."""
        layout = self.predictor.layout
        pieces = lift_people(outcome.results, layout, self.lifter)
        if not pieces:
            outcome.faults.append("no pose was found in any frame: there is nothing to lift; "
                                  "give --boxes, or another --model")
            outcome.code = outcome.code or 1
            return None
        outcome.notes += told_gaps(pieces)
        lifted = Spool()
        for result in with_lifted(outcome.results, pieces):
            lifted.append(result)
        outcome.results = lifted
        return MotionView(motion_of(lifted, layout), azimuth=self.azimuth, turn=self.turn
                          ).beside

    def _pose_beside(self) -> Beside | None:
        """What draws the first person of a network of 3D poses."""
        return pose_beside(self.predictor.layout, self.azimuth) if self.view_3d else None

    @property
    def _draws(self) -> bool:
        return self.saves.show or "video" in self.saves.files or not self.saves.are_chosen

    def _predicted(self, source: str) -> Generator[tuple[Frame, FrameResult], None, None]:
        every, pictures = self.playback.every, ()
        if Path(source).is_dir():
            pictures = pictures_of(Path(source))
        boxes = self._boxes("track", pictures)
        if self.boxes == "annotation":      # frames go by the names of their files
            boxes = {Path(name).name: found for name, found in boxes.items()}
        frames = frames_of(source, every=every, fps=self.playback.fps)
        if self.playback.live or is_camera(source) or is_stream(source):
            if self.lifter:
                raise ValueError("lifting looks ahead and needs a whole video, no camera, "
                                 "stream or --live: record it first (--save-video)")
            found = predict_live(self.predictor, frames, boxes=boxes, every=every)
        else:
            found = predict_video(self.predictor, frames, boxes=boxes, every=every,
                                  stride=self.playback.stride)
        return smoothed(found) if self.playback.smooth else found

    def _outlet(self, stack: contextlib.ExitStack, name: str, count: int, fps: float,
                outcome: Outcome, beside: Beside | None, draws: bool
                ) -> Callable[[Frame, FrameResult], bool]:
        """What takes a frame and its result, and says whether it wants more.

        Frames are drawn and written in a thread, while the network works; but
        a window belongs to the main thread.
        """
        if not draws:
            return lambda frame, result: True
        writer, path = None, self.saves.files.get("video")
        if not self.saves.are_chosen:
            path = self.saves.out / f"{name}.mp4"
        if path is not None:
            writer = stack.enter_context(VideoWriter(path, fps))
            outcome.files.append(path)
        elif not self.saves.show:
            return lambda frame, result: True
        renderer = self._renderer((count or UNKNOWN_LENGTH) if self.timeline else 0, beside)

        def draw(item):
            frame, result = item
            drawn = renderer(frame.picture, result)
            if writer is not None:
                writer.write(drawn, frame.time)
            return drawn

        if self.saves.show:
            window = Window(name)
            return lambda frame, result: window.show(draw((frame, result)))
        behind = stack.enter_context(contextlib.closing(WriteBehind(draw, size=4)))

        def put(frame, result) -> bool:
            behind.put((frame, result))
            return True

        return put

    def _renderer(self, timeline: int, beside: Beside | None) -> Renderer:
        rows = 1
        if timeline and self.boxes not in (None, "annotation", *WAYS):
            most = max(map(len, read_boxes(self.boxes).values()), default=1)
            rows = min(max(most, 1), MOST_ROWS)
        elif timeline and self.boxes in ("detect", "scan"):
            rows = MOST_ROWS
        return Renderer(self.predictor.layout, timeline=timeline, rows=rows,
                        beside=beside, **self.drawing)

    def _boxes(self, default: str, pictures: Sequence[Path]):
        """What `Predictor` takes as boxes."""
        if self.boxes is None:
            return default
        if self.boxes == "annotation":
            return shrunk(annotated_windows(pictures))
        return self.boxes if self.boxes in WAYS else read_boxes(self.boxes)

    def _saved(self, outcome: Outcome, default: Path) -> Outcome:
        """With its files written."""
        files = dict(self.saves.files)
        if not self.saves.are_chosen:
            files["json"] = default
            if self.lifter:
                files["npz"] = default.with_suffix(".npz")
        layout = self.predictor.layout
        for kind, save in SAVERS.items():
            if kind in files:
                model = (self.predictor.network.name,) if kind == "json" else ()
                written = save(files[kind], outcome.results, layout, *model)
                outcome.files += written or [files[kind]]
        return outcome


def smoothed(predicted: Iterable) -> Iterator[tuple[Frame, FrameResult]]:
    """Frames and results with steady joints."""
    smooth = Smoother()
    with contextlib.closing(predicted):
        for frame, result in predicted:
            yield frame, smooth(result)


@contextlib.contextmanager
def until_ctrl_c(outcome: Outcome) -> Iterator[None]:
    """Ctrl-C ends the block; what came before it is kept."""
    try:
        yield
    except KeyboardInterrupt:
        outcome.faults.append("stopped; what came before is kept")
        outcome.code = STOPPED


def whole_part(predicted: Iterable, outcome: Outcome) -> Iterator:
    """All of a video, or what came before it broke off."""
    try:
        yield from predicted
    except BrokenVideo as error:
        outcome.faults.append(f"{error}; what came before is kept")
        outcome.code = 1
