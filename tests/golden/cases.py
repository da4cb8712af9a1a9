"""The golden networks: how each is built, its file, what it must answer.

`python -m tests.golden.cases NAME` prints the worst difference of each output,
on the backend that KERAS_BACKEND names.
"""
import json
import sys
import tempfile
from functools import partial
from pathlib import Path

import keras
import numpy as np

from deephar.checkpoints import CHECKPOINTS, load_legacy_weights
from deephar.config import ModelConfig
from deephar.models import reception, spnet
from deephar.utils.pose import pa16j2d
from tests.golden import legacy_weights
from tests.numbers import difference

GOLDEN = Path(__file__).parent
SEED = 7
PICTURE = (256, 256, 3)

build_ntu_merge = CHECKPOINTS["ntu_merge"].description.build

TINY_SPNET = ModelConfig(
    (4, 64, 64, 3), pa16j2d, num_actions=[15, 7], num_pyramids=2, num_levels=3,
    growth=16, pose_replica=True, num_pose_features=32, num_visual_features=48)
TRAINED_SPNET = ModelConfig(
    (4, 64, 64, 3), pa16j2d, num_actions=[5], num_pyramids=2, num_levels=3,
    growth=16, pose_replica=True, num_pose_features=32, num_visual_features=32)

BUILDERS = {
    **{name: CHECKPOINTS[name].description.build for name in (
        "mpii_reception2d", "h36m_reception3d", "penn_merge", "penn_spnet", "ntu_spnet")},
    "tiny_spnet": partial(spnet.build, TINY_SPNET),
    "reception_64px": partial(reception.build, (64, 64, 3), 16, 2, num_blocks=2),
    "spnet2d_64px": partial(spnet.build, TRAINED_SPNET),
}
INPUTS = {
    "mpii_reception2d": (2, *PICTURE),
    "h36m_reception3d": (2, *PICTURE),
    "penn_merge": (1, 16, *PICTURE),
    "penn_spnet": (1, 8, *PICTURE),
    "ntu_spnet": (1, 8, *PICTURE),
    "tiny_spnet": (2, 4, 64, 64, 3),
}


def manifest(name: str) -> dict:
    return json.loads((GOLDEN / "manifests" / f"{name}.json").read_text("utf-8"))


def write_file(name: str, folder) -> Path:
    """The published weight file of a case."""
    path = Path(folder) / f"{name}.h5"
    legacy_weights.write(manifest(name), path, SEED, GOLDEN / "stats" / f"{name}.npz")
    return path


def pictures(name: str) -> np.ndarray:
    return legacy_weights.images(INPUTS[name], SEED)


def expected(name: str) -> list[np.ndarray]:
    with np.load(GOLDEN / "forward" / f"{name}.npz") as file:
        return [file[key] for key in sorted(file.files)]


def loaded(name: str, folder) -> keras.Model:
    model = BUILDERS[name]()
    load_legacy_weights(model, write_file(name, folder))
    return model


def answers(model: keras.Model, x) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(y) for y in model(x, training=False)]


def differences(actual, wanted) -> list[float]:
    """Worst difference of every output, relative to its largest value."""
    return [difference(a, w) for a, w in zip(actual, wanted, strict=True)]


def constant_count(name: str) -> int:
    """How many of the file's parameters are constants, no weights."""
    return sum(int(np.prod(shape)) for _, weights in manifest(name)["layers"]
               for _, shape, fill in weights
               if fill.startswith(("ramp", "identity", "context")))


def worst_difference(name: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        model = loaded(name, folder)
    return max(differences(answers(model, pictures(name)), expected(name)))


if __name__ == "__main__":
    print(keras.backend.backend(), sys.argv[1], worst_difference(sys.argv[1]))
