"""A collection of videos on Ray: an actor per device, a JSON file per video.

Every machine sees videos, network and output folder under the same paths.  A
video's file is written whole or not at all, so that what is there is done.  A
video that fails, or whose actor dies, is tried once more on another actor.
"""
import csv
import os
import shutil
import socket
import time
from collections import deque
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

import tensorflow as tf

from deephar import __version__
from deephar.data.video import SUFFIXES
from deephar.inference.job import Job, Playback, Saves
from deephar.inference.predictor import Predictor
from deephar.networks.load import load_network
from deephar.utils.files import atomic_path, natural_order
from deephar.utils.reading import read_text

ATTEMPTS = 2
MOST_DEATHS = 20            # of actors one after the other, without a video done


@dataclass(frozen=True)
class Setup:
    """What an actor needs to begin.

    Args:
        out: folder of the results.
        network: arguments of `load_network`.
        predictor: options of `Predictor`.
        playback, boxes: as of `Job`.
        threads: processor cores of an actor; 0: all of its machine.
    """
    out: Path
    network: Mapping[str, Any]
    predictor: Mapping[str, Any] = field(default_factory=dict)
    playback: Playback = Playback()
    boxes: str | None = None
    threads: int = 0


@dataclass(frozen=True)
class Row:
    """What became of a video: 'done', 'there' (from an earlier call) or 'failed'."""
    video: str
    state: str
    frames: int = 0
    poses: int = 0
    seconds: float = 0.0
    attempts: int = 0
    process: int = 0
    reason: str = ""


class Worker:
    """Predicts one video after the other; an actor."""

    def __init__(self, setup: Setup):
        self.setup = setup
        if setup.threads:       # two that think they have all cores wait for each other
            tf.config.threading.set_intra_op_parallelism_threads(setup.threads)
        self.predictor = Predictor(load_network(**setup.network), **setup.predictor)

    def hello(self) -> tuple[str, int]:
        """(version of the package, number of the process)."""
        return __version__, os.getpid()

    def predict(self, video: str, name: str) -> Row:
        """Write the file of one video.

        Raises:
            ValueError: the video breaks off; nothing is written.
        """
        begin = time.perf_counter()
        with atomic_path(self.setup.out / name) as part:
            job = Job(self.predictor, Saves(part.parent, {"json": part}),
                      self.setup.playback, self.setup.boxes)
            outcome, = job.run([], [video])
            if outcome.faults:
                raise ValueError("; ".join(outcome.faults).removesuffix(
                    "; what came before is kept"))
            people = [len(result.people) for result in outcome.results]
        return Row(video, "done", len(people), sum(people), time.perf_counter() - begin,
                   process=os.getpid())


def collection(inputs: Sequence[str]) -> dict[str, str]:
    """{name of the result: video} of folders, lists (.txt) and videos.

    Results lie as the videos do, so that a longer list changes no name.

    Raises:
        FileNotFoundError: there is no such input, or no video in it.
        ValueError: an input is no video, or two videos have one result.
    """
    found: dict[str, str] = {}
    for text in inputs:
        path = Path(text)
        if path.is_dir():
            videos = sorted((p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES),
                            key=lambda p: [natural_order(part) for part in p.parts])
            pairs = [(video.relative_to(path), video) for video in videos]
        elif path.suffix == ".txt":
            lines = filter(None, map(str.strip, read_text(path).splitlines()))
            pairs = [(_below_root(line), line) for line in lines]
        elif path.suffix.lower() in SUFFIXES:
            pairs = [(_below_root(text), text)]
        else:
            raise ValueError(f"--cluster takes videos, folders of videos and lists of them "
                             f"(.txt), got {text}")
        if not pairs:
            raise FileNotFoundError(f"{text}: no videos there ({', '.join(SUFFIXES)})")
        for name, video in pairs:
            name = f"{name}.json"
            video = str(Path(video).absolute())
            if found.setdefault(name, video) != video:
                raise ValueError(f"{found[name]} and {video} would both be {name}: give "
                                 "the folder that holds both")
    return found


def _below_root(text: str) -> Path:
    path = Path(os.path.normpath(text))
    if path.parts[:1] == ("..",):
        path = path.absolute().resolve()
    return path.relative_to(path.anchor)


def predict_collection(address: str, setup: Setup, videos: Mapping[str, str], *,
                       actors: int = 0) -> Iterator[Row]:
    """What becomes of every video, as they get done.

    Args:
        address: 'auto' (a Ray that runs on this machine, else a new one) or
            'ray://HOST:PORT'.
        videos: of `collection`; those whose file is there are left alone.
        actors: how many; 0: one for each GPU, or one.

    Raises:
        ImportError, RuntimeError: no Ray, none there, another version, or its
            machines lack the package.
    """
    todo = {}
    for name, video in videos.items():
        if (setup.out / name).exists():
            yield Row(video, "there")
        else:
            todo[name] = video
    if not todo:
        return
    ray = _connected(address)
    try:
        yield from _Crew(ray, setup, actors).work(todo)
    finally:
        ray.shutdown()


