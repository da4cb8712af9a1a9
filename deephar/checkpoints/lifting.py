"""Weights of the lifting networks: our runs' folders, and converted PyTorch files.

A folder holds `lifter.json`, what the network is, and `*.weights.h5`.
"""
from pathlib import Path
from typing import Any, Mapping

import keras
import numpy as np

from deephar.checkpoints.description import check_sizes
from deephar.models import linear, temporal
from deephar.utils.checksums import add_checksums, check_hdf5
from deephar.utils.files import atomic_path, read_json, write_json
from deephar.utils.reading import read_npz, reading

SETTINGS = "lifter.json"
TEMPORAL_WEIGHTS = "last.weights.h5"
TRAJECTORY_WEIGHTS = "trajectory.weights.h5"
HOW_TO_TRAIN = "train one with `deephar quickstart --lift` (minutes), or see docs/lifting.md"


def write_settings(folder: Path | str, settings: Mapping[str, Any]) -> None:
    """Say what the networks in `folder` are."""
    write_json(Path(folder) / SETTINGS, dict(settings))


def read_settings(folder: Path | str) -> dict[str, Any]:
    """What `write_settings` wrote.

    Raises:
        FileNotFoundError: the folder is not that of a lifting run.
    """
    path = Path(folder) / SETTINGS
    if not path.exists():
        raise FileNotFoundError(f"{folder} has no {SETTINGS}: not a lifting run's folder; "
                                f"{HOW_TO_TRAIN}")
    return read_json(path)


def save_weights(model: keras.Model, path: Path | str) -> None:
    """Write weights, whole or not at all."""
    with atomic_path(path) as temporary:
        model.save_weights(temporary)
        add_checksums(temporary)


def load_temporal(path: Path | str, **arguments) -> tuple[keras.Model, dict, Path]:
    """A trained temporal lifter in its dilated form.

    Args:
        path: the folder of a run, or an npz with the arrays of `model_pos` of a
            PyTorch checkpoint, converted by its owner (docs/lifting.md).
        arguments: of `temporal.build`, for npz files; a folder knows its own.

    Returns:
        the model, the arguments that it was built with, the weights' file.
    """
    path = Path(path)
    if path.suffix == ".npz":
        model = temporal.build(**arguments)
        arrays = read_npz(path)
        with reading(path):
            if not all(a.dtype.kind in "fi" and np.isfinite(a).all() for a in arrays.values()):
                raise ValueError("its weights must be finite numbers")
            temporal.load_torch_state(model, arrays)
        return model, arguments, path
    settings = read_settings(path)
    if "temporal" not in settings and "networks" in settings:
        raise ValueError(f"{path} holds a label generator, which `deephar label3d` takes, "
                         f"and no temporal lifter; {HOW_TO_TRAIN}")
    with reading(path / SETTINGS):
        arguments = settings["temporal"]
    return _built(path, "temporal", TEMPORAL_WEIGHTS), arguments, path / TEMPORAL_WEIGHTS


def load_trajectory(folder: Path | str) -> keras.Model | None:
    """The network of the root's place in a lifting run's folder; None: it learned none."""
    if "trajectory" not in read_settings(folder):
        return None
    return _built(Path(folder), "trajectory", TRAJECTORY_WEIGHTS)


def _built(folder: Path, name: str, weights: str) -> keras.Model:
    """A temporal network of a folder in its dilated form, with its weights."""
    with reading(folder / SETTINGS):
        arguments = read_settings(folder)[name]
        check_sizes(arguments)
        model = temporal.build(**arguments, name=name)
    _load(model, folder / weights)
    return model


def load_linear(folder: Path | str, name: str) -> keras.Model:
    """One of the linear-residual networks of a label-generator run, by name."""
    path = Path(folder) / SETTINGS
    settings = read_settings(folder)
    with reading(path):
        networks = settings["networks"]
        if name not in networks:
            raise ValueError(f"{path} has no network {name!r}; it has {', '.join(networks)}")
        check_sizes(networks[name])
        model = linear.build(**networks[name], name=name)
    _load(model, Path(folder) / f"{name}.weights.h5")
    return model


def _load(model: keras.Model, path: Path) -> None:
    check_hdf5(path)
    with reading(path):
        model.load_weights(path)
