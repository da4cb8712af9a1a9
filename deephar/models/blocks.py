"""Units that more than one network is made of.

`separable_residual` and the readers of ReceptionNet's maps (CVPR'18),
`residual`, the unit of SPNet (TPAMI'20).
"""
from keras import layers

from deephar.layers import (
    ChannelSoftmax1D, ChannelSoftmax2D, ContextAggregation, KeypointConfidence,
    Mean, SelectChannels, SoftArgmax1D, SoftArgmax2D)
from deephar.layers.conv import (
    act_conv_bn, batch_norm, conv, relu, sep_act_conv_bn, separable_conv)


def separable_residual(x, filters: int, size, *, name: str):
    """ReceptionNet's unit: `(N, H, W, C)` to `(N, H, W, filters)`."""
    width = x.shape[-1]
    shortcut = x
    if filters != width:
        shortcut = act_conv_bn(x, filters, 1, name=f"{name}_shortcut")
    if filters < width:
        x = act_conv_bn(x, filters, 1, name=f"{name}_reduce")
    x = sep_act_conv_bn(x, filters, size, name=name)
    return layers.Add(name=f"{name}_add")([shortcut, x])


def residual(x, size, filters: int | None = None, strides: int = 1,
             convtype: str = "depthwise", features_div: int = 2, *, name: str):
    """SPNet's unit: `(N, H, W, C)` to `(N, H/strides, W/strides, filters)`.

    Args:
        size: of the convolution that looks around.
        filters: the width; None keeps it.
        convtype: 'depthwise', one separable convolution, or 'normal', a 1x1
            to `filters // features_div` and a full convolution.
    """
    filters = filters or x.shape[-1]
    if filters != x.shape[-1] or strides != 1:
        x = batch_norm(x, scale=True, name=f"{name}_bn1")
        shortcut = relu(x, name=f"{name}_shortcut_act")
        shortcut = conv(shortcut, filters, 1, strides, name=f"{name}_shortcut_conv")
    else:
        shortcut = x
        x = batch_norm(x, scale=True, name=f"{name}_bn1")
    x = relu(x, name=f"{name}_act1")
    if convtype == "depthwise":
        x = separable_conv(x, filters, size, strides, name=f"{name}_conv1")
    else:
        x = conv(x, filters // features_div, 1, name=f"{name}_conv1")
        x = batch_norm(x, scale=True, name=f"{name}_bn2")
        x = relu(x, name=f"{name}_act2")
        x = conv(x, filters, size, strides, name=f"{name}_conv2")
    return layers.Add(name=f"{name}_add")([shortcut, x])


def float32_concatenate(inputs, *, name: str):
    """Coordinates side by side, in float32 under any dtype policy."""
    return layers.Concatenate(dtype="float32", name=name)(inputs)


class ContextReader:
    """2D poses from maps of joints and of their contexts.

    The soft-argmax layers are shared by all blocks, as in the files.

    Args:
        num_contexts: maps per joint beside its own; 0 for none.
        alpha: weight of the joint's own map.
    """

    def __init__(self, num_joints: int, num_contexts: int, alpha: float):
        self.num_joints = num_joints
        self.num_contexts = num_contexts
        self.specialised = SoftArgmax2D(name="sSAM")
        self.contextual = SoftArgmax2D(name="cSAM")
        self.aggregation = ContextAggregation(num_contexts, alpha, name="Agg")

    def __call__(self, maps, block=""):
        """Reads maps `(N, H, W, J*(1+n))`; `block` ends the layers' names.

        Returns:
            pose `(N, J, 2)`, the joints' maps `(N, H, W, J)`, their softmax.
        """
        joints = self.num_joints
        own = SelectChannels(0, joints, name=f"own_maps{block}")(maps)
        probability = ChannelSoftmax2D(name=f"own_softmax{block}")(own)
        pose = self.specialised(probability)
        if self.num_contexts:
            context = SelectChannels(joints, maps.shape[-1],
                                     name=f"context_maps{block}")(maps)
            contexts = self.contextual(
                ChannelSoftmax2D(name=f"context_softmax{block}")(context))
            confidence = KeypointConfidence(
                name=f"context_confidence{block}")(context)
            pose = self.aggregation([pose, contexts, confidence])
        # The shared layers have one name, the outputs each their own.
        pose = layers.Identity(dtype="float32", name=f"pose{block}")(pose)
        return pose, own, probability


class DepthReader:
    """3D poses from volumes; the soft-argmax layers are shared by all blocks."""

    def __init__(self, depth_maps: int):
        self.depth_maps = depth_maps
        self.plane = SoftArgmax2D(name="sSAM")
        self.depth = SoftArgmax1D(name="zSAM")

    def __call__(self, maps, block=""):
        """Reads maps `(N, H, W, depth*J)`; `block` ends the layers' names.

        Returns:
            pose `(N, J, 3)`, maps `(N, H, W, J)` of the image plane, their
            softmax, and the score `(N, J)` of which visibility is the sigmoid.
        """
        rows, columns, channels = maps.shape[1:]
        shape = (rows, columns, self.depth_maps, channels // self.depth_maps)
        volume = layers.Reshape(shape, dtype="float32", name=f"volume{block}")(maps)
        plane = Mean(axis=(3,), name=f"plane{block}")(volume)
        depth = Mean(axis=(1, 2), name=f"depth{block}")(volume)
        probability = ChannelSoftmax2D(name=f"plane_softmax{block}")(plane)
        xy = self.plane(probability)
        z = self.depth(ChannelSoftmax1D(name=f"depth_softmax{block}")(depth))
        pose = float32_concatenate([xy, z], name=f"pose{block}")
        best_plane = layers.GlobalMaxPooling2D(
            dtype="float32", name=f"plane_max{block}")(plane)
        best_depth = layers.GlobalMaxPooling1D(
            dtype="float32", name=f"depth_max{block}")(depth)
        score = layers.Add(dtype="float32", name=f"score{block}")(
            [best_plane, best_depth])
        return pose, plane, probability, score


def visibility_of(score, *, name: str):
    """Sigmoid of a score `(N, J)`: `(N, J, 1)`."""
    score = layers.Reshape((-1, 1), dtype="float32", name=f"{name}_score")(score)
    return layers.Activation("sigmoid", dtype="float32", name=name)(score)
