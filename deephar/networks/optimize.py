"""An equivalent network for prediction, with less to do.

The network is written down as a flat list of steps, one per layer, and the
list is shortened until nothing can be left out any more:

    steps_of -> without_idle -> without_twins -> fold_normalisations
             -> fuse_activations -> read_maps_at_once -> network_of

What comes out is a functional Keras model again, on any backend.
"""
import logging
from collections import Counter
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import Any, Callable, Sequence

import keras
import numpy as np
from keras import layers

from deephar.layers import (
    ChannelSoftmax2D, DepthExpectation, KeypointConfidence, KroneckerPooling,
    SoftArgmax2D, StopGradient)
from deephar.networks.mapreader import ReadMaps

log = logging.getLogger(__name__)

TOLERANCE = 1e-4
IDLE = (layers.Identity, layers.Dropout, layers.SpatialDropout1D,
        layers.SpatialDropout2D, StopGradient)
# Where the kernel that a normalisation scales is among the weights, and its axis.
SCALED_KERNEL = {
    layers.Conv1D: (0, -1), layers.Conv2D: (0, -1), layers.Conv3D: (0, -1),
    layers.Dense: (0, -1), layers.Conv2DTranspose: (0, -2),
    layers.SeparableConv2D: (1, -1)}


def optimize(source: keras.Model) -> keras.Model:
    """The same function as `source` in prediction, with fewer and cheaper steps.

    Normalisations go into the convolutions before them, activations too;
    softmax, soft-argmax, confidence and Kronecker pooling read their maps at
    once; what no output needs goes.

    Args:
        source: functional, possibly of sub-models; it is not changed.

    Raises:
        ValueError: the network holds something else than layers, or an output
            is further than 1e-4 from the source's (of the value, where it is
            greater than 1).
    """
    graph = steps_of(source)
    for change in (without_idle, without_twins, fold_normalisations,
                   fuse_activations, read_maps_at_once):
        graph = change(graph)
    smaller = network_of(graph, source)
    difference = compare(source, smaller)
    if not difference <= TOLERANCE:         # NaN is not well either
        raise ValueError(f"the optimized {source.name} must be within {TOLERANCE} "
                         f"of its source, but is {difference:.1e} away; use the "
                         "source, and report the network")
    log.debug("%s: %d steps, %.0e from its source", source.name,
              len(graph.steps), difference)
    return smaller


def compare(source: Any, other: Any, batch: int = 1, seed: int = 0) -> float:
    """The greatest difference of two networks' outputs on random input.

    Where a value is greater than 1, the difference is relative to it.
    """
    rng = np.random.default_rng(seed)
    shape = (batch, *(64 if n is None else n for n in source.input_shape[1:]))
    x = rng.uniform(-1, 1, shape).astype("float32")
    return max(float(np.max(np.abs(a - b) / np.maximum(1, np.abs(a))))
               for a, b in zip(call(source, x), call(other, x), strict=True))


def call(model: Any, x: np.ndarray) -> list[np.ndarray]:
    """All outputs of a network, Keras' or a runtime's; Keras is not traced."""
    outputs = (model(x, training=False) if isinstance(model, keras.Model)
               else model.predict_on_batch(x))
    outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
    return [keras.ops.convert_to_numpy(v) for v in outputs]


# === A network as a list ===

@dataclass(frozen=True)
class Step:
    """A layer, used once: its class, settings and weights, and what it reads."""
    kind: type[keras.Layer]
    config: dict
    weights: Sequence[np.ndarray]
    inputs: tuple[int, ...]         # numbers of values
    outputs: tuple[int, ...]
    shape: tuple                    # of the first input

    @property
    def rank(self) -> int:
        return len(self.shape)


@dataclass(frozen=True)
class Graph:
    """Steps in the order of their execution, and the values that they make."""
    steps: list[Step]
    inputs: list[int]
    outputs: list[int]

    def uses(self) -> Counter:
        """How often each value is read, being an output included."""
        return Counter([v for step in self.steps for v in step.inputs] + self.outputs)

    def renamed(self, steps: list[Step], names: dict[int, int]) -> "Graph":
        """With other steps, and values that are called by other numbers now."""
        def find(values):
            return [names.get(v, v) for v in values]

        steps = [replace(s, inputs=tuple(find(s.inputs))) for s in steps]
        return Graph(steps, self.inputs, find(self.outputs))


