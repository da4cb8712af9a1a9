"""A network as an ONNX graph, written layer by layer.

Maps stand channels first, as ONNX runtimes compute them; everything else
stands as Keras has it.  A value is transposed where the two meet, once.
"""
from collections import Counter
from typing import Any, Callable, Sequence

import keras
import numpy as np
from keras import layers

from deephar import layers as own
from deephar.models.vgg import IMAGENET_MEAN_BGR, ImagenetInput
from deephar.networks.mapreader import ReadMaps
from deephar.networks.optimize import Graph, Step, steps_of

OPSET = 17
IR_VERSION = 8
FIRST, LAST = "channels first", "channels last"
TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def to_onnx(model: keras.Model) -> "Any":
    """The `onnx.ModelProto` of a functional model with one input.

    The number of samples is free; the other sizes must be fixed.

    Raises:
        ValueError: it holds a layer that cannot be written, or a free size.
        ImportError: onnx is not installed.
    """
    import onnx
    from onnx import TensorProto, helper
    writer = _Writer(helper, onnx.numpy_helper)
    graph: Graph = steps_of(model)
    shape = model.inputs[0].shape
    if None in shape[1:]:
        raise ValueError(f"an exported network needs fixed sizes, got input {shape}")
    writer.give(graph.inputs[0], "input", LAST)
    for step in graph.steps:
        write = WRITERS.get(step.kind)
        if write is None:
            raise ValueError(f"{step.config['name']}: a {step.kind.__name__} cannot be "
                             "written as ONNX")
        made = write(writer, step)
        for value, (name, layout) in zip(
                step.outputs, made if isinstance(made, list) else [made], strict=True):
            writer.give(value, name, layout)
    outputs = []
    for number, (value, x) in enumerate(zip(graph.outputs, model.outputs)):
        writer.node("Identity", [writer.take(value, LAST)], name=f"output_{number}",
                    output=f"output_{number}")
        outputs.append(helper.make_tensor_value_info(
            f"output_{number}", TensorProto.FLOAT, ["N", *x.shape[1:]]))
    inputs = [helper.make_tensor_value_info(
        "input", TensorProto.FLOAT, ["N", *shape[1:]])]
    proto = helper.make_model(
        helper.make_graph(writer.nodes, model.name, inputs, outputs, writer.constants),
        opset_imports=[helper.make_opsetid("", OPSET)], producer_name="deephar")
    proto.ir_version = IR_VERSION
    onnx.checker.check_model(proto)
    return proto


class _Writer:
    """The nodes and constants so far, and where each value of the graph is."""

    def __init__(self, helper, numpy_helper):
        self._helper, self._numpy_helper = helper, numpy_helper
        self.nodes: list = []
        self.constants: list = []
        self._names: Counter = Counter()
        self._values: dict[tuple[int, str], str] = {}
        self._layouts: dict[int, str] = {}

    def give(self, value: int, name: str, layout: str) -> None:
        """Says where a value of the graph is, and how it stands."""
        self._values[value, layout] = name
        self._layouts[value] = layout

    def take(self, value: int, layout: str) -> str:
        """The name of a value, standing as asked for."""
        if (value, layout) not in self._values:
            there = self._values[value, self._layouts[value]]
            order = TO_FIRST if layout == FIRST else TO_LAST
            self._values[value, layout] = self.node("Transpose", [there], perm=order)
        return self._values[value, layout]

    def node(self, kind: str, inputs: Sequence[str], *, name: str = "",
             output: str = "", **attributes) -> str:
        """Adds a node; returns the name of its output."""
        name = self._unique(name or kind)
        output = output or name
        self.nodes.append(self._helper.make_node(kind, list(inputs), [output], name=name,
                                                 **attributes))
        return output

    def constant(self, array, dtype="float32", name: str = "constant") -> str:
        name = self._unique(name)
        self.constants.append(self._numpy_helper.from_array(
            np.ascontiguousarray(np.asarray(array, dtype)), name))
        return name

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        return self.node("Reshape", [x, self.constant(shape, "int64", "shape")])

    def _unique(self, name: str) -> str:
        self._names[name] += 1
        return name if self._names[name] == 1 else f"{name}__{self._names[name]}"


# === Convolutions and pools: maps, channels first ===

