"""Strict reader of the published weight files (Keras 2.1.x, `.h5`).

A file holds one group per layer; a sub-model is one group, first every
trainable weight of its inner layers in graph order, then every other one.
Groups are matched by name, weights inside a group by position, and every
pair must agree in kind, shape and, where names were chosen, in name.  The
ramps that the files hold as frozen weights are checked; here they belong to
weight-free layers.  Nothing is assigned before everything is accounted for.
"""
import logging
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import h5py
import keras
import numpy as np

from deephar.checkpoints.constants import read_constants

log = logging.getLogger(__name__)

NON_TRAINABLE = ("moving_mean", "moving_variance")
# The merge model's fusion layers, in graph order, and how such layers are stored.
UNNAMED_LAYERS = ("merge_pose", "merge_visual")
AUTOMATIC_NAME = re.compile(r"separable_conv2d_\d+")
# Inside a group, only these layers were named by the published code.
NAMED_INNER_LAYERS = ("sepconv",)


@dataclass
class LoadReport:
    """What became of every tensor, as `group/weight` names with their shapes."""
    path: str
    used: list[str] = field(default_factory=list)
    constant: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.path}: {len(self.used)} tensors used, "
                 f"{len(self.constant)} constants checked, "
                 f"{len(self.unused)} unused, {len(self.missing)} missing"]
        for title, names in (("unused", self.unused), ("missing", self.missing),
                             ("note", self.notes)):
            lines += [f"  {title}: {name}" for name in names]
        return "\n".join(lines)


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file; `name` as stored, such as `conv2d_1/kernel:0`."""
    name: str
    value: np.ndarray

    @property
    def kind(self) -> str:
        return self.name.split("/")[-1].split(":")[0]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def layer(self) -> str:
        return self.name.split("/")[-2] if "/" in self.name else ""

    def __str__(self) -> str:
        return f"{self.name} {self.shape}"


@dataclass(frozen=True)
class Slot:
    """One variable of the model and the layer that owns it."""
    layer: keras.layers.Layer
    variable: keras.Variable

    @property
    def kind(self) -> str:
        return self.variable.name.split("/")[-1]

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.variable.shape)

    def __str__(self) -> str:
        return f"{self.layer.name}/{self.kind} {self.shape}"


def load_legacy_weights(model: keras.Model, path: str | os.PathLike,
                        strict: bool = True) -> LoadReport:
    """Loads a published weight file into `model`, whatever is frozen now.

    Args:
        model: a network of `deephar.models`.
        path: a Keras 2.1.x weight file.
        strict: tensors that only one side has, or whose shapes differ, are an
            error; otherwise they are left alone and listed in the report.

    Returns:
        What became of every tensor.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, holds values that no network can have,
            or, when strict, does not fit the model.
    """
    path = Path(path)
    groups = read_groups(path)
    _check_values(path, groups)
    report, errors = LoadReport(str(path)), []
    groups = _renumber_actions(model, groups, report)
    plan, lonely = _plan_weights(model, groups, report, errors)
    ramps = read_constants(model, groups, report, errors)
    _account_for_rest(model, groups, lonely, report, errors)
    if strict and errors:
        raise ValueError(f"{path} does not fit the model {model.name}; nothing "
                         "was loaded.\n  " + _shortened(errors))
    for slot, tensor in plan:
        slot.variable.assign(tensor.value)
    for layer, values in ramps:
        layer.set_ramps(**values)
    if any(any(v is not None for v in values.values()) for _, values in ramps):
        # Compiled functions hold the ramps that they were traced with.
        model.predict_function = model.test_function = model.train_function = None
    log.info("%s", report)
    return report


def _shortened(lines: list[str], limit: int = 20) -> str:
    more = [f"... and {len(lines) - limit} more"] if len(lines) > limit else []
    return "\n  ".join(lines[:limit] + more)


# === The file ===

def read_groups(path: Path) -> dict[str, list[Tensor]]:
    """The file's groups that hold tensors, in the file's order.

    Raises:
        FileNotFoundError, ValueError: as `load_legacy_weights`.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such weight file")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty (0 bytes): download it again")
    with open(path, "rb") as file:
        if file.read(8) != b"\x89HDF\r\n\x1a\n":
            raise ValueError(f"{path} is not an HDF5 file: download it again")
    try:
        with h5py.File(path, "r") as file:
            root = file["model_weights"] if "model_weights" in file else file
            return _read_root(path, root)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"{path} is truncated or damaged: download it again "
                         f"({error})") from error


