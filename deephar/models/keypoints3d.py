"""Actions on 3D key points: hourglasses over volumes, then the action heads.

What was published of this network (ICPR 2020) is a stem, a "3D hourglass",
shallow and deep features, and pose and appearance branches that are added up.
Depth, widths and losses were not: what follows is this project's reading.

    picture -> Stem -> S -> Hourglass1 -> D1 -> volume1 -> pose, visibility
                       |                   |        |
                       + <-----------------+--------+
                       |
                       +--> Hourglass2 -> D2 -> volume2 -> pose, visibility

    clip -> the same, frame by frame -> poses -----------------> PoseAR
                                     -> [S, D] under the joints -> GuidedVisAR

S are the shallow features, D of the last hourglass the deep ones.
"""
import os

import keras
from keras import layers

from deephar.layers import FoldTime
from deephar.layers.conv import act_conv_bn, batch_norm, conv, relu
from deephar.models.action import build_recognition
from deephar.models.blocks import (
    DepthReader, float32_concatenate, separable_residual, visibility_of)
from deephar.models.common import set_trainable_layers
from deephar.models.reception import WIDTH, build_stem

BOTTOM_UNITS = 3


def build(input_shape, num_joints: int, *, stacks: int = 2, width: int = 288,
          depth_maps: int = 16, num_levels: int = 4, stem: str = "inception",
          stem_weights: str | os.PathLike | None = None, freeze_stem: bool = False,
          imagenet_input: bool | None = None, stem_width: int = WIDTH) -> keras.Model:
    """The pose network: 3D poses from one picture.

    Args:
        input_shape: (H, W, 3); an hourglass halves H/8 and W/8
            `num_levels - 1` times.
        stacks: hourglasses, each with its own output.
        width: features of an hourglass.
        depth_maps: bins of depth.
        num_levels: resolutions of an hourglass.
        stem, stem_weights, freeze_stem, imagenet_input: as `reception.build`.
        stem_width: features of the stem, `width` there.

    Returns:
        A model from pictures `(N, H, W, 3)` to `(N, J, 4)` per stack: x and y
        in the crop, depth and visibility.

    Raises:
        ValueError: an argument is out of range.
    """
    _check(input_shape, stacks, width, depth_maps, num_levels)
    inputs = keras.Input(input_shape, name="input")
    shallow = build_stem(input_shape, stem, stem_weights=stem_weights,
                         freeze_stem=freeze_stem, imagenet_input=imagenet_input,
                         width=stem_width)(inputs)
    # A sub-model's own `output` is not in this graph: these names are.
    shallow = layers.Identity(name="shallow")(shallow)
    reader = DepthReader(depth_maps)
    x, outputs = shallow, []
    for i in range(1, stacks + 1):
        deep = hourglass(x.shape[1:], width, num_levels, name=f"Hourglass{i}")(x)
        deep = layers.Identity(name=f"deep{i}")(deep)
        maps = conv(deep, depth_maps * num_joints, 1, name=f"volume{i}_maps")
        pose, _, probability, score = reader(maps, i)
        visibility = visibility_of(score, name=f"visibility{i}")
        outputs.append(float32_concatenate([pose, visibility],
                                           name=f"pose_visibility{i}"))
        if i < stacks:
            back = [conv(y, shallow.shape[-1], 1, name=f"back{i}_{name}")
                    for y, name in ((deep, "deep"), (maps, "maps"))]
            x = layers.Add(name=f"add{i}")([shallow, *back])
    return keras.Model(inputs, outputs, name="Keypoints3D")


def _check(input_shape, stacks, width, depth_maps, num_levels) -> None:
    for name, value in (("stacks", stacks), ("width", width),
                        ("depth_maps", depth_maps), ("num_levels", num_levels)):
        if value < 1:
            raise ValueError(f"{name} must be >= 1, got {value}")
    step = 8 * 2 ** (num_levels - 1)
    if any(not size or size % step for size in input_shape[:2]):
        raise ValueError(f"with {num_levels} levels H and W must be multiples of "
                         f"{step}, got {tuple(input_shape)}")


def hourglass(shape, width: int, num_levels: int, *, name: str) -> keras.Model:
    """Sub-model from `shape` to deep features `(H, W, width)`."""
    inputs = keras.Input(shape, name="input")
    x = act_conv_bn(inputs, width, 1, name="entry")
    skips = []
    for level in range(1, num_levels):
        skips.append(separable_residual(x, width, 3, name=f"skip{level}"))
        x = layers.MaxPooling2D(2, name=f"pool{level}")(x)
        x = separable_residual(x, width, 3, name=f"down{level}")
    for i in range(1, BOTTOM_UNITS + 1):
        x = separable_residual(x, width, 3, name=f"bottom{i}")
    for level in reversed(range(1, num_levels)):
        x = separable_residual(x, width, 3, name=f"up{level}")
        x = layers.UpSampling2D(2, name=f"upsample{level}")(x)
        x = layers.Add(name=f"add{level}")([x, skips.pop()])
    x = separable_residual(x, width, 3, name="top")
    x = batch_norm(x, name="deep_bn")
    x = conv(relu(x, name="deep_act"), width, 1, name="deep_conv")
    return keras.Model(inputs, x, name=name)


def build_action(pose_network: keras.Model, num_actions: int, num_frames: int, *,
                       shallow: bool = True, deep: bool = True,
                       pose_net_version: str = "v1", output_poses: bool = False,
                       weighted_merge: bool = True, full_trainable: bool = False
                       ) -> keras.Model:
    """A clip's action from the poses and features of the last stack.

    Args:
        pose_network: of `build`; its layers are shared, not copied.
        num_frames: T, a multiple of 4.
        shallow, deep: the features that the appearance branch looks at.
        full_trainable: otherwise every layer of `pose_network` is frozen.
        pose_net_version, output_poses, weighted_merge: as
            `action.build_merge_model`, which has the same outputs.

    Returns:
        A model from `(N, T, H, W, 3)` to `p1..p4`, `v1..v4` and `m`, each
        `(N, num_actions)`.

    Raises:
        ValueError: neither shallow nor deep features, or a wrong `pose_network`.
    """
    if not (shallow or deep):
        raise ValueError("the appearance branch needs shallow features, deep ones or "
                         "both, got neither")
    if pose_network.name != "Keypoints3D":
        raise ValueError("pose_network must be a network of keypoints3d.build, got "
                         f"{pose_network.name}")
    set_trainable_layers(pose_network, "", full_trainable)
    last = len(pose_network.outputs)
    taken = [pose_network.get_layer(f"{name}{last}").output
             for name in ("pose", "visibility", "plane_softmax")]
    taken += [pose_network.get_layer(name).output for name, wanted in (
        ("shallow", shallow), (f"deep{last}", deep)) if wanted]
    inputs = keras.Input((num_frames, *pose_network.input_shape[1:]), name="input")
    pose, visibility, probability, *features = keras.Model(
        pose_network.input, taken, name="Frames")(FoldTime(name="fold_time")(inputs))
    width = pose_network.get_layer("shallow").output.shape[-1]
    x = (layers.Concatenate(name="features_concat")(features) if len(features) > 1
         else features[0])
    x = conv(x, width, 1, name="features")
    return build_recognition(
        inputs, pose, visibility, probability, x, num_actions,
        pose_net_version=pose_net_version, output_poses=output_poses,
        weighted_merge=weighted_merge)
