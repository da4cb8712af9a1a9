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

import keras

from deephar.checkpoints.constants import read_constants
from deephar.checkpoints.legacy_file import Tensor, check_values, read_groups

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
    check_values(path, groups)
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


# === Weights ===

def _renumber_actions(model, groups, report) -> dict[str, list[Tensor]]:
    """The groups of SPNet's action blocks under the model's numbers.

    The published counter ran on over all models of one process.
    """
    number_of = re.compile(r"act(\d+)_").match

    def numbers_in(names):
        return sorted({int(m[1]) for m in map(number_of, names) if m})

    stored = numbers_in(groups)
    wanted = numbers_in(layer.name for layer in model.layers)
    if stored == wanted or len(stored) != len(wanted):
        return groups
    report.notes.append(f"action blocks {stored} of the file are the model's {wanted}")
    new = dict(zip(stored, wanted))
    return {re.sub(r"^act(\d+)_", lambda m: f"act{new[int(m[1])]}_", name): tensors
            for name, tensors in groups.items()}


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
    def shapes_of(items):
        return [(i.kind, tuple(i.shape)) for i in items]

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
