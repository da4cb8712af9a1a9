"""Layers that begin afresh: which they are, and that no stage freezes them untrained."""
from typing import Collection, Mapping, Sequence

import keras

from deephar.checkpoints.transfer import layers_by_name, load_matching
from deephar.models.common import REPLICA_SUFFIX
from deephar.training.task import Task

Layers = Mapping[str, keras.layers.Layer]
NAMED = 5           # in an error


def begin(model: keras.Model, weights: str = "", *, filled: Collection = (),
          copies_replicas: bool = False) -> Layers:
    """Give `model` what fits of `weights`, if any are named.

    Args:
        model: is changed.
        weights: as `load_matching` takes them; "": none.
        filled: layers that have got weights elsewhere.
        copies_replicas: whoever trains it begins with copies of the pose heads.

    Returns:
        {name: layer} of all with weights that begin afresh.
    """
    fresh = {name: layer for name, layer in layers_by_name(model).items()
             if layer.weights and not any(layer is other for other in filled)}
    if weights:
        taken = set(load_matching(model, weights).taken)
        fresh = {name: layer for name, layer in fresh.items() if name not in taken}
    if copies_replicas:
        fresh = {name: layer for name, layer in fresh.items()
                 if not name.endswith(REPLICA_SUFFIX)
                 or name.removesuffix(REPLICA_SUFFIX) in fresh}
    return fresh


def check_frozen(stage: str, tasks: Sequence[Task], fresh: Layers) -> Layers:
    """The layers that are still fresh after a stage.

    Raises:
        ValueError: the stage's networks use a fresh layer which it does not train.
    """
    used = {id(layer) for task in tasks for layer in task.model._flatten_layers()}
    frozen = [name for name, layer in fresh.items()
              if id(layer) in used and not layer.trainable]
    if frozen:
        more = f" and {len(frozen) - NAMED} more" if len(frozen) > NAMED else ""
        raise ValueError(
            f"stage {stage!r} freezes layers that begin afresh and would stay random: "
            f"{', '.join(frozen[:NAMED])}{more}; begin with --weights of a network that "
            "has them, train them in an earlier stage, or say --allow-fresh-frozen")
    return {name: layer for name, layer in fresh.items() if id(layer) not in used}
