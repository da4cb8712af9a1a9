"""What is killed: jobs that write files, as a user would start them.

A job is called with two folders, of what it reads and of what it writes, and
called again after a fault until it is through.  What it has written is
compared file by file with that of a run that nobody disturbed.
"""
import contextlib
import csv
import functools
import io
import json
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy as np

from tests.fakes import owners


@dataclass(frozen=True)
class Job:
    """A job that may be disturbed.

    Args:
        run: (what is read, what is written) -> exit code; again: it goes on.
        inputs: writes what is read.
        before: like `run`; what the folder holds from an earlier time.
        locks: two at a time are not allowed.
    """
    run: Callable[[Path, Path], int | None]
    inputs: Callable[[Path], Any] = lambda folder: None
    before: Callable[[Path, Path], int | None] = lambda inputs, out: None
    locks: bool = True


# === Training ===

def _training(channels: int, steps: int, **flags):
    def run(inputs: Path, out: Path) -> None:
        import keras
        import tensorflow as tf

        from deephar.training.run import RunConfig, start_run, was_begun
        from deephar.training.schedule import Steps
        from deephar.training.stages import Stage, train_scored
        from tests.training.toys import toy_tasks
        cfg = RunConfig(logdir=str(out), deterministic=True, resume=was_begun(out),
                        workers=1, **flags)
        run = start_run(cfg)
        models = _models(channels)

        def tasks(count: int):
            return lambda: toy_tasks(*models[1:])[-count:]

        def score(model) -> dict:
            batch = np.random.default_rng(1).normal(size=(8, 8, 8, 3)).astype("f4")
            return {"size": float(np.abs(keras.ops.convert_to_numpy(model(batch)[0])).mean())}

        rates = Steps(1e-5, 0.1, (2,))
        train_scored(cfg, models[0], [Stage("action", 1, steps, tasks(1), rates),
                                      Stage("both", 2, steps, tasks(2), rates)],
                     run, tf.distribute.get_strategy(), {"toy": score}, "toy/size")
    return run


def _models(channels: int) -> list:
    """As of `toy_models`, wider."""
    import keras
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(channels, 3, name="conv")(image)
    x = keras.layers.BatchNormalization(name="bn")(x)
    x = keras.layers.Flatten(name="flat")(keras.layers.ReLU(name="relu")(x))
    x = keras.layers.Dense(channels, name="wide")(x)
    a, b = keras.layers.Dense(2, name="pose")(x), keras.layers.Dense(3, name="action")(x)
    return [keras.Model(image, [a, b]), keras.Model(image, a, name="pose_model"),
            keras.Model(image, b, name="action_model")]


# === Evaluation ===

def _synthetic(inputs: Path) -> None:
    from deephar.data.locate import locate
    with contextlib.chdir(inputs):
        locate("synthetic", "mpii", "tiny")


def _evaluation(inputs: Path, out: Path) -> int:
    from deephar.evaluation import loop
    from deephar.evaluation.report import read_report
    from tests.exp.conftest import load_script
    loop.SAVE_EVERY_S = 0               # else a minute
    report, resume = out / "report.json", False
    if report.exists():
        resume = read_report(report)["status"] != "complete" or any(out.glob("rows-*"))
        if not resume:
            return 0
    script = load_script("mpii/eval_mpii_singleperson.py")
    with contextlib.chdir(inputs):
        return script.main(script.Config(str(out), data="synthetic", tiny=True, plots=False,
                                         batch_size=1, resume=resume))


# === Data ===

def _command(*words: str) -> int:
    from deephar.cli import main
    return main([str(word) for word in words])


def _preparation(name: str):
    def run(inputs: Path, out: Path) -> int:
        return _command("dataset", "prepare", name, inputs, out)
    return run


def _synthesis(name: str):
    def run(inputs: Path, out: Path) -> int:
        return _command("dataset", "synthesize", name, out, "--size", "tiny")
    return run


@functools.cache
def _server():
    """A server of 40 MB, and their checksum; it lives as long as the process."""
    import hashlib

    from tests.fakes.server import Server
    server = Server()
    server.content = np.random.default_rng(0).bytes(40 << 20)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, hashlib.md5(server.content).hexdigest()


def _download(inputs: Path, out: Path) -> None:
    from deephar.checkpoints.download import fetch
    server, md5 = _server()
    fetch(server.url(), out / "file.bin", md5)


# === Networks in use ===

def _photo_and_video(inputs: Path) -> None:
    from deephar.checkpoints.description import write_description
    from deephar.checkpoints.lifting import save_weights
    from deephar.networks.tiny import TINY
    owners.write_video(inputs / "video.mp4", 60)
    description = TINY["mpii_reception2d"]
    write_description(inputs / "network", description)
    save_weights(description.build(), inputs / "network" / "last.weights.h5")


