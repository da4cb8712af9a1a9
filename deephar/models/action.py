"""Action recognition on top of ReceptionNet (CVPR'18 section 3.2).

    clip -> Stem -> rBlock1 -+-> Model1 -> maps -> poses  -> PoseAR ------> p1..p4
                             |               |                  |
                             +---------------+-> Kronecker -> GuidedVisAR -> v1..v4
                                                                |
                                              last maps of both -> m

The heads see planes of frames and joints, `(N, T, J, C)`.
"""
import keras
import numpy as np
from keras import layers

from deephar.layers import (
    FoldTime, GlobalMaxMinPooling2D, KeypointConfidence, KroneckerPooling,
    MaxMinPooling2D, UnfoldTime)
from deephar.layers.conv import act_conv, act_conv_bn, conv_bn, conv_bn_act
from deephar.models.blocks import ContextReader, DepthReader, visibility_of
from deephar.models.common import set_trainable_layers

NUM_HEAD_BLOCKS = 4


def build_pose_model(num_joints: int, num_actions: int,
                     num_temp_frames: int | None = None, pose_dim: int = 2,
                     name: str = "PoseAR", include_top: bool = True,
                     network_version: str = "v1") -> keras.Model:
    """Actions from poses.

    Args:
        num_temp_frames: T; None for any multiple of 4.
        include_top: output probabilities; else the maps that they come from.
        network_version: 'v1', or the wider 'v2'.

    Returns:
        A model from poses `(N, T, J, pose_dim)` and confidences `(N, T, J, 1)`
        to four predictions `(N, num_actions)`, or maps `(N, T/4, J/4, A)`.
    """
    if network_version not in WIDTHS:
        raise ValueError(f"network_version must be one of {sorted(WIDTHS)}, "
                         f"got {network_version!r}")
    entry, mixed, reduced = WIDTHS[network_version]
    y = keras.Input((num_temp_frames, num_joints, pose_dim), name="pose")
    p = keras.Input((num_temp_frames, num_joints, 1), name="confidence")
    x = layers.Multiply(dtype="float32", name="weighted_pose")([y, p])
    x = layers.Concatenate(name="entry_concat")([
        conv_bn_act(x, width, size, name=f"entry{i}")
        for i, (width, size) in enumerate(zip(entry, ((3, 1), (3, 3), (3, 5))))])
    a = conv_bn(x, mixed, 3, name="a1")
    b = conv_bn(x, reduced, 1, name="b1")
    b = conv_bn(b, mixed, 3, name="b2")
    x = layers.Concatenate(name="ab_concat")([a, b])
    x = MaxMinPooling2D(2, name="entry_pool")(x)
    outputs = _prediction_blocks(x, num_actions, include_top, "y")
    return keras.Model([y, p], outputs, name=name)


# Of the entry convolutions, the mixing ones, the 1x1 before the second of those.
WIDTHS = {"v1": ((8, 16, 24), 56, 32), "v2": ((12, 24, 36), 112, 64)}


def build_visual_model(num_joints: int, num_actions: int, num_features: int,
                       num_temp_frames: int | None = None,
                       name: str = "GuidedVisAR", include_top: bool = True
                       ) -> keras.Model:
    """Actions from the features under each joint.

    Args:
        num_features: C, channels of the features.
        num_temp_frames, include_top: as `build_pose_model`.

    Returns:
        A model from features `(N, T, J, C)` to four predictions.
    """
    inputs = keras.Input((num_temp_frames, num_joints, num_features),
                         name="features")
    x = conv_bn(inputs, 256, 1, name="entry")
    x = layers.MaxPooling2D(2, name="entry_pool")(x)
    outputs = _prediction_blocks(x, num_actions, include_top, "y")
    return keras.Model(inputs, outputs, name=name)


def _prediction_blocks(x, num_actions: int, include_top: bool, name: str) -> list:
    """Four blocks that re-inject their maps: probabilities, or the maps."""
    if any(size is not None and size % 2 for size in x.shape[1:3]):
        raise ValueError("the action heads halve frames and joints twice: both must "
                         "be multiples of 4")
    outputs = []
    for i in range(1, NUM_HEAD_BLOCKS + 1):
        is_last = i == NUM_HEAD_BLOCKS
        maps, x = _prediction_block(x, num_actions, is_last, f"{name}{i}")
        outputs.append(_top(maps, f"{name}{i}") if include_top else maps)
    return outputs