def _read_root(path: Path, root) -> dict[str, list[Tensor]]:
    layer_names = _read_names(root, "layer_names")
    if layer_names is None:
        raise ValueError(
            f"{path} is not a Keras 2 weight file: it has no 'layer_names'. "
            "Load a Keras 3 .weights.h5 file with model.load_weights(path)")
    groups = {}
    for layer in layer_names:
        if layer not in root:
            raise ValueError(f"{path}: layer {layer} is listed, but it is not there")
        names = _read_names(root[layer], "weight_names") or []
        if names:
            groups[layer] = [_read_tensor(path, root[layer], layer, n) for n in names]
    groups.update(_read_unlisted(root, groups))
    return groups


def _read_unlisted(root, groups) -> dict[str, list[Tensor]]:
    """Tensors that are in the file, but in none of its lists of names."""
    listed = {f"{layer}/{t.name}" for layer, tensors in groups.items() for t in tensors}
    unlisted = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and name not in listed:
            layer, _, rest = name.partition("/")
            unlisted.setdefault(f"{layer} (not listed)", []).append(
                Tensor(rest, item[()]))

    root.visititems(visit)
    return unlisted


def _read_tensor(path: Path, group, layer: str, name: str) -> Tensor:
    if name not in group:
        raise ValueError(f"{path}: layer {layer} lists {name}, but it is not there")
    try:
        return Tensor(name, group[name][()])
    except OSError as error:
        raise OSError(f"layer {layer}, {name}, shape {group[name].shape}: {error}"
                      ) from error


def _read_names(group, attribute: str) -> list[str] | None:
    """A list of names; long ones are split over `NAME0`, `NAME1`, ..."""
    if attribute in group.attrs:
        names = list(group.attrs[attribute])
    else:
        names, part = None, 0
        while f"{attribute}{part}" in group.attrs:
            names = (names or []) + list(group.attrs[f"{attribute}{part}"])
            part += 1
    if names is None:
        return None
    return [n.decode("utf-8") if isinstance(n, bytes) else str(n) for n in names]


def _check_values(path: Path, groups) -> None:
    for group, tensors in groups.items():
        for tensor in tensors:
            where = f"{path}: layer {group}, {tensor}"
            if not np.issubdtype(tensor.value.dtype, np.floating):
                raise ValueError(f"{where}: not numbers, but {tensor.value.dtype}")
            if not np.isfinite(tensor.value).all():
                raise ValueError(f"{where}: NaN or infinite values")
            if tensor.kind == "moving_variance" and (tensor.value < 0).any():
                raise ValueError(f"{where}: negative variance "
                                 f"{tensor.value.min():.3g}")


def _renumber_actions(model, groups, report) -> dict[str, list[Tensor]]:
    """The groups of SPNet's action blocks under the model's numbers.

    The published counter ran on over all models of one process.
    """
    number_of = re.compile(r"act(\d+)_").match
    numbers_in = lambda names: sorted({int(m[1]) for m in map(number_of, names) if m})
    stored = numbers_in(groups)
    wanted = numbers_in(layer.name for layer in model.layers)
    if stored == wanted or len(stored) != len(wanted):
        return groups
    report.notes.append(f"action blocks {stored} of the file are the model's {wanted}")
    new = dict(zip(stored, wanted))
    return {re.sub(r"^act(\d+)_", lambda m: f"act{new[int(m[1])]}_", name): tensors
            for name, tensors in groups.items()}


# === Weights ===

def slots_of(layer: keras.layers.Layer) -> list[Slot]:
    """The variables of a layer or sub-model in layer order."""
    if isinstance(layer, keras.Model):
        return [slot for inner in layer.layers for slot in slots_of(inner)]
    return [Slot(layer, variable) for variable in layer.weights]


