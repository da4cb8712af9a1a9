"""Videos an hour on Ray's local mode, beside one process and the network alone.

    python -m tests.inference.measure_cluster FOLDER network alone one two killed
    python -m tests.inference.measure_cluster FOLDER

Each word is a measurement, which adds a line to FOLDER/measured.jsonl: `network` of a
batch in memory, `alone` of one process without Ray, `one` and `two` with so many
workers, `killed` with two of which one is killed in the middle of a video.  Without
a word: the table of all lines, by medians.

The videos are of 640x480; the network is `penn_spnet` with random weights, which looks
at whole frames: each is predicted once.  A worker's first video, in which its network
is traced, does not count for the rate, but for the seconds in all.
"""
import json
import os
import shutil
import signal
import statistics
import sys
import threading
import time
from pathlib import Path
from typing import Iterator

import numpy as np
from PIL import Image

from deephar.inference.cluster import Row, Setup, Worker, collection, predict_collection
from deephar.inference.writer import VideoWriter

VIDEOS, FRAMES, SIZE = 16, 96, (640, 480)
WORKERS = {"alone": 1, "one": 1, "two": 2, "killed": 2}
RUNS = 30               # of the network alone
NETWORK = {"source": "random", "key": "penn_spnet"}


def write_videos(folder: Path) -> dict[str, str]:
    """The same film under many names."""
    first = folder / "0.mp4"
    if not first.exists():
        rng = np.random.default_rng(0)
        width, height = SIZE
        cells = rng.integers(0, 256, (height // 32, width // 32, 3), np.uint8)
        picture = np.asarray(Image.fromarray(cells).resize(SIZE, Image.Resampling.BICUBIC))
        writer = VideoWriter(first)
        for t in range(FRAMES):
            writer.write(np.roll(picture, 4 * t, axis=1))
        writer.close()
    for number in range(1, VIDEOS):
        shutil.copyfile(first, folder / f"{number}.mp4")
    return collection([str(folder)])


def own_rate(setup: Setup, video: str) -> float:
    """Frames a second of the network on a batch of a video that is in memory."""
    worker = Worker(setup)
    run, seen, times = worker.predictor._run_clips, [], []
    worker.predictor._run_clips = lambda x: (seen.append(x), run(x))[1]
    worker.predict(video, "network.json")
    for _ in range(RUNS):
        begin = time.perf_counter()
        run(seen[0])
        times.append(time.perf_counter() - begin)
    return len(seen[0]) * seen[0].shape[1] / statistics.median(times)


def without_ray(setup: Setup, videos: dict[str, str]) -> Iterator[Row]:
    worker = Worker(setup)
    for name, video in videos.items():
        yield worker.predict(video, name)


def measure(way: str, folder: Path) -> dict:
    """One line: how long, how fast, and whether all is there once."""
    (folder / "videos").mkdir(parents=True, exist_ok=True)
    videos, out = write_videos(folder / "videos"), folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    setup = Setup(out, NETWORK, {"min_confidence": 0.0}, boxes="whole")
    facts = {"way": way}
    if way == "network":
        return facts | {"rate": own_rate(setup, next(iter(videos.values()))) / FRAMES}
    begin, workers = time.perf_counter(), WORKERS[way]
    rows: list[Row] = []
    times: list[float] = []
    for row in (without_ray(setup, videos) if way == "alone" else
                predict_collection("auto", setup, videos, actors=workers)):
        if way == "killed" and len(rows) == VIDEOS // 2:
            facts["died"] = row.process
            threading.Timer(row.seconds / 2, os.kill, (row.process, signal.SIGKILL)).start()
        rows.append(row)
        times.append(time.perf_counter() - begin)
    written = [json.loads(path.read_text()) for path in out.glob("*.json")]
    return facts | {
        "seconds": times[-1], "first": times[0], "video": statistics.median(
            row.seconds for row in rows),
        "rate": (VIDEOS - workers) / (times[-1] - times[workers - 1]),
        "lost": VIDEOS - sum(len(content["frames"]) == FRAMES for content in written),
        "double": len(rows) - len({row.video for row in rows}),
        "again": sum(row.attempts > 1 for row in rows)}


def table(lines: list[dict]) -> str:
    """Medians of all that was measured, in Markdown; what became of the videos."""
    ways = list(dict.fromkeys(line["way"] for line in lines))
    rate, seconds = ({way: statistics.median(line.get(key, 0) for line in lines
                                             if line["way"] == way) for way in ways}
                     for key in ("rate", "seconds"))
    text = ["| | videos an hour | frames/s | share of the network's | seconds in all |",
            "|---|---|---|---|---|"]
    text += [f"| {way} | {3600 * rate[way]:.0f} | {FRAMES * rate[way]:.1f} | "
             f"{rate[way] / rate.get('network', float('nan')):.0%} | {seconds[way]:.1f} |"
             for way in ways]
    text += [f"{line['way']}: {line['seconds']:.1f} s, the first video after "
             f"{line['first']:.1f}, a video in {line['video']:.1f}; lost {line['lost']}, double "
             f"{line['double']}, done again {line['again']}" for line in lines
             if "lost" in line]
    return "\n".join(text)


if __name__ == "__main__":
    folder = Path(sys.argv[1]).absolute()
    log = folder / "measured.jsonl"
    for word in sys.argv[2:]:
        found = measure(word, folder)
        with open(log, "a") as file:
            file.write(json.dumps(found) + "\n")
    print(table([json.loads(line) for line in log.read_text().splitlines()]))