class _Crew:
    """Actors, and what each of them is doing."""

    def __init__(self, ray: Any, setup: Setup, actors: int):
        found = ray.cluster_resources()
        gpus = int(found.get("GPU", 0))
        self.ray, self.count = ray, actors or max(gpus, 1)
        cores = max(int(found.get("CPU", 1)) // self.count, 1)
        self.setup = ray.put(replace(setup, threads=0 if gpus else cores))
        self.remote = ray.remote(num_cpus=1, num_gpus=1 if gpus else 0,
                                 scheduling_strategy="SPREAD")(Worker)
        self.busy: dict[Any, tuple] = {}        # reference: (actor, job); no job: hello
        self.idle: list = []
        self.deaths = 0

    def work(self, todo: Mapping[str, str]) -> Iterator[Row]:
        self.queue = deque((name, video, []) for name, video in todo.items())
        for _ in range(min(self.count, len(todo))):
            self._hire()
        while self.busy:
            (reference,), _ = self.ray.wait(list(self.busy), num_returns=1)
            actor, job = self.busy.pop(reference)
            row = self._outcome(reference, actor, job)
            if row:
                yield row

    def _outcome(self, reference: Any, actor: Any, job: tuple | None) -> Row | None:
        """The row of a video that is over, if one is; the actor has its next one."""
        try:
            result = self.ray.get(reference)
        except self.ray.exceptions.RayActorError as error:
            if job is None:
                raise RuntimeError(_cannot_begin(error)) from error
            self.deaths += 1
            if self.deaths > MOST_DEATHS:
                raise RuntimeError(f"{self.deaths} actors died one after the other; the "
                                   f"last one at {job[1]}: {_line(error)}") from error
            row = self._again(job, actor, "its process died")
            self._hire()
            return row
        except self.ray.exceptions.RayError as error:
            if job is None:
                raise RuntimeError(_cannot_begin(error)) from error
            row = self._again(job, actor, _line(getattr(error, "cause", None) or error))
            self._assign(actor)
            return row
        if job is None and result[0] != __version__:
            raise RuntimeError(f"a machine of the cluster has deephar {result[0]}, this one "
                               f"{__version__}: install the same version")
        self._assign(actor)
        if job is None:
            return None
        self.deaths = 0
        return Row(**asdict(result) | {"attempts": len(job[2]) + 1})

    def _again(self, job: tuple, actor: Any, reason: str) -> Row | None:
        name, video, tried = job
        tried = [*tried, actor]
        if len(tried) >= ATTEMPTS:
            return Row(video, "failed", attempts=len(tried), reason=reason)
        self.queue.append((name, video, tried))
        return None

    def _hire(self) -> None:
        if self.queue:
            actor = self.remote.remote(self.setup)
            self.busy[actor.hello.remote()] = actor, None

    def _assign(self, actor: Any) -> None:
        """The next video; one that failed here goes to another actor, if there is one."""
        self.idle.append(actor)
        for one in list(self.idle):
            for job in self.queue:
                if one not in job[2]:
                    self._start(one, job)
                    break
        if self.queue and not self.busy:    # nobody is left who has not tried
            self._start(self.idle[0], self.queue[0])

    def _start(self, actor: Any, job: tuple) -> None:
        self.idle.remove(actor)
        self.queue.remove(job)
        self.busy[actor.predict.remote(job[1], job[0])] = actor, job


def _connected(address: str) -> Any:
    try:
        import ray
    except ImportError as error:
        raise ImportError("--cluster needs Ray: pip install 'deephar[ray]'") from error
    if address != "auto":
        url = urlsplit(address)
        if url.scheme != "ray" or not url.hostname:
            raise ValueError(f"--cluster must be auto or ray://HOST:PORT, got {address!r}")
        try:                    # its own search takes half a minute
            socket.create_connection((url.hostname, url.port or 10001), 5).close()
        except OSError as error:
            raise RuntimeError(f"no Ray answers at {address} ({error}): start it there "
                               "with `ray start --head`") from error
    try:
        ray.init(None if address == "auto" else address, log_to_driver=False,
                 logging_level="ERROR", **({} if address != "auto" else
                                           {"include_dashboard": False}))
    except (RuntimeError, ConnectionError) as error:
        if "ersion mismatch" in str(error):
            raise RuntimeError(f"the Ray at {address} and this one, {ray.__version__}, are of "
                               f"different versions, or their Pythons: {error}") from error
        raise RuntimeError(f"no Ray at {address}: {_line(error)}") from error
    return ray


def _cannot_begin(error: BaseException) -> str:
    if "No module named 'deephar" in str(error):
        return (f"a machine of the cluster has no deephar: pip install deephar=={__version__} "
                "on all of them")
    return f"an actor cannot begin: {_line(error)}"


def _line(error: BaseException) -> str:
    """The last line of an error, in which remote ones say what happened."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:300]


def write_summary(path: Path, rows: Sequence[Row]) -> None:
    """All rows as CSV."""
    with atomic_path(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, [f.name for f in fields(Row)])
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def need_parquet() -> None:
    """Raises ImportError if Ray's writer of Parquet lacks a package."""
    try:
        import pandas  # noqa: F401
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ImportError(f"--parquet needs {error.name}: pip install 'ray[data]'") from error


def write_parquet(path: Path, rows: Sequence[Row], address: str) -> None:
    """All rows as a folder of Parquet, by Ray's own writer; on `address`, as the videos."""
    need_parquet()
    ray = _connected(address)
    try:
        from ray.data import DataContext, from_items
        DataContext.get_current().enable_progress_bars = False
        part = path.with_name(f".{path.name}")
        shutil.rmtree(part, ignore_errors=True)
        from_items([asdict(row) for row in rows], override_num_blocks=1
                   ).write_parquet(str(part))
        shutil.rmtree(path, ignore_errors=True)
        part.rename(path)
    finally:
        ray.shutdown()
