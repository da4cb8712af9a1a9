"""Temporal convolutions that lift 2D key points to 3D poses (CVPR 2019).

    (N, T, J, F) -> expand -> block 1 .. block B -> shrink -> (N, T', Jout, 3)

                      +----------- crop in time -----------+
                      |                                    |
    expand:  conv     | block:  conv (wide)   conv (1)     |
             BN       |         BN            BN           |
             ReLU     |         ReLU          ReLU         |
             dropout -+-------  dropout       dropout ---- + ->

Every convolution is "valid", so T' = T - (receptive field) + 1.  The dilated
form slides over a sequence of any length; the strided form computes one frame
of every receptive field and is what training uses.  Both have the same layer
names and weights: `strided.set_weights(dilated.get_weights())`.
"""
import math
from typing import Mapping, Sequence

import keras
import numpy as np
from keras import layers

from deephar.layers import BoneDifference, Project

BN_EPSILON = 1e-5


def receptive_field(widths: Sequence[int]) -> int:
    """Input frames that one output frame sees.

    Raises:
        ValueError: a width is not an odd positive number.
    """
    if not widths or any(w < 1 or w % 2 == 0 for w in widths):
        raise ValueError(
            f"filter widths must be odd and at least one, got {tuple(widths)}")
    return math.prod(widths)


