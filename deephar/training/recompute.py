"""Training with less memory: activations that are computed twice, not kept.

The layers are cut into segments.  Between the forward and the backward pass
only what goes from one segment to the next is kept; a segment's own
activations are computed again when its gradient is due.
"""
import contextlib
from dataclasses import dataclass
from typing import Any, Callable

import keras
import tensorflow as tf


@dataclass(frozen=True)
class _Segment:
    """Some layers in a row; values go by the ids of their symbolic tensors."""
    nodes: list
    reads: list[int]
    makes: list[int]        # what later segments or the outputs read


def recomputed(model: keras.Model, segments: int) -> Callable[..., list]:
    """The functional `model` as a function (x, training) to a list of outputs.

    Gradients and moving statistics are those of the model itself.

    Args:
        segments: more of them keep fewer activations within a segment and
            more between them; about the square root of the number of layers
            needs the least memory.

    Raises:
        ValueError: there are not that many layers.
    """
    parts = _segments(model, segments)
    # TensorFlow's arithmetic optimizer takes a large network's second computation
    # for others of its nodes ("Incompatible shapes"); it can go for the process only.
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})

    def forward(x: Any, training: bool = True) -> list:
        x = x if isinstance(x, (list, tuple)) else [x]
        values = {id(symbol): value for symbol, value in zip(model.inputs, x)}
        for number, part in enumerate(parts):
            run = _runner(part, training)
            # The last one's gradient is due at once.
            run = keras.remat(run) if number < len(parts) - 1 else run
            values |= zip(part.makes, run(*[values[key] for key in part.reads]))
        return [values[id(symbol)] for symbol in model.outputs]

    return forward


def _segments(model: keras.Model, count: int) -> list[_Segment]:
    nodes = [node for depth in sorted(model._nodes_by_depth, reverse=True)
             for node in model._nodes_by_depth[depth] if not node.is_input]
    if not 1 <= count <= len(nodes):
        raise ValueError(f"segments must be 1 to {len(nodes)}, the network's layers, "
                         f"got {count}")
    cuts = [round(i * len(nodes) / count) for i in range(count + 1)]
    groups = [nodes[a:b] for a, b in zip(cuts, cuts[1:])]
    needed = {id(x) for x in model.outputs}
    parts = []
    for group in reversed(groups):
        made = {id(x) for node in group for x in node.outputs}
        read = {id(x) for node in group for x in node.input_tensors}
        parts.insert(0, _Segment(group, sorted(read - made),
                                 sorted(made & needed)))
        needed |= read
    return parts


def _runner(part: _Segment, training: bool) -> Callable:
    """The segment as a function of what it reads."""
    seeds = None        # of dropout, as the first pass found them

    def run(*inputs):
        nonlocal seeds
        if seeds is None:
            again = contextlib.nullcontext()
            seeds = [(seed, tf.identity(seed.value)) for seed in _seeds(part)]
        else:
            # The second time the same features are left out, and moving statistics
            # are not updated once more.
            again = keras.StatelessScope(state_mapping=seeds)
        values = dict(zip(part.reads, inputs))
        with again:
            for node in part.nodes:
                args, kwargs = node.arguments.fill_in(values)
                if getattr(node.operation, "_call_has_training_arg", False):
                    kwargs["training"] = training
                made = node.operation(*args, **kwargs)
                made = made if isinstance(made, (list, tuple)) else [made]
                values |= {id(x): value for x, value in zip(node.outputs, made)}
        return [values[key] for key in part.makes]

    return run


def _seeds(part: _Segment) -> list[keras.Variable]:
    """The states of the segment's random generators."""
    layers = [node.operation for node in part.nodes
              if isinstance(node.operation, keras.Layer)]
    kept = {id(variable) for layer in layers for variable in layer.weights}
    return list({id(variable): variable for layer in layers for variable in layer.variables
                 if id(variable) not in kept}.values())
