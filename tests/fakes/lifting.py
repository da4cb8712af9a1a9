"""Reference numbers of the lifting systems, and the rule that fills weights."""
import math
from pathlib import Path
from zlib import crc32

import numpy as np

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