def temporal_padding(widths: Sequence[int], causal: bool = False) -> tuple[int, int]:
    """(frames in front, frames behind) that make T' = T for a whole sequence."""
    total = receptive_field(widths) - 1
    return (total, 0) if causal else (total // 2, total // 2)


@keras.saving.register_keras_serializable("deephar")
class ScheduledBatchNormalization(layers.BatchNormalization):
    """Batch normalisation whose momentum is a variable: it changes every epoch.

    The stock layer's momentum is a number that the compiled step keeps.
    """

    def __init__(self, momentum: float = 0.9, **kwargs):
        super().__init__(momentum=momentum, **kwargs)
        self.initial_momentum = momentum

    def build(self, input_shape):
        super().build(input_shape)
        self.momentum = self.add_weight(
            name="momentum", shape=(), trainable=False, autocast=False,
            initializer=keras.initializers.Constant(self.initial_momentum))

    def get_config(self):
        momentum, self.momentum = self.momentum, self.initial_momentum
        config = super().get_config()
        self.momentum = momentum
        return config


def set_bn_momentum(model: keras.Model, momentum: float) -> None:
    """Set the momentum (Keras' sense) of every scheduled batch normalisation.

    Those of networks inside `model` too.
    """
    for layer in model._flatten_layers():
        if isinstance(layer, ScheduledBatchNormalization):
            layer.momentum.assign(momentum)


@keras.saving.register_keras_serializable("deephar")
class TakeFrames(layers.Layer):
    """Frames `start`, `start + step`, ... before `stop` of (N, T, C)."""

    def __init__(self, start: int = 0, stop: int | None = None, step: int = 1,
                 **kwargs):
        super().__init__(**kwargs)
        self.start, self.stop, self.step = start, stop, step

    def call(self, inputs):
        return inputs[:, self.start:self.stop:self.step]

    def get_config(self):
        return {**super().get_config(),
                "start": self.start, "stop": self.stop, "step": self.step}


def build(widths: Sequence[int] = (3, 3, 3), *, joints_in: int = 17,
          features: int = 2, joints_out: int = 17, channels: int = 1024,
          dropout: float = 0.25, causal: bool = False, dense: bool = False,
          strided: bool = False, name: str = "temporal") -> keras.Model:
    """The temporal lifter.

    Args:
        widths: odd filter widths; their product is the receptive field.
        joints_in, features: of the input, (N, T, J, F).
        joints_out: 17 for poses, 1 for the trajectory of the root.
        channels: of every hidden convolution.
        causal: the output belongs to the last frame of its window, not to
            the middle one.
        dense: ablation with wide instead of dilated kernels.
        strided: the training form, one output per receptive field.

    Returns:
        A model from (N, T, joints_in, features) to (N, T', joints_out, 3).
    """
    receptive_field(widths)
    if dense and strided:
        raise ValueError("dense=True has no strided form: use strided=False")

    def activate(x, label):
        x = ScheduledBatchNormalization(epsilon=BN_EPSILON, name=f"bn_{label}")(x)
        x = layers.ReLU(name=f"relu_{label}")(x)
        return layers.Dropout(dropout, name=f"dropout_{label}")(x)

    def conv(x, label, width, dilation=1):
        stride = width if strided else 1
        return _conv1d(channels, width, f"conv_{label}", use_bias=False, strides=stride,
                       dilation_rate=1 if strided else dilation)(x)

    inputs = keras.Input((None, joints_in, features), name="keypoints")
    x = layers.Reshape((-1, joints_in * features), name="flatten_joints")(inputs)
    x = activate(conv(x, "expand", widths[0]), "expand")
    dilation = widths[0]
    for i, width in enumerate(widths[1:]):
        shortcut = _crop(x, width, dilation, causal, strided, f"crop_{i}")
        reach = (width - 1) * dilation
        x = (conv(x, 2 * i, reach + 1) if dense
             else conv(x, 2 * i, width, dilation))
        x = activate(x, 2 * i)
        x = activate(conv(x, 2 * i + 1, 1), 2 * i + 1)
        x = layers.Add(name=f"add_{i}")([shortcut, x])
        dilation *= width
    bound = 1 / math.sqrt(channels)
    # Coordinates stay in float32 under mixed precision.
    x = _conv1d(3 * joints_out, 1, "shrink", dtype="float32",
                bias_initializer=keras.initializers.RandomUniform(-bound, bound))(x)
    outputs = layers.Reshape((-1, joints_out, 3), name="poses", dtype="float32")(x)
    return keras.Model(inputs, outputs, name=name)


def build_semi_supervised(pose: keras.Model, trajectory: keras.Model,
                          parents: Sequence[int] | None = None) -> keras.Model:
    """Poses and the root's trajectory of labelled and unlabelled windows.

    The unlabelled poses, put where their trajectory says and seen by the
    camera, must fall on the key points, and bones must be as long as those of
    the labelled poses, on the mean of the batch.

    Args:
        pose, trajectory: from `build`; they are shared.
        parents: of the joints; None: without unlabelled windows.

    Returns:
        A model from keypoints (and unlabelled, cameras (N, 9)) to poses and
        trajectory (and projected key points, and `BoneDifference`).
    """
    keypoints = keras.Input(pose.input_shape[1:], name="keypoints")
    inputs, outputs = [keypoints], [pose(keypoints), trajectory(keypoints)]
    if parents is not None:
        other = keras.Input(pose.input_shape[1:], name="unlabelled")
        camera = keras.Input((9,), name="cameras")
        poses = pose(other)
        inputs += [other, camera]
        outputs += [Project(name="projected")([poses + trajectory(other), camera]),
                    BoneDifference(parents, name="bones")([outputs[0], poses])]
    return keras.Model(inputs, outputs, name="semi_supervised")


def _conv1d(filters, width, name, **options):
    """A valid convolution, started uniformly in +-1/sqrt(fan in)."""
    return layers.Conv1D(
        filters, width, name=name,
        kernel_initializer=keras.initializers.VarianceScaling(
            1 / 3, "fan_in", "uniform"), **options)


def _crop(x, width, dilation, causal, strided, name):
    """The block's input at the frames that its output belongs to."""
    if strided:
        start = width - 1 if causal else width // 2
        return TakeFrames(start, None, width, name=name)(x)
    reach = (width - 1) * dilation
    front = reach if causal else reach // 2
    return TakeFrames(front, front - reach or None, name=name)(x)


def load_torch_state(model: keras.Model, state: Mapping[str, np.ndarray]) -> None:
    """Fill `model` with the dictionary of a published PyTorch checkpoint.

    Args:
        model: from `build`, of the checkpoint's widths and channels.
        state: `model_pos` (or `model_traj`) of the checkpoint, as arrays; for
            instance the content of an npz file.

    Raises:
        ValueError: a key is missing, left over, or has another shape; names it.
    """
    left = {k: v for k, v in state.items() if not k.endswith("num_batches_tracked")}
    values = []
    for weight in model.weights:
        if weight.name == "momentum":
            continue
        key = _torch_key(weight.path)
        if key not in left:
            raise ValueError(f"the checkpoint has no {key}; it has {sorted(state)}")
        array = np.asarray(left.pop(key), np.float32)
        array = array.transpose(2, 1, 0) if array.ndim == 3 else array
        if array.shape != tuple(weight.shape):
            raise ValueError(
                f"{key}: shape {array.shape} in the checkpoint (width, in, out), "
                f"{tuple(weight.shape)} in the model")
        values.append((weight, array))
    if left:
        raise ValueError(f"the model has no place for {sorted(left)}")
    for weight, array in values:
        weight.assign(array)


_TORCH_WEIGHT = {"kernel": "weight", "bias": "bias", "gamma": "weight", "beta": "bias",
                 "moving_mean": "running_mean", "moving_variance": "running_var"}


def _torch_key(path: str) -> str:
    """`conv_0/kernel` -> `layers_conv.0.weight`."""
    layer, weight = path.split("/")[-2:]
    if layer != "shrink":
        kind, label = layer.split("_")
        layer = f"expand_{kind}" if label == "expand" else f"layers_{kind}.{label}"
    return f"{layer}.{_TORCH_WEIGHT[weight]}"