def _prediction_block(x, num_actions: int, is_last: bool, name: str):
    """Maps `(N, T/2, J/2, A)` from `(N, T, J, C)`, and the next block's input."""
    width = x.shape[-1]
    inner = act_conv_bn(x, width // 2, 1, name=f"{name}_reduce")
    inner = act_conv_bn(inner, width, 3, name=f"{name}_expand")
    x = layers.Add(name=f"{name}_add1")([x, inner])
    x1 = act_conv_bn(x, width, 3, name=f"{name}_features")
    maps = MaxMinPooling2D(2, name=f"{name}_pool")(x1)
    maps = act_conv(maps, num_actions, 3, name=f"{name}_maps")
    if is_last:
        return maps, None
    back = layers.UpSampling2D(2, name=f"{name}_upsample")(maps)
    back = act_conv_bn(back, width, 3, name=f"{name}_back")
    return maps, layers.Add(name=f"{name}_add2")([x, x1, back])


def _top(maps, name: str):
    """Probabilities `(N, A)` from maps `(N, T, J, A)`."""
    logits = GlobalMaxMinPooling2D(name=f"{name}_global")(maps)
    return layers.Activation("softmax", dtype="float32", name=name)(logits)


def build_merge_model(model_pe: keras.Model, num_actions: int, input_shape,
                      num_frames: int, num_joints: int, num_blocks: int,
                      pose_dim: int = 2, depth_maps: int = 8,
                      num_context_per_joint: int = 2,
                      pose_net_version: str = "v1", output_poses: bool = False,
                      weighted_merge: bool = True,
                      ar_pose_weights: str | None = None,
                      ar_visual_weights: str | None = None,
                      full_trainable: bool = False) -> keras.Model:
    """A clip's action from a pose network's poses and features.

    Args:
        model_pe: of `reception.build`; its layers are shared, not copied.
        input_shape: (H, W, 3) of a frame.
        num_blocks: how many of the pose network's blocks are run.
        depth_maps: as `model_pe` was built with, 3D only.
        num_context_per_joint: as `model_pe` was built with, 2D only.
        pose_net_version: 'v1' or 'v2', see `build_pose_model`.
        output_poses: also output, first, poses `(N, T, J, pose_dim)` and
            visibilities `(N, T, J, 1)`.
        weighted_merge: both last maps pass a trainable 1x1 convolution, which
            starts as the identity, before they are added.
        ar_pose_weights, ar_visual_weights: `.weights.h5` files of the heads,
            built without top.
        full_trainable: otherwise every layer of `model_pe` is frozen.  A frozen
            normalisation uses its moving statistics in training (in the
            published code it used the batch's).

    Returns:
        A model from `(N, T, H, W, 3)` to `p1..p4`, `v1..v4` and `m`, each
        `(N, num_actions)`.

    Raises:
        ValueError: `model_pe` or an argument does not fit.
    """
    if pose_dim not in (2, 3):
        raise ValueError(f"pose_dim must be 2 or 3, got {pose_dim}")
    inputs = keras.Input((num_frames, *input_shape), name="input")
    set_trainable_layers(model_pe, "", full_trainable)
    features, maps = _pose_network(
        model_pe, FoldTime(name="fold_time")(inputs), num_blocks)
    maps_per_joint = (1 + num_context_per_joint) if pose_dim == 2 else depth_maps
    if maps.shape[-1] != num_joints * maps_per_joint:
        raise ValueError(
            f"model_pe has {maps.shape[-1]} maps, but {num_joints} joints with "
            f"{maps_per_joint} maps each (pose_dim={pose_dim}) need "
            f"{num_joints * maps_per_joint}")
    reader = (ContextReader(num_joints, num_context_per_joint, alpha=0.8)
              if pose_dim == 2 else DepthReader(depth_maps))
    pose, visibility, probability = _read_clip(reader, maps)
    return build_recognition(
        inputs, pose, visibility, probability, features, num_actions,
        pose_net_version=pose_net_version, output_poses=output_poses,
        weighted_merge=weighted_merge, ar_pose_weights=ar_pose_weights,
        ar_visual_weights=ar_visual_weights)


def build_recognition(inputs, pose, visibility, probability, features,
                      num_actions: int, *, pose_net_version: str = "v1",
                      output_poses: bool = False, weighted_merge: bool = True,
                      ar_pose_weights: str | None = None,
                      ar_visual_weights: str | None = None) -> keras.Model:
    """The action heads on what a pose network says of every frame.

    Args:
        inputs: the clip `(N, T, H, W, 3)`.
        pose, visibility: of its frames, `(N*T, J, D)` and `(N*T, J, 1)`.
        probability: the joints' maps `(N*T, h, w, J)`, which weigh the
        features: `(N*T, h, w, C)`.
        num_actions and the others: as `build_merge_model`, with its outputs.
    """
    num_frames = inputs.shape[1]
    _, num_joints, pose_dim = pose.shape
    appearance = KroneckerPooling(name="Kronecker_prod")([probability, features])

    def unfold(x, name):
        return UnfoldTime(num_frames, dtype="float32", name=name)(x)

    pose, visibility = unfold(pose, "pose"), unfold(visibility, "visibility")
    pose_head = build_pose_model(
        num_joints, num_actions, num_frames, pose_dim, include_top=False,
        network_version=pose_net_version)
    visual_head = build_visual_model(
        num_joints, num_actions, features.shape[-1], num_frames, include_top=False)
    for head, weights in ((pose_head, ar_pose_weights),
                          (visual_head, ar_visual_weights)):
        if weights is not None:
            head.load_weights(weights)
    pose_maps = pose_head([pose, visibility])
    visual_maps = visual_head(unfold(appearance, "appearance"))

    outputs = [pose, visibility] if output_poses else []
    outputs += [_top(maps, f"p{i}") for i, maps in enumerate(pose_maps, 1)]
    outputs += [_top(maps, f"v{i}") for i, maps in enumerate(visual_maps, 1)]
    outputs.append(_merged(pose_maps[-1], visual_maps[-1], weighted_merge))
    return keras.Model(inputs, outputs, name="MergedAR")


def _pose_network(model_pe: keras.Model, x, num_blocks: int):
    """Features of rBlock1 and the last block's maps of frames `(N*T, H, W, 3)`."""
    names = {layer.name for layer in model_pe.layers}
    if "Stem" not in names or f"RegMap{num_blocks}" not in names:
        raise ValueError(f"model_pe must be a network of reception.build with at "
                         f"least {num_blocks} blocks, got {model_pe.name}")
    if "sepconv1_conv" in names:
        raise ValueError("model_pe must not be built with old_model=True")

    def part(name, i):
        return model_pe.get_layer(f"{name}{i}")

    features = part("rBlock", 1)(model_pe.get_layer("Stem")(x))

    inputs = x = keras.Input(features.shape[1:], name="input")
    for i in range(1, num_blocks):
        separable = part("SepConv", i)(x)
        back = part("fReMap", i)(part("RegMap", i)(separable))
        x = layers.Add(name=f"add{i}")([x, separable, back])
        x = part("rBlock", i + 1)(x)
    maps = part("RegMap", num_blocks)(part("SepConv", num_blocks)(x))
    return features, keras.Model(inputs, maps, name="Model1")(features)


def _read_clip(reader, maps):
    """Pose, visibility and probability maps of every frame."""
    if isinstance(reader, ContextReader):
        pose, own_maps, probability = reader(maps, "_of_frames")
        visibility = KeypointConfidence(name="sjProb")(own_maps)
        # As published: the confidence is that of four times the raw maps here.
        visibility = layers.Rescaling(4.0, dtype="float32", name="sjProb_scale")(
            visibility)
    else:
        pose, _, probability, score = reader(maps, "_of_frames")
        # As published: twice the pose network's score.
        score = layers.Rescaling(2.0, dtype="float32", name="score_scale")(score)
        visibility = visibility_of(score, name="frame_visibility")
    return pose, visibility, probability


def _merged(pose_maps, visual_maps, weighted: bool):
    """The output `m` from the last maps of both heads."""
    maps = [pose_maps, visual_maps]
    if weighted:
        maps = [_identity_convolution(m, name)
                for m, name in zip(maps, ("merge_pose", "merge_visual"))]
    return _top(layers.Add(name="merge_add")(maps), "m")


def _identity_convolution(x, name: str):
    channels = x.shape[-1]
    layer = layers.SeparableConv2D(channels, 1, use_bias=False, name=name)
    x = layer(x)
    layer.set_weights([np.ones((1, 1, channels, 1)),
                       np.eye(channels)[None, None]])
    return x