def steps_of(model: keras.Model) -> Graph:
    """The layers of a model and of its sub-models."""
    steps: list[Step] = []
    count = len(model.inputs)

    def walk(part: keras.Model, inputs: Sequence[int], prefix: str) -> list[int]:
        nonlocal count
        held = {id(x): number for x, number in zip(part.inputs, inputs)}
        for depth in sorted(part._nodes_by_depth, reverse=True):
            for node in part._nodes_by_depth[depth]:
                if node.is_input:
                    continue
                layer = node.operation
                read = tuple(held[id(x)] for x in node.input_tensors)
                if isinstance(layer, keras.Model):
                    made = walk(layer, read, f"{prefix}{layer.name}_")
                elif isinstance(layer, keras.Layer):
                    made = list(range(count, count + len(node.outputs)))
                    count += len(made)
                    config = {**layer.get_config(), "name": prefix + layer.name}
                    steps.append(Step(type(layer), config, layer.get_weights(), read,
                                      tuple(made), tuple(node.input_tensors[0].shape)))
                else:
                    raise ValueError(f"{model.name} must be made of layers, "
                                     f"got the operation {layer.name}")
                held |= {id(x): number for x, number in zip(node.outputs, made)}
        return [held[id(x)] for x in part.outputs]

    inputs = list(range(count))
    return Graph(steps, inputs, walk(model, inputs, ""))


def network_of(graph: Graph, source: keras.Model) -> keras.Model:
    """The model of a graph, with the inputs and the name of `source`."""
    inputs = [keras.Input(x.shape[1:], x.shape[0], x.dtype, name=x.name)
              for x in source.inputs]
    values = dict(zip(graph.inputs, inputs))
    names: Counter = Counter()
    for step in graph.steps:
        name = step.config["name"]
        names[name] += 1
        if names[name] > 1:             # a layer that was used more than once
            name = f"{name}_use{names[name]}"
        layer = step.kind.from_config({**step.config, "name": name})
        read = [values[v] for v in step.inputs]
        made = layer(read if len(read) > 1 else read[0])
        if len(step.weights):
            layer.set_weights(step.weights)
        made = made if isinstance(made, (list, tuple)) else [made]
        values |= dict(zip(step.outputs, made, strict=True))
    return keras.Model(inputs if len(inputs) > 1 else inputs[0],
                       [values[v] for v in graph.outputs], name=source.name)


# === What can be left out ===

def without_idle(graph: Graph) -> Graph:
    """Without layers that hand on what they get."""
    names: dict[int, int] = {}
    for step in graph.steps:
        if step.kind in IDLE:
            read = step.inputs[0]
            names[step.outputs[0]] = names.get(read, read)
    return graph.renamed([s for s in graph.steps if s.kind not in IDLE], names)


def without_twins(graph: Graph) -> Graph:
    """Layers without weights do the same work on the same input once."""
    first: dict[str, Step] = {}
    names: dict[int, int] = {}
    kept = []
    for step in graph.steps:
        read = tuple(names.get(v, v) for v in step.inputs)
        settings = {k: v for k, v in step.config.items() if k != "name"}
        key = f"{step.kind.__name__} {settings} {read}"
        if not len(step.weights) and key in first:
            names |= dict(zip(step.outputs, first[key].outputs))
        else:
            first[key] = step
            kept.append(step)
    return graph.renamed(kept, names)


def fold_normalisations(graph: Graph) -> Graph:
    """Into the convolution before, if nothing else reads it.

    The others, which stand behind sums, become 1x1 depth-wise convolutions
    with a bias: those can take an activation, and pass over the maps once.
    """
    def fold(step, before):
        if (step.kind is not layers.BatchNormalization
                or step.config["axis"] not in (-1, step.rank - 1)):
            return before, step
        scale, shift = _scale_and_shift(step)
        if before is not None and _is_linear(before):
            return _scaled(before, scale, shift), None
        return before, _as_convolution(step, scale, shift) if step.rank == 4 else step

    return _into_the_step_before(graph, fold)


def _into_the_step_before(graph: Graph, merge: Callable) -> Graph:
    """A graph with every step, and its only producer, replaced by what `merge` says.

    Args:
        merge: (step, the step that makes its first input, None if others read that
            too) to (what that step becomes, what this one becomes, None if it goes).
    """
    uses = graph.uses()
    steps = list(graph.steps)
    maker = {v: i for i, step in enumerate(steps) for v in step.outputs}
    names: dict[int, int] = {}
    for i, step in enumerate(graph.steps):
        read = step.inputs[0]
        number = maker.get(read) if uses[read] == 1 else None
        before = None if number is None else steps[number]
        before, steps[i] = merge(step, before)
        if number is not None:
            steps[number] = before
        if steps[i] is None:
            names[step.outputs[0]] = names.get(read, read)
            maker[step.outputs[0]] = number
    return graph.renamed([s for s in steps if s is not None], names)


