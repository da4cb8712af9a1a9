"""What the page of `deephar demo` does: a picture or a video in, people out.

The page itself is `deephar.inference.demo_page`; nothing here knows Gradio.
"""
import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Callable, Iterable, Iterator, Sequence

import numpy as np

from deephar.checkpoints.description import FILE_NAME
from deephar.checkpoints.table import CHECKPOINTS
from deephar.data.pictures import picture_size
from deephar.data.video import open_video, read_frames
from deephar.inference.job import Job, Outcome, Playback, Progress, Saves
from deephar.inference.predictor import Predictor
from deephar.inference.results import FrameResult, Person
from deephar.networks.load import QUICKSTART, load_network, meaning_file
from deephar.networks.runtime import READERS

DEEPEST = 3                 # folders below one where runs are looked for
# How files of videos begin: (place, bytes).  FFmpeg reads lists of other files too, and
# nobody's upload may make it open what lies on this machine.
CONTAINERS = ((4, b"ftyp"), (4, b"moov"), (4, b"mdat"), (0, b"\x1aE\xdf\xa3"), (0, b"RIFF"),
              (0, b"\x00\x00\x01\xba"), (0, b"G"), (0, b"FLV"))
NO_LIST = b"GIF8"           # begins like a transport stream


@dataclass(frozen=True)
class Limits:
    """What the page takes.

    Args:
        seconds: of a video.
        megabytes: of a file.
        megapixels: of a picture, or of a frame.
    """
    seconds: float = 30.0
    megabytes: int = 50
    megapixels: float = 25.0


@dataclass(frozen=True)
class Found:
    """What was found in a picture or a video.

    Args:
        drawn: file with the drawn people.
        json: file of all results.
        rows: cells of a table about them, see PEOPLE and TIMES.
    """
    drawn: Path
    json: Path
    rows: list[list]


PEOPLE = ("person", "mean confidence", "weakest joint", "action")
TIMES = ("person", "from (s)", "to (s)", "action", "mean probability", "mean confidence")


# === The networks ===

def networks_here(runs: Path, weights: Path, first: str = "") -> dict[str, str]:
    """{what to call it: what `load_network` takes} of all networks on this machine.

    Args:
        runs: folder of training runs and exported files.
        weights: folder of the published files.
        first: a name, folder or file that comes first.
    """
    found = {first: first} if first and first != "quickstart" else {}
    if any((folder / FILE_NAME).exists() for folder in QUICKSTART):
        found["quickstart: synthetic people"] = "quickstart"
    for key, entry in CHECKPOINTS.items():
        if (weights / entry.file).exists():
            found[f"published: {key}, {entry.title}"] = key
    for folder in _folders(runs, DEEPEST):
        if (folder / FILE_NAME).exists() and list(folder.glob("*.weights.h5")):
            if folder not in QUICKSTART:
                found[f"run: {folder}"] = str(folder)
        for path in sorted(folder.iterdir()):
            if path.suffix in READERS and meaning_file(path).exists():
                found[f"exported: {path}"] = str(path)
    return found


def _folders(root: Path, depth: int) -> Iterator[Path]:
    """A folder and those below it, in order, without hidden ones."""
    if not root.is_dir():
        return
    yield root
    if depth:
        for path in sorted(root.iterdir()):
            if path.is_dir() and not path.is_symlink() and path.name[0] != ".":
                yield from _folders(path, depth - 1)


# === Pictures and videos ===

