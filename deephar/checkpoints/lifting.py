"""Weights of the lifting networks: our runs' folders, and converted PyTorch files.

A folder holds `lifter.json`, what the network is, and `*.weights.h5`.
"""
from pathlib import Path
from typing import Any, Mapping

import keras
import numpy as np

from deephar.models import linear, temporal
from deephar.utils.checksums import add_checksums, check_hdf5
from deephar.utils.files import atomic_path, read_json, write_json

SETTINGS = "lifter.json"
TEMPORAL_WEIGHTS = "last.weights.h5"


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
        raise FileNotFoundError(f"{folder} has no {SETTINGS}: not a lifting run's folder")
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
        with np.load(path) as file:
            temporal.load_torch_state(model, dict(file))
        return model, arguments, path
    arguments = read_settings(path)["temporal"]
    model = temporal.build(**arguments)
    check_hdf5(path / TEMPORAL_WEIGHTS)
    model.load_weights(path / TEMPORAL_WEIGHTS)
    return model, arguments, path / TEMPORAL_WEIGHTS


def load_linear(folder: Path | str, name: str) -> keras.Model:
    """One of the linear-residual networks of a label-generator run, by name."""
    settings = read_settings(folder)["networks"]
    if name not in settings:
        raise KeyError(f"{folder} has no network {name!r}; it has {', '.join(settings)}")
    model = linear.build(**settings[name], name=name)
    check_hdf5(Path(folder) / f"{name}.weights.h5")
    model.load_weights(Path(folder) / f"{name}.weights.h5")
    return model
