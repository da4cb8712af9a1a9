"""Reference numbers of the lifting systems, and the rule that fills weights."""
import math
from pathlib import Path
from zlib import crc32

import numpy as np

from deephar.networks.label_generator import LabelGenerator
from deephar.utils.stereo import Normaliser, project_pinhole, right_view

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "lifting"


def filled(key: str, shape: tuple, salt: str = "shared") -> np.ndarray:
    """The array that the reference networks have under `key`."""
    rng = np.random.RandomState(crc32(f"{salt}|{key}".encode()))
    shape = tuple(shape)
    kind = key.rsplit(".", 1)[-1]
    if kind == "weight" and len(shape) == 3:
        values = rng.normal(0, math.sqrt(2 / (shape[1] * shape[2])), shape)
    elif kind == "kernel":
        values = rng.normal(0, math.sqrt(2 / shape[0]), shape)
    elif kind in ("weight", "gamma"):
        values = rng.uniform(0.8, 1.2, shape)
    elif kind in ("bias", "running_mean", "beta", "moving_mean"):
        values = rng.normal(0, 0.1, shape)
    elif kind in ("running_var", "moving_variance"):
        values = rng.uniform(0.5, 1.5, shape)
    elif kind == "num_batches_tracked":
        values = np.zeros(shape)
    else:
        raise KeyError(f"no rule for {key}")
    return np.asarray(values, np.float32)


class Looks:
    """A stand-in for a network: remembers its inputs, gives what it was told."""

    def __init__(self, answer):
        self.answer, self.seen = answer, []

    def predict_on_batch(self, x):
        at = sum(map(len, self.seen)) % len(self.answer)
        self.seen.append(x)
        return self.answer[at:at + len(x)]


def label_scene():
    """Absolute poses in mm and a generator that answers with a given error."""
    rng = np.random.default_rng(0)
    poses = rng.normal(0, 250, (30, 17, 3)) + [0, 0, 5000]
    left, right = project_pinhole(poses), right_view(poses)
    numbers = [Normaliser.fit(a) for a in (left, right, poses)]
    coarse = poses + np.where(np.arange(17)[:, None] == 0, 0, rng.normal(0, 50, poses.shape))
    generator = LabelGenerator(
        Looks(numbers[1].normalise(right)), Looks(numbers[2].normalise(coarse)), *numbers)
    return poses, left, right, coarse, generator
