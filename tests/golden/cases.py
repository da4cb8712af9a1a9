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

from deephar.checkpoints.legacy import load_legacy_weights
from deephar.config import ModelConfig
from deephar.models import action, reception, spnet
from deephar.utils.pose import pa16j2d, pa17j3d
from tests.golden import legacy_weights

GOLDEN = Path(__file__).parent
SEED = 7
PICTURE = (256, 256, 3)


def build_penn_merge():
    pose = reception.build(PICTURE, 16, 2, num_blocks=4, ksize=(5, 5))
    return action.build_merge_model(pose, 15, PICTURE, 16, 16, 4)


def build_ntu_merge():
    pose = reception.build(PICTURE, 20, 3, num_blocks=4, ksize=(5, 5), depth_maps=8)
    return action.build_merge_model(pose, 60, PICTURE, 20, 20, 4, pose_dim=3,
                                    depth_maps=8, pose_net_version="v2")


PENN_SPNET = ModelConfig(
    (8, *PICTURE), pa16j2d, num_actions=[15], num_pyramids=6,
    action_pyramids=[5, 6], pose_replica=True, num_pose_features=160,
    num_visual_features=160)
NTU_SPNET = ModelConfig(
    (8, *PICTURE), pa17j3d, num_actions=[60], num_pyramids=2,
    num_pose_features=192, num_visual_features=192)
TINY_SPNET = ModelConfig(
    (4, 64, 64, 3), pa16j2d, num_actions=[15, 7], num_pyramids=2, num_levels=3,
    growth=16, pose_replica=True, num_pose_features=32, num_visual_features=48)
TRAINED_SPNET = ModelConfig(
    (4, 64, 64, 3), pa16j2d, num_actions=[5], num_pyramids=2, num_levels=3,
    growth=16, pose_replica=True, num_pose_features=32, num_visual_features=32)

BUILDERS = {
    "mpii_reception2d": partial(reception.build, PICTURE, 16, 2, num_blocks=8,
                                ksize=(5, 5), concat_pose_confidence=False),
    "h36m_reception3d": partial(reception.build, PICTURE, 17, 3, num_blocks=8,
                                ksize=(5, 5), concat_pose_confidence=False),
    "penn_merge": build_penn_merge,
    "penn_spnet": partial(spnet.build, PENN_SPNET),
    "ntu_spnet": partial(spnet.build, NTU_SPNET),
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
    """Worst difference of every output, relative above 1."""
    assert [a.shape for a in actual] == [w.shape for w in wanted]
    return [float(np.max(np.abs(a - w) / np.maximum(1, np.abs(w))))
            for a, w in zip(actual, wanted)]


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