def _same_pads(sizes, kernel, strides, padding: str) -> list[int]:
    """Rows and columns before, then after, as TensorFlow pads."""
    if padding == "valid":
        return [0] * (2 * len(kernel))
    total = [max((-(-n // s) - 1) * s + k - n, 0)
             for n, k, s in zip(sizes, kernel, strides)]
    return [t // 2 for t in total] + [t - t // 2 for t in total]


def _activated(w: _Writer, x: str, activation) -> str:
    if activation in (None, "linear"):
        return x
    kinds = {"relu": ("Relu", {}), "sigmoid": ("Sigmoid", {}),
             "softmax": ("Softmax", {"axis": -1})}
    if activation not in kinds:
        raise ValueError(f"the activation {activation} cannot be written as ONNX; "
                         f"there are {', '.join(kinds)}")
    kind, attributes = kinds[activation]
    return w.node(kind, [x], **attributes)


def _convolution(w: _Writer, step: Step, x: str, kernel: np.ndarray, bias, *,
                 groups=1, whole=True, suffix="") -> str:
    """`kernel` as ONNX has it, (out, in / groups, rows, columns)."""
    config, name = step.config, step.config["name"] + suffix
    strides = config["strides"] if whole else (1, 1)
    inputs = [x, w.constant(kernel, name=f"{name}_kernel")]
    if bias is not None:
        inputs.append(w.constant(bias, name=f"{name}_bias"))
    pads = _same_pads(step.shape[1:3], kernel.shape[2:], strides,
                      config["padding"] if whole else "valid")
    return w.node("Conv", inputs, name=name, pads=pads, strides=strides, group=groups,
                  kernel_shape=kernel.shape[2:])


def _settled(step: Step) -> list:
    """Weights, the bias last or None; what is not written is refused."""
    config = step.config
    if any(d != 1 for d in config.get("dilation_rate") or (1,)):
        raise ValueError(f"{config['name']}: dilation cannot be written as ONNX")
    if config.get("data_format") == "channels_first":
        raise ValueError(f"{config['name']}: layers must be channels last")
    return [*step.weights] + [None] * (not config["use_bias"])


def _conv2d(w, step):
    kernel, bias = _settled(step)
    if step.kind is layers.DepthwiseConv2D:
        groups, kernel = kernel.shape[2], _depthwise(kernel)
    else:
        groups, kernel = step.config["groups"], kernel.transpose(3, 2, 0, 1)
    x = _convolution(w, step, w.take(step.inputs[0], FIRST), kernel, bias, groups=groups)
    return _activated(w, x, step.config["activation"]), FIRST


def _depthwise(kernel: np.ndarray) -> np.ndarray:
    """(rows, columns, C, M) to (C * M, 1, rows, columns)."""
    rows, columns, channels, times = kernel.shape
    return kernel.transpose(2, 3, 0, 1).reshape(channels * times, 1, rows, columns)


def _separable_conv2d(w, step):
    depthwise, pointwise, bias = _settled(step)
    x = w.take(step.inputs[0], FIRST)
    x = _convolution(w, step, x, _depthwise(depthwise), None,
                     groups=depthwise.shape[2], suffix="_depthwise")
    x = _convolution(w, step, x, pointwise.transpose(3, 2, 0, 1), bias, whole=False)
    return _activated(w, x, step.config["activation"]), FIRST


def _conv2d_transpose(w, step):
    kernel, bias = _settled(step)
    config = step.config
    if tuple(config["kernel_size"]) != tuple(config["strides"]):
        raise ValueError(f"{config['name']}: a transposed convolution is written as "
                         "ONNX if its strides are its kernel's size only")
    inputs = [w.take(step.inputs[0], FIRST), w.constant(kernel.transpose(3, 2, 0, 1))]
    inputs += [] if bias is None else [w.constant(bias)]
    x = w.node("ConvTranspose", inputs, name=config["name"], strides=config["strides"])
    return _activated(w, x, config["activation"]), FIRST


def _max_pool(w, x: str, shape, size, strides, padding: str) -> str:
    return w.node("MaxPool", [x], kernel_shape=size, strides=strides,
                  pads=_same_pads(shape[1:3], size, strides, padding))


def _max_pooling2d(w, step):
    config = step.config
    return _max_pool(w, w.take(step.inputs[0], FIRST), step.shape, config["pool_size"],
                     config["strides"], config["padding"]), FIRST


def _max_min_pooling2d(w, step):
    x, size = w.take(step.inputs[0], FIRST), (step.config["pool_size"],) * 2
    both = [_max_pool(w, v, step.shape, size, size, "same")
            for v in (x, w.node("Neg", [x]))]
    return w.node("Sub", both), FIRST


def _global_max_min_pooling2d(w, step):
    x = w.take(step.inputs[0], FIRST)
    both = [w.node("GlobalMaxPool", [v]) for v in (x, w.node("Neg", [x]))]
    return w.reshape(w.node("Sub", both), (-1, step.shape[-1])), LAST


def _up_sampling2d(w, step):
    if step.config["interpolation"] != "nearest":
        raise ValueError(f"{step.config['name']}: only nearest up-sampling is written")
    scales = w.constant((1, 1, *step.config["size"]))
    return w.node("Resize", [w.take(step.inputs[0], FIRST), "", scales], mode="nearest",
                  coordinate_transformation_mode="asymmetric",
                  nearest_mode="floor"), FIRST


def _zero_padding2d(w, step):
    # Not a Pad: ONNX Runtime moves those into a pooling behind, and fails where
    # that is smaller.  A 1x1 convolution with ones may pad as it likes.
    (top, bottom), (left, right) = step.config["padding"]
    channels = step.shape[3]
    ones = w.constant(np.ones((channels, 1, 1, 1)))
    return w.node("Conv", [w.take(step.inputs[0], FIRST), ones], group=channels,
                  kernel_shape=(1, 1), pads=(top, left, bottom, right),
                  name=step.config["name"]), FIRST


# === Sums and shapes: as the first input stands ===

def _layout_of(w, step) -> str:
    return FIRST if step.rank == 4 else LAST


def _activation(w, step):
    activation = step.config["activation"]
    layout = _layout_of(w, step) if activation == "relu" else LAST
    return _activated(w, w.take(step.inputs[0], layout), activation), layout


def _joining(kind: str) -> Callable:
    def write(w, step):
        layout = _layout_of(w, step)
        x, *others = [w.take(v, layout) for v in step.inputs]
        for other in others:
            x = w.node(kind, [x, other])
        return x, layout
    return write


def _concatenate(w, step):
    layout = _layout_of(w, step)
    axis = step.config["axis"] % step.rank
    if layout == FIRST:
        axis = TO_FIRST.index(axis)
    return w.node("Concat", [w.take(v, layout) for v in step.inputs], axis=axis), layout


def _rescaling(w, step):
    config, layout = step.config, _layout_of(w, step)
    x = w.node("Mul", [w.take(step.inputs[0], layout), w.constant(config["scale"])])
    return w.node("Add", [x, w.constant(config["offset"])]), layout


def _reshaped(shape: Callable) -> Callable:
    return lambda w, step: (
        w.reshape(w.take(step.inputs[0], LAST), shape(step)), LAST)


def _mean(w, step):
    return w.node("ReduceMean", [w.take(step.inputs[0], LAST)], keepdims=0,
                  axes=step.config["axis"]), LAST


def _global_max(w, step):
    return w.node("ReduceMax", [w.take(step.inputs[0], LAST)], keepdims=0,
                  axes=list(range(1, step.rank - 1))), LAST


def _select_channels(w, step):
    part = [w.constant([step.config[key]], "int64") for key in ("start", "stop")]
    return w.node("Slice", [w.take(step.inputs[0], FIRST), *part,
                            w.constant([1], "int64")]), FIRST


def _imagenet_input(w, step):
    offset = 127.5 - np.array(IMAGENET_MEAN_BGR)[:, None, None]
    x = w.node("Gather", [w.take(step.inputs[0], FIRST), w.constant((2, 1, 0), "int64")],
               axis=1)
    x = w.node("Mul", [x, w.constant(127.5)])
    return w.node("Add", [x, w.constant(offset)]), FIRST


# === From maps to coordinates ===

def _by_joint(w, value: int, shape) -> str:
    """Maps as (N, J, H*W)."""
    return w.reshape(w.take(value, FIRST), (-1, shape[3], shape[1] * shape[2]))


def _sum(w, x: str, axis: int, keepdims: int = 1) -> str:
    return w.node("ReduceSum", [x, w.constant([axis], "int64")], keepdims=keepdims)


def _best_window(w, maps: str) -> str:
    """The greatest sum of 2x2 neighbours of maps (N, J, H, W): (N, J, 1)."""
    x = w.node("AveragePool", [maps], kernel_shape=(2, 2), strides=(1, 1))
    x = w.node("Mul", [w.node("GlobalMaxPool", [x]), w.constant(4.0)])
    return w.node("Squeeze", [x, w.constant([3], "int64")])


def _read_maps(w, step):
    rows, columns, joints = step.shape[1:]
    layer = ReadMaps.from_config(step.config)
    value, *others = step.inputs
    flat = _by_joint(w, value, step.shape)
    if layer.alpha != 1:
        flat = w.node("Mul", [flat, w.constant(layer.alpha)])
    e = w.node("Softmax", [flat], axis=-1)
    others = iter(others)

    def part(name: str) -> str:
        if name == "position":
            weights = layer.pixel_weights(rows, columns)[:, :2]
            return w.node("MatMul", [e, w.constant(weights)])
        if name == "confidence":
            return _best_window(w, w.reshape(e, (-1, joints, rows, columns)))
        if name == "depth":
            depth = w.node("Sigmoid", [_by_joint(w, next(others), step.shape)])
            return _sum(w, w.node("Mul", [depth, e]), 2)
        features = w.reshape(w.take(next(others), FIRST), (0, 0, rows * columns))
        features = w.node("Transpose", [features], perm=(0, 2, 1))
        return w.node("MatMul", [e, features])

    return [(part(name), LAST) for name in step.config["parts"]]


def _keypoint_confidence(w, step):
    return _best_window(w, w.take(step.inputs[0], FIRST)), LAST


def _channel_softmax(w, step):
    rows, columns, joints = step.shape[1:]
    x = _by_joint(w, step.inputs[0], step.shape)
    x = w.node("Mul", [x, w.constant(step.config["alpha"])])
    x = w.node("Softmax", [x], axis=-1)
    return w.reshape(x, (-1, joints, rows, columns)), FIRST


def _depth_softmax(w, step):
    return w.node("Softmax", [w.take(step.inputs[0], LAST)], axis=1), LAST


def _soft_argmax1d(w, step):
    ramp = own.SoftArgmax1D.from_config(step.config).ramp("ramp_z", step.shape[1])
    x = w.node("Mul", [w.take(step.inputs[0], LAST), w.constant(ramp[:, None])])
    x = _sum(w, x, 1, keepdims=0)
    return w.node("Unsqueeze", [x, w.constant([2], "int64")]), LAST


def _context_aggregation(w, step):
    ys, yc, confidence = (w.take(v, LAST) for v in step.inputs)
    count, joints = step.config["num_contexts"], step.shape[1]
    yc = w.reshape(yc, (-1, joints, count, 2))
    p = w.reshape(confidence, (-1, joints, count, 1))
    context = w.node("Div", [_sum(w, w.node("Mul", [p, yc]), 2, keepdims=0),
                             _sum(w, p, 2, keepdims=0)])
    weighted = [w.node("Mul", [x, w.constant(weight)])
                for x, weight in ((ys, step.config["alpha"]),
                                  (context, 1 - step.config["alpha"]))]
    return w.node("Add", weighted), LAST


WRITERS: dict[type, Callable] = {
    layers.Conv2D: _conv2d,
    layers.DepthwiseConv2D: _conv2d,
    layers.SeparableConv2D: _separable_conv2d,
    layers.Conv2DTranspose: _conv2d_transpose,
    layers.MaxPooling2D: _max_pooling2d,
    layers.UpSampling2D: _up_sampling2d,
    layers.ZeroPadding2D: _zero_padding2d,
    layers.Activation: _activation,
    layers.Add: _joining("Add"),
    layers.Multiply: _joining("Mul"),
    layers.Concatenate: _concatenate,
    layers.Rescaling: _rescaling,
    layers.Reshape: _reshaped(lambda step: (0, *step.config["target_shape"])),
    layers.GlobalMaxPooling1D: _global_max,
    layers.GlobalMaxPooling2D: _global_max,
    own.FoldTime: _reshaped(lambda step: (-1, *step.shape[2:])),
    own.UnfoldTime: _reshaped(
        lambda step: (-1, step.config["num_frames"], *step.shape[1:])),
    own.Mean: _mean,
    own.SelectChannels: _select_channels,
    own.MaxMinPooling2D: _max_min_pooling2d,
    own.GlobalMaxMinPooling2D: _global_max_min_pooling2d,
    own.ChannelSoftmax2D: _channel_softmax,
    own.ChannelSoftmax1D: _depth_softmax,
    own.SoftArgmax1D: _soft_argmax1d,
    own.KeypointConfidence: _keypoint_confidence,
    own.ContextAggregation: _context_aggregation,
    ImagenetInput: _imagenet_input,
    ReadMaps: _read_maps,
}