def published_order(layer: keras.layers.Layer) -> list[Slot]:
    """The order of a file's group, whatever is frozen now."""
    slots = slots_of(layer)
    return ([s for s in slots if s.kind not in NON_TRAINABLE]
            + [s for s in slots if s.kind in NON_TRAINABLE])


def _plan_weights(model, groups, report, errors):
    """Pairs of variable and tensor, and the layers that have no group.

    Takes the groups that it pairs out of `groups`.
    """
    plan = []
    pairs, lonely = _pair_layers(model, groups, report)
    for layer, group in pairs:
        tensors = groups.pop(group)
        # Files written while the whole group was frozen hold layer after layer.
        orders = (published_order(layer), slots_of(layer))
        mismatches = [_mismatch(order, tensors) for order in orders]
        if None in mismatches:
            order = orders[mismatches.index(None)]
            plan += zip(order, tensors)
            report.used += [f"{group}/{tensor}" for tensor in tensors]
        else:
            errors.append(f"layer {group}: {mismatches[0]}")
            report.unused += [f"{group}/{tensor}" for tensor in tensors]
            report.missing += [f"{layer.name}/{slot}" for slot in orders[0]]
    return plan, lonely


def _pair_layers(model, groups, report):
    """[(layer, its group in the file)], and the layers without a group."""
    waiting = {layer.name: layer for layer in model.layers if layer.weights}
    pairs, automatic = [], []
    for group in groups:
        name = group
        if name not in waiting:
            name = group.removeprefix("td_")        # it was applied per frame
        if name in waiting:
            pairs.append((waiting.pop(name), group))
        elif AUTOMATIC_NAME.fullmatch(name):
            automatic.append(group)
    # Automatic names are counters: these stand in graph order on both sides.
    unnamed = [name for name in UNNAMED_LAYERS if name in waiting]
    pairs += [(waiting.pop(name), group) for name, group in zip(unnamed, automatic)]
    return pairs, list(waiting.values())


def _mismatch(slots: list[Slot], tensors: list[Tensor]) -> str | None:
    """Why the tensors cannot be these variables, or None if they can."""
    layer_of, name_of = {}, {}
    for position, (slot, tensor) in enumerate(zip(slots, tensors)):
        where = f"tensor {position}: the file has {tensor}, the model expects {slot}"
        same_layer = (layer_of.setdefault(tensor.layer, slot.layer) is slot.layer
                      and name_of.setdefault(slot.layer, tensor.layer) == tensor.layer)
        if slot.kind != tensor.kind:
            return f"{where}: other kinds of weights"
        if slot.shape != tensor.shape:
            return f"{where}: other shapes"
        if not same_layer or not _names_agree(slot.layer.name, tensor.layer):
            return f"{where}: other layers"
    if len(slots) != len(tensors):
        rest = slots[len(tensors):] or tensors[len(slots):]
        return (f"the file has {len(tensors)} tensors, the model {len(slots)}; "
                f"the first without a partner is {rest[0]}")
    return None


def _names_agree(name: str, stored: str) -> bool:
    """Inner layers that the published code named keep it, up to a counter."""
    if not stored.startswith(NAMED_INNER_LAYERS):
        return True
    return re.fullmatch(re.escape(name) + r"(_\d+)?", stored) is not None


def _account_for_rest(model, groups, lonely, report, errors) -> None:
    """What only one side has; the same shapes on both sides mean a new name."""
    shapes_of = lambda items: [(i.kind, tuple(i.shape)) for i in items]
    for layer in lonely:
        slots = published_order(layer)
        report.missing += [f"{layer.name}/{slot}" for slot in slots]
        twins = [g for g in groups if shapes_of(groups[g]) == shapes_of(slots)]
        hint = f" (renamed? {twins[0]} has the same shapes)" if twins else ""
        errors.append(f"layer {layer.name} is missing in the file: "
                      f"{_listed(slots)}{hint}")
    for group, tensors in groups.items():
        report.unused += [f"{group}/{tensor}" for tensor in tensors]
        errors.append(f"layer {group} of the file is not in the model: "
                      f"{_listed(tensors)}")


def _listed(items, limit: int = 4) -> str:
    more = f" and {len(items) - limit} more" if len(items) > limit else ""
    return ", ".join(map(str, items[:limit])) + more