def _export(format: str):
    def run(inputs: Path, out: Path) -> int:
        suffix = {"onnx": "onnx", "litert": "tflite", "openvino": "xml"}[format]
        return _command("export", format, "--model", inputs / "network",
                        "--out", out / f"network.{suffix}")
    return run


def _videos(every: int):
    def run(inputs: Path, out: Path) -> int:
        return _command("predict", inputs / "video.mp4", "--model", inputs / "network",
                        "--boxes", "whole", "--every", every, "--out", out)
    return run


JOBS = {
    "training": Job(_training(4, 12, save_minutes=0.002)),
    "checkpoints": Job(_training(500, 4, save_minutes=0)),
    "evaluation": Job(_evaluation, _synthetic),
    "prepare mpii": Job(_preparation("mpii"), owners.write_mpii),
    "prepare h36m": Job(_preparation("h36m"), owners.write_human36m),
    "prepare pennaction": Job(_preparation("pennaction"), owners.write_pennaction),
    "prepare ntu": Job(_preparation("ntu"), owners.write_ntu),
    "synthesize mpii": Job(_synthesis("mpii")),
    "synthesize h36m": Job(_synthesis("h36m")),
    "download": Job(_download),
    "export": Job(_export("onnx"), _photo_and_video, locks=False),
    "videos": Job(_videos(1), _photo_and_video, before=_videos(7), locks=False),
}


# === What a file holds ===

# What two runs of the same job need not have in common.
NOT_COMPARED = ("log.txt", "tensorboard", ".lock")
TIMES = {"started", "duration_s", "timing", "command", "resume", "logdir", "output",
         "checksum", "images_per_s", "data_wait"}


def contents(folder: Path) -> dict[str, Any]:
    """{name: what is in the file} of all files under their final names.

    Raises:
        Exception: a file is not whole.
    """
    return {str(path.relative_to(folder)): content(path) for path in sorted(folder.rglob("*"))
            if path.is_file() and not is_hidden(path.relative_to(folder))
            and not set(NOT_COMPARED) & set(path.relative_to(folder).parts)}


def is_hidden(path: Path) -> bool:
    """Whether a file is not, or not yet, under its final name."""
    return path.suffix == ".part" or any(part.startswith(".") for part in path.parts)


def leftovers(folder: Path) -> list[str]:
    """Files that should be gone when all is over."""
    return [str(path.relative_to(folder)) for path in folder.rglob("*")
            if path.is_file() and is_hidden(path.relative_to(folder))]


def content(path: Path) -> Any:
    """What a file holds, read to its end."""
    return READERS.get(path.suffix, Path.read_bytes)(path)


def _json(path: Path) -> Any:
    from deephar.utils.files import read_json
    return _without_times(read_json(path))


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_times(v) for k, v in value.items() if k not in TIMES}
    return [_without_times(v) for v in value] if isinstance(value, list) else value


def _npz(path: Path) -> dict:
    arrays = {}
    with np.load(path) as file:
        for name in file.files:
            array = file[name]
            arrays[name] = _plain(array) if name != "state" else _history(array)
    arrays.pop("checksums", None)           # of times too
    return arrays


def _history(counters: np.ndarray) -> Any:
    return _without_times(json.loads(counters.tobytes()))


def _plain(array: np.ndarray) -> tuple:
    return array.dtype.str, array.shape, array.tobytes()


def _h5(path: Path) -> dict:
    import h5py
    arrays = {}
    with h5py.File(path) as file:
        file.visititems(lambda name, item: arrays.update({name: _plain(item[()])})
                        if isinstance(item, h5py.Dataset) and item.dtype.kind == "f" else None)
    return arrays


def _table(path: Path) -> list[dict]:
    return [{k: v for k, v in row.items() if k not in TIMES}
            for row in csv.DictReader(io.StringIO(path.read_text()))]


def _video(path: Path) -> list:
    from deephar.inference.sources import frames_of
    return [(frame.time, frame.picture.tobytes()) for frame in frames_of(str(path))]


def _picture(path: Path) -> tuple:
    from PIL import Image
    with Image.open(path) as image:
        return _plain(np.asarray(image))


def _mat(path: Path) -> bytes:
    from deephar.data.matfile import load_mat
    load_mat(path, ())
    return path.read_bytes()[128:]          # after a head with the time


def _page(path: Path) -> bool:
    text = path.read_text("utf-8")          # of times, too
    if not text.rstrip().endswith("</html>"):
        raise ValueError(f"{path} is not whole")
    return True


def _onnx(path: Path) -> bytes:
    import onnx
    onnx.checker.check_model(str(path))
    return path.read_bytes()


READERS = {".json": _json, ".npz": _npz, ".h5": _h5, ".csv": _table, ".mp4": _video,
           ".jpg": _picture, ".png": _picture, ".mat": _mat, ".onnx": _onnx, ".html": _page,
           ".npy": lambda path: _plain(np.load(path))}
