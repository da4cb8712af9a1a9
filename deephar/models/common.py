"""What is done to any built network: freezing, copying heads, compiling."""
from typing import Any

import keras

REPLICA_SUFFIX = "_replica"


def set_trainable_layers(model: keras.Model, keyword: str, pos_trainable: bool,
                         neg_trainable: bool | None = None) -> None:
    """Sets `trainable` of layers by their names, and of all within them.

    Args:
        keyword: the names hold it; "" is in every name.
        pos_trainable: for the layers whose names hold it.
        neg_trainable: for the others; None leaves them as they are.
    """
    for layer in model.layers:
        trainable = pos_trainable if keyword in layer.name else neg_trainable
        if trainable is None:
            continue
        # One by one: where a sub-model's own flag stands as wanted, Keras
        # would not look at the layers within.
        for part in layer._flatten_layers():
            part.trainable = trainable


def copy_replica_layers(model: keras.Model) -> None:
    """Copies every pose head into its replica."""
    for layer in model.layers:
        if layer.name.endswith(REPLICA_SUFFIX):
            head = model.get_layer(layer.name.removesuffix(REPLICA_SUFFIX))
            layer.set_weights(head.get_weights())


def compile_model(model: keras.Model, loss: Any, optimizer: keras.optimizers.Optimizer,
                  loss_weights: Any = None) -> None:
    """Compiles with one loss (and weight) for all outputs, or a list of one for each."""
    def each(value):
        return (list(value) if isinstance(value, (list, tuple))
                else [value] * len(model.outputs))

    model.compile(optimizer, each(loss),
                  None if loss_weights is None else each(loss_weights))