def _scale_and_shift(step: Step) -> tuple[np.ndarray, np.ndarray]:
    """(C,) each, of a normalisation with its moving statistics."""
    weights = [np.asarray(w, np.float64) for w in step.weights]
    variance, mean = weights.pop(), weights.pop()
    gamma = weights.pop(0) if step.config["scale"] else 1.0
    beta = weights.pop(0) if step.config["center"] else 0.0
    scale = gamma / np.sqrt(variance + step.config["epsilon"])
    return scale, beta - mean * scale


def _is_linear(step: Step) -> bool:
    return step.kind in SCALED_KERNEL and step.config["activation"] in (None, "linear")


def _scaled(step: Step, scale: np.ndarray, shift: np.ndarray) -> Step:
    """A convolution, its results times `scale` and plus `shift`."""
    index, axis = SCALED_KERNEL[step.kind]
    weights = [np.asarray(w, np.float64) for w in step.weights]
    if step.config["use_bias"]:
        shift = shift + weights.pop() * scale
    shape = [1] * weights[index].ndim
    shape[axis] = -1
    weights[index] = weights[index] * scale.reshape(shape)
    weights = [w.astype("float32") for w in (*weights, shift)]
    return replace(step, config={**step.config, "use_bias": True}, weights=weights)


def _as_convolution(step: Step, scale: np.ndarray, shift: np.ndarray) -> Step:
    config = {"name": step.config["name"], "kernel_size": 1, "use_bias": True}
    weights = [scale.reshape(1, 1, -1, 1).astype("float32"), shift.astype("float32")]
    return replace(step, kind=layers.DepthwiseConv2D, config=config, weights=weights)


def fuse_activations(graph: Graph) -> Graph:
    """ReLUs into the convolution before, if nothing else reads it."""
    def fuse(step, before):
        if (before is None or step.kind is not layers.Activation
                or step.config["activation"] != "relu"
                or before.kind not in (*SCALED_KERNEL, layers.DepthwiseConv2D)
                or before.config.get("activation") not in (None, "linear", "relu")):
            return before, step
        return replace(before, config={**before.config, "activation": "relu"}), None

    return _into_the_step_before(graph, fuse)


# Readers of probability maps: what `ReadMaps` calls it, and the input that is the map.
READERS = {SoftArgmax2D: ("position", 0), KeypointConfidence: ("confidence", 0),
           DepthExpectation: ("depth", 1), KroneckerPooling: ("features", 0)}


def read_maps_at_once(graph: Graph) -> Graph:
    """One `ReadMaps` for a softmax over maps and all that read its result."""
    steps = list(graph.steps)
    for i, softmax in enumerate(graph.steps):
        value = softmax.outputs[0]
        if softmax.kind is not ChannelSoftmax2D or value in graph.outputs:
            continue
        readers = {k: s for k, s in enumerate(graph.steps) if value in s.inputs}
        parts = [READERS[s.kind][0] for s in readers.values() if s.kind in READERS
                 and s.inputs[READERS[s.kind][1]] == value]
        if not parts or len(parts) != len(readers) or len(set(parts)) != len(parts):
            continue
        steps[i] = _map_reader(softmax, list(readers.values()), parts)
        for k in readers:
            steps[k] = None
    return replace(graph, steps=_in_order([s for s in steps if s is not None]))


def _map_reader(softmax: Step, readers: list[Step], parts: list[str]) -> Step:
    value = softmax.outputs[0]
    others = [v for s in readers for v in s.inputs if v != value]
    ramps = next((s.config for s in readers if s.kind is SoftArgmax2D), {})
    config = {"name": softmax.config["name"], "alpha": softmax.config["alpha"],
              "parts": parts, "ramp_x": ramps.get("ramp_x"),
              "ramp_y": ramps.get("ramp_y")}
    return replace(softmax, kind=ReadMaps, config=config,
                   inputs=(*softmax.inputs, *others),
                   outputs=tuple(s.outputs[0] for s in readers))


def _in_order(steps: list[Step]) -> list[Step]:
    """Every step after those that it reads."""
    maker = {v: i for i, step in enumerate(steps) for v in step.outputs}
    before = {i: [maker[v] for v in step.inputs if v in maker]
              for i, step in enumerate(steps)}
    return [steps[i] for i in TopologicalSorter(before).static_order()]
