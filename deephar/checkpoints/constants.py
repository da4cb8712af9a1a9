"""The constants of the published files: ramps, identities, context sums.

The published code kept them as frozen weights; here they belong to layers
without weights.  A file's constants are checked against the layer, and a
ramp that differs from today's default (old files have other ones) is read.
"""
import re
from typing import Callable

import keras
import numpy as np

from deephar.layers import ContextAggregation, SoftArgmax1D, SoftArgmax2D

TOLERANCE = 1e-6
AUTOMATIC_NAME = re.compile(r"(td_)?(custom_sam|conv1d|dense|model)_\d+")


def read_constants(model: keras.Model, groups: dict, report, errors: list
                   ) -> list[tuple[keras.layers.Layer, dict]]:
    """Checks the constants of all layers and takes them out of `groups`.

    Args:
        groups: what is left of the file, name to tensors.
        report: a `LoadReport`; gains constants, missing tensors and notes.
        errors: gains a sentence per constant that is not what it must be.

    Returns:
        (layer, arguments of `set_ramps`) of the layers whose ramps were read.
    """
    ramps = []
    for layer in model.layers:
        if type(layer) not in READERS:
            continue
        expected_shapes, reader = READERS[type(layer)]
        shapes = expected_shapes(layer)
        names = _groups_of(layer.name, shapes, groups)
        if names is None:
            report.missing += [f"{layer.name} {shape}" for shape in shapes]
            errors.append(f"layer {layer.name} is missing in the file: constants "
                          f"of the shapes {shapes}")
            continue
        tensors = [(name, t) for name in names for t in groups.pop(name)]
        found = [t.shape for _, t in tensors]
        try:
            if found != shapes:
                raise ValueError(f"the file has constants of the shapes {found}, "
                                 f"the model expects {shapes}")
            values = reader(layer, *[t.value for _, t in tensors])
        except ValueError as error:
            errors.append(f"layer {layer.name}: {error}")
            report.unused += [f"{name}/{t}" for name, t in tensors]
            continue
        report.constant += [f"{name}/{t}" for name, t in tensors]
        if values:
            ramps.append((layer, values))
        for name, ramp in values.items():
            if ramp is not None:
                report.notes.append(
                    f"layer {layer.name} takes the file's {name}, {ramp[0]:.6g} to "
                    f"{ramp[-1]:.6g}, instead of the default")
    return ramps


def _groups_of(layer: str, shapes, groups) -> list[str] | None:
    """The group or groups that hold a layer's constants."""
    for name in (layer, f"td_{layer}"):
        if name in groups:
            return [name]
        if f"{name}_x" in groups and f"{name}_y" in groups:
            return [f"{name}_x", f"{name}_y"]
    for name, tensors in groups.items():
        if AUTOMATIC_NAME.fullmatch(name) and [t.shape for t in tensors] == shapes:
            return [name]
    return None


def _is_near(a, b) -> bool:
    return np.allclose(a, b, rtol=0, atol=TOLERANCE)


def _unless_default(layer, values: np.ndarray) -> np.ndarray | None:
    """None if the values are the layer's default ones."""
    return None if _is_near(values, layer.default_ramp(len(values))) else values


# === Soft-argmax 2D: separable convolutions over the whole map ===

def _shapes_2d(layer) -> list[tuple]:
    rows, columns, joints = layer.map_shape
    return [(rows, columns, joints, 1), (1, 1, joints, joints)] * 2


def _read_2d(layer, x, identity_x, y, identity_y) -> dict:
    for identity in (identity_x, identity_y):
        if not _is_near(identity[0, 0], np.eye(identity.shape[-1])):
            raise ValueError("the kernel beside a ramp is not the identity")
    if not _is_near(x, x[:1, :, :1]):
        raise ValueError("the ramp of x is not the same in all rows and channels")
    if not _is_near(y, y[:, :1, :1]):
        raise ValueError("the ramp of y is not the same in all columns and channels")
    return {"ramp_x": _unless_default(layer, x[0, :, 0, 0]),
            "ramp_y": _unless_default(layer, y[:, 0, 0, 0])}


# === Soft-argmax 1D: a convolution over the whole depth ===

def _shapes_1d(layer) -> list[tuple]:
    depth, joints = layer.map_shape
    return [(depth, joints, joints)]


def _read_1d(layer, kernel) -> dict:
    ramp = kernel[:, 0, 0]
    if not _is_near(kernel, ramp[:, None, None] * np.eye(kernel.shape[-1])):
        raise ValueError("the ramp of z is not the same in all channels")
    return {"ramp_z": _unless_default(layer, ramp)}


# === Context aggregation: a matrix that sums over a joint's contexts ===

def _shapes_context(layer) -> list[tuple]:
    return [(layer.num_joints * layer.num_contexts, layer.num_joints)]


def _read_context(layer, matrix) -> dict:
    if not _is_near(matrix, np.repeat(np.eye(layer.num_joints),
                                      layer.num_contexts, axis=0)):
        raise ValueError("the matrix does not sum over the contexts of a joint")
    return {}


READERS: dict[type, tuple[Callable, Callable]] = {
    SoftArgmax2D: (_shapes_2d, _read_2d),
    SoftArgmax1D: (_shapes_1d, _read_1d),
    ContextAggregation: (_shapes_context, _read_context),
}