class Demo:
    """Finds people in what the page is given.

    Args:
        networks: as of `networks_here`; only these are loaded.
        weights: folder of the published files.
        limits: what is refused.
    """

    def __init__(self, networks: dict[str, str], weights: Path, limits: Limits = Limits()):
        if not networks:
            raise FileNotFoundError(
                "there is no network on this machine yet: `deephar quickstart` trains a small "
                "one, `deephar download NAME` gets a published one")
        self.networks, self.limits = networks, limits
        self._folder = tempfile.TemporaryDirectory(prefix="deephar-demo-")
        self._last = Path(self._folder.name) / "last"
        self._load = lru_cache(maxsize=2)(
            lambda name: Predictor(load_network(networks[name], weights=weights)))

    def close(self) -> None:
        """Remove what was written."""
        self._folder.cleanup()

    def picture(self, name: str, path: str | None, azimuth: float = 35.0) -> Found:
        """The people of a picture.

        Raises:
            ValueError: why there are none, in words.
        """
        path = self._given(path, "a picture")
        self._check_size(*picture_size(path))
        outcome, predictor = self._run(name, azimuth, [path], [])
        result, = outcome.results
        drawn, json = (next(self._last.glob(pattern)) for pattern in ("*.png", "*.json"))
        return Found(drawn, json, [_row(predictor, person) for person in result.people])

    def video(self, name: str, path: str | None, azimuth: float = 35.0,
              progress: Progress | None = None) -> Found:
        """The people of a video, with what they do when."""
        path = self._given(path, "a video")
        self._check_video(path)
        outcome, _ = self._run(name, azimuth, [], [str(path)], progress)
        if not len(outcome.results):
            raise ValueError("the video holds no picture that could be read")
        drawn, json = (next(self._last.glob(pattern)) for pattern in ("*.mp4", "*.json"))
        return Found(drawn, json, times_of(outcome.results))

    def _run(self, name: str, azimuth: float, pictures: Sequence[Path],
             videos: Sequence[str], progress: Progress | None = None
             ) -> tuple[Outcome, Predictor]:
        if name not in self.networks:
            raise ValueError(f"choose a network of the list, got {name!r}")
        predictor = self._load(name)
        is_3d = predictor.layout is not None and predictor.layout.dim == 3
        shutil.rmtree(self._last, ignore_errors=True)       # the page has its copy of it
        job = Job(predictor, Saves(self._last), Playback(smooth=True),
                  boxes=None if videos else "scan",     # a detector would be downloaded
                  drawing={"max_side": 960}, timeline=bool(predictor.network.actions),
                  view_3d=is_3d, azimuth=azimuth, progress=lambda label, unit: (
                      progress or (lambda done, total: None)))
        outcome, = job.run(pictures, videos)
        if outcome.faults:
            raise ValueError("; ".join(outcome.faults))
        return outcome, predictor

    def _given(self, path: str | None, what: str) -> Path:
        if not path:
            raise ValueError(f"choose {what} first")
        file = Path(path)
        if file.stat().st_size > self.limits.megabytes << 20:
            raise ValueError(f"the file has {file.stat().st_size >> 20} MB, at most "
                             f"{self.limits.megabytes} are taken here")
        return file

    def _check_size(self, width: int, height: int) -> None:
        if width * height > 1e6 * self.limits.megapixels:
            raise ValueError(f"{width} x {height} are too many pixels, at most "
                             f"{self.limits.megapixels:g} million are taken here")

    def _check_video(self, path: Path) -> None:
        """Refuse what is no video, and one that is too long or too large."""
        with open(path, "rb") as file:
            head = file.read(16)
        if head.startswith(NO_LIST) or not any(
                head[place:].startswith(magic) for place, magic in CONTAINERS):
            raise ValueError("this is no video of a known kind: MP4, MOV, MKV, WebM, AVI, "
                             "MPEG or FLV")
        with open_video(path) as container:
            stream = container.streams.video[0]
            self._check_size(stream.width, stream.height)
        for seconds, _ in read_frames(path):     # what its head says may be anything
            if seconds > self.limits.seconds:
                raise ValueError(f"the video is longer than the {self.limits.seconds:g} "
                                 "seconds that are taken here: cut it")


# === What stands in the tables ===

def _row(predictor: Predictor, person: Person) -> list:
    best = person.best_action()
    action = f"{best[0]} {best[1]:.0%}" if best else ""
    if person.confidence is None:
        return [person.id, None, "", action]
    weakest = int(np.argmin(person.confidence))
    return [person.id, round(float(np.mean(person.confidence)), 2),
            f"{predictor.layout.joint_names[weakest]} {person.confidence[weakest]:.2f}",
            action]


def times_of(results: Iterable[FrameResult]) -> list[list]:
    """Who does what from when to when: rows of TIMES, by person and time."""
    seen: dict[int, list[tuple[float, Person]]] = {}
    for result in results:
        for person in result.people:
            seen.setdefault(person.id, []).append((result.time or 0.0, person))
    rows = []
    for number, moments in sorted(seen.items()):
        for action, group in groupby(moments, key=_action_of):
            group = list(group)
            sure = [person.best_action()[1] for _, person in group] if action else []
            confidence = [np.mean(person.confidence) for _, person in group
                          if person.confidence is not None]
            rows.append([number, round(group[0][0], 2), round(group[-1][0], 2), action,
                         *(round(float(np.mean(values)), 2) if values else None
                           for values in (sure, confidence))])
    return rows


def _action_of(moment: tuple[float, Person]) -> str:
    best = moment[1].best_action()
    return best[0] if best else ""


def in_words(function: Callable, error_class: type[Exception]) -> Callable:
    """`function`, whose expected errors are `error_class` with a sentence for people."""
    def wrapped(*arguments):
        try:
            return function(*arguments)
        except (ValueError, KeyError, OSError, RuntimeError, ImportError) as error:
            text = error.args[0] if isinstance(error, KeyError) and error.args else error
            for argument in arguments:          # a file's place here is nobody's business
                if isinstance(argument, str) and Path(argument).is_absolute():
                    text = str(text).replace(argument, Path(argument).name)
            raise error_class(str(text)) from error
    return wrapped
