"""Hours in minutes: what runs for long must not grow.

    python -m tests.soak --minutes 60 predict
    python -m tests.soak --minutes 60 train
    python -m tests.soak --minutes 60 videos

Does the same again and again, and looks at memory, open files and threads.
After a warm-up of a fifth of the time a line is laid through the memory; exit code 1
if it rises by more than --most MB a minute, or if files or threads have become more.
"""
import argparse
import contextlib
import functools
import itertools
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np

WARM_UP = 0.2           # share of the time
SAMPLES = 200           # looks at the process in all
FEWEST = 10             # looks, however short the time
SPARE = 3               # files and threads that may come and go


class Look(NamedTuple):
    """What a process has: minutes since the start, MB, open files, threads, rounds."""
    minutes: float
    memory: float
    files: int
    threads: int
    rounds: int


def look(start: float, rounds: int) -> Look:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Look((time.monotonic() - start) / 60, pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
                len(os.listdir("/proc/self/fd")), len(os.listdir("/proc/self/task")), rounds)


# === What is done, in the main thread: each calls `done` after every round ===

def predict(folder: Path, done: Callable[[], None]) -> None:
    """A stream of frames: people found and drawn, results kept on the disk."""
    from deephar.inference.predictor import Predictor
    from deephar.inference.render import Renderer
    from deephar.inference.results import Spool
    from deephar.inference.sources import Frame
    from deephar.inference.video import predict_video
    from deephar.networks.load import load_network
    predictor = Predictor(load_network("random", key="penn_spnet", tiny=True))
    pictures = np.random.default_rng(0).integers(0, 256, (16, 120, 160, 3), np.uint8)
    frames = (Frame(i, i / 25, pictures[i % 16], "stream") for i in itertools.count())
    renderer, results = Renderer(predictor.layout, timeline=300), Spool()
    for frame, result in predict_video(predictor, frames):
        renderer(frame.picture, result)
        results.append(result)
        done()


def train(folder: Path, done: Callable[[], None]) -> None:
    """Epochs with scores, states and weights that are kept."""
    import tensorflow as tf

    from deephar.training.run import RunConfig, start_run
    from deephar.training.schedule import Constant
    from deephar.training.stages import Stage, train_scored
    from tests.training.toys import toy_models, toy_tasks

    def score(model) -> dict:
        done()
        return {"score": 1.0}

    models = toy_models()
    cfg = RunConfig(logdir=str(folder), save_minutes=0.05)
    stages = [Stage("both", 1_000_000, 25, lambda: toy_tasks(*models[1:]), Constant(1e-3))]
    train_scored(cfg, models[0], stages, start_run(cfg), tf.distribute.get_strategy(),
                 {"toy": score}, "toy/score")


def videos(folder: Path, done: Callable[[], None]) -> None:
    """Videos that are opened, read for a while and abandoned."""
    from deephar.data.video import read_frames, to_array, video_info
    from deephar.inference.sources import frames_of
    from tests.fakes.owners import write_video
    rng = np.random.default_rng(0)
    path = folder / "video.mp4"
    write_video(path, 60, (320, 240))
    while True:
        video_info(path)
        for open_frames in (frames_of, lambda path: read_frames(path)):
            frames = open_frames(str(path))
            for item in itertools.islice(frames, int(rng.integers(1, 30))):
                if isinstance(item, tuple):
                    to_array(item[1])
            del frames
        done()


JOBS = {"predict": predict, "train": train, "videos": videos}


class TimeIsOver(BaseException):
    """Ends a job, which would go on for ever."""


def soak(job: Callable[[Callable[[], None]], None], seconds: float,
         tell: Callable[[Look], None]) -> list[Look]:
    """Looks at this process while it does rounds of a job for so long."""
    looks: list[Look] = []
    start, rounds = None, -1

    def done() -> None:
        nonlocal start, rounds
        rounds += 1
        if start is None:               # the first round makes what is needed once
            start = time.monotonic()
            return
        now = time.monotonic() - start
        if now >= len(looks) * seconds / SAMPLES:
            looks.append(look(start, rounds))
            tell(looks[-1])
        if now >= seconds and len(looks) >= FEWEST:
            raise TimeIsOver

    with contextlib.suppress(TimeIsOver):
        job(done)
        raise RuntimeError("the job came to an end")
    return looks


def verdict(looks: list[Look], most: float) -> tuple[str, bool]:
    """(a sentence, whether all is well)."""
    warm = [a for a in looks if a.minutes >= WARM_UP * looks[-1].minutes]
    minutes, memory = (np.array([getattr(a, name) for a in warm])
                       for name in ("minutes", "memory"))
    apart = minutes - minutes.mean()
    slope = float(apart @ (memory - memory.mean()) / max(apart @ apart, 1e-6))
    files, threads = (_growth([getattr(a, name) for a in warm]) for name in ("files", "threads"))
    text = (f"{looks[-1].minutes:.1f} minutes, {looks[-1].rounds} rounds: memory "
            f"{warm[0].memory:.0f} to {warm[-1].memory:.0f} MB, {slope:+.2f} MB a minute; "
            f"files {files:+d}, threads {threads:+d}")
    return text, slope <= most and files <= SPARE and threads <= SPARE


def _growth(values: list[int]) -> int:
    """How many more there are in the last quarter than in the first."""
    quarter = max(1, len(values) // 4)
    return round(float(np.median(values[-quarter:]) - np.median(values[:quarter])))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("job", choices=list(JOBS))
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--most", type=float, default=1.0, help="MB a minute")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        job = functools.partial(JOBS[args.job], Path(folder))
        looks = soak(job, 60 * args.minutes, lambda a: print(
            f"{a.minutes:7.2f} min  {a.memory:7.1f} MB  {a.files} files  {a.threads} threads  "
            f"{a.rounds} rounds", flush=True))
        text, good = verdict(looks, args.most)
    print(f"{args.job}: {text}: {'good' if good else 'IT GROWS'}", flush=True)
    os._exit(int(not good))             # what runs in threads has no end


if __name__ == "__main__":
    sys.exit(main())
