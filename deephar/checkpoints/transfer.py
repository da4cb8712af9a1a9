"""Begin with the weights of another network: what fits is kept, the rest is fresh.

The other network may have other classes, more blocks or no action heads.
Layers are paired by their names; a layer whose shapes differ is left as it is.
"""
import logging
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deephar.checkpoints.load import load_checkpoint

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)


@dataclass
class TransferReport:
    """Names of layers: taken over, of another shape (and which), in one network only."""
    source: str
    taken: list[str] = field(default_factory=list)
    reshaped: dict[str, str] = field(default_factory=dict)
    fresh: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [f"{self.source}: {len(self.taken)} layers taken over, "
                 f"{len(self.reshaped) + len(self.fresh)} begin afresh, "
                 f"{len(self.unused)} of the source are not used"]
        for title, names in (("other shape, begins afresh",
                              [f"{n} {shapes}" for n, shapes in self.reshaped.items()]),
                             ("not in the source, begins afresh", self.fresh),
                             ("not used", self.unused)):
            lines += [f"  {title}: {name}" for name in names]
        return "\n".join(lines)


def load_matching(model: "keras.Model", source: str | os.PathLike,
                  folder: str | os.PathLike = "weights") -> TransferReport:
    """Give `model` the weights of `source` wherever names and shapes agree.

    Args:
        model: is changed.
        source: a published checkpoint, a file, or the folder of a run.
        folder: where the published files are.

    Returns:
        What became of every layer.

    Raises:
        ValueError: not one layer fits.
    """
    report = copy_matching(load_checkpoint(source, folder), model)
    report.source = str(source)
    if not report.taken:
        raise ValueError(f"no layer of {model.name} is in {source}: is it the "
                         "right network?")
    log.info("%s", report)
    return report


def copy_matching(source: "keras.Model", target: "keras.Model") -> TransferReport:
    """Copy weights and constants between layers of the same name and shapes."""
    report = TransferReport(source.name)
    given = layers_by_name(source)
    for name, layer in layers_by_name(target).items():
        other = given.pop(name, None)
        if other is not None and type(other) is type(layer):
            _copy_ramps(other, layer)
        if not layer.weights:
            continue
        if other is None:
            report.fresh.append(name)
            continue
        shapes, wanted = _shapes(other), _shapes(layer)
        if shapes != wanted:
            report.reshaped[name] = f"{shapes}, here {wanted}"
            continue
        for mine, theirs in zip(layer.weights, other.weights):
            mine.assign(theirs.value)
        report.taken.append(name)
    report.unused = [name for name, layer in given.items() if layer.weights]
    return report


def _copy_ramps(source, target) -> None:
    """Soft-argmax layers hold the ramps of a published file as constants."""
    if hasattr(source, "RAMPS"):
        target.set_ramps(**{name: getattr(source, name) for name in source.RAMPS})


def _shapes(layer) -> list[tuple[int, ...]]:
    return [tuple(weight.shape) for weight in layer.weights]


def layers_by_name(model: "keras.Model", parents: tuple = ()) -> dict:
    """Innermost layers by `sub-model/layer`; a merge model nests deeper."""
    found = {}
    for layer in model.layers:
        if hasattr(layer, "layers"):
            found |= layers_by_name(layer, parents + (layer.name,))
        else:
            found["/".join((parents + (layer.name,))[-2:])] = layer
    return found
