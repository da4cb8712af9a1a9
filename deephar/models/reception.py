"""ReceptionNet, 2D or 3D poses from one picture (CVPR'18 section 3.1).

    picture -> Stem -> rBlock1 -> SepConv1 -> + ----------> + -> rBlock2 ...
                           |                  |             |
                           +------------------+-> RegMap1 -> fReMap1
                                                     |
                                              pose, visibility

Every part is a sub-model, as in the published files: a file's groups are
this model's layers, and the order of weights in a group is Keras' order of
layers in the sub-model, which follows from the graph drawn here.
"""
import os

import keras
from keras import layers

from deephar.layers import KeypointConfidence
from deephar.layers.conv import (
    act_conv, act_conv_bn, conv_bn, conv_bn_act, sep_act_conv_bn)
from deephar.models import vgg
from deephar.models.blocks import (
    ContextReader, DepthReader, float32_concatenate, separable_residual,
    visibility_of)

STEMS = ("inception", "vgg16")
WIDTH = 576                     # features between the blocks, as published
WIDTH_STEP = 18                 # the stem's narrowest layer has a share of this


def build(input_shape, num_joints: int, dim: int,
          num_context_per_joint: int | None = None, alpha: float = 0.8,
          num_blocks: int = 4, depth_maps: int = 16, ksize=(3, 3),
          export_heatmaps: bool = False, export_vfeat_block: int | None = None,
          old_model: bool = False, concat_pose_confidence: bool = True, *,
          stem: str = "inception", stem_weights: str | os.PathLike | None = None,
          freeze_stem: bool = False, imagenet_input: bool | None = None,
          width: int = WIDTH) -> keras.Model:
    """The pose network.

    Args:
        input_shape: (H, W, 3), multiples of 32.
        dim: 2, or 3 for poses with depth.
        num_context_per_joint: context maps per joint, 2D only; None means 2.
        alpha: weight of a joint's own map against its contexts.
        num_blocks: prediction blocks, each with its own outputs.
        depth_maps: bins of depth, 3D only.
        ksize: of the separable convolutions in the blocks.
        export_heatmaps: also output the maps `(N, H/8, W/8, J)` of every block.
        export_vfeat_block: also output, last, the features of this block's
            rBlock; counts from 1.
        old_model: the first version of the stem.
        concat_pose_confidence: one output `(N, J, dim + 1)` per block, else
            two, pose `(N, J, dim)` and visibility `(N, J, 1)`.
        stem: one of `STEMS`; "inception" is the published one.
        stem_weights, imagenet_input: of VGG-16, see `vgg.vgg16_stem`.
        freeze_stem: the trunk of VGG-16 is not trained.
        width: features between the blocks, 576 as published; stem and blocks
            grow with it.

    Returns:
        A model from pictures `(N, H, W, 3)` to the outputs, block by block.

    Raises:
        ValueError: an argument is out of range.
        RuntimeError: ImageNet's weights cannot be had.
    """
    _check(input_shape, dim, num_context_per_joint, num_blocks, depth_maps,
           export_vfeat_block)
    if dim == 2:
        contexts = 2 if num_context_per_joint is None else num_context_per_joint
        num_maps = num_joints * (1 + contexts)
        reader = ContextReader(num_joints, contexts, alpha)
    else:
        num_maps = num_joints * depth_maps
        reader = DepthReader(depth_maps)

    inputs = keras.Input(input_shape, name="input")
    x = build_stem(input_shape, stem, old_model=old_model, stem_weights=stem_weights,
                   freeze_stem=freeze_stem, imagenet_input=imagenet_input,
                   width=width)(inputs)
    if old_model:
        x = separable_residual(x, 512, 3, name="sepconv1")
    outputs, features = [], []
    for i in range(1, num_blocks + 1):
        x = reception_block(x.shape[1:], ksize, name=f"rBlock{i}")(x)
        features.append(x)
        maps, x = prediction_block(x, num_maps, ksize, i, is_last=i == num_blocks)
        outputs += _outputs(reader, maps, i, export_heatmaps,
                            concat_pose_confidence)
    if export_vfeat_block is not None:
        outputs.append(features[export_vfeat_block - 1])
    return keras.Model(inputs, outputs, name="ReceptionNet")


def _check(input_shape, dim, num_context_per_joint, num_blocks, depth_maps,
           export_vfeat_block) -> None:
    if dim not in (2, 3):
        raise ValueError(f"dim must be 2 or 3, got {dim}")
    if dim == 3 and num_context_per_joint is not None:
        raise ValueError("num_context_per_joint must be None for 3D poses, which "
                         f"have no context maps, got {num_context_per_joint}")
    if num_context_per_joint is not None and num_context_per_joint < 0:
        raise ValueError(
            f"num_context_per_joint must be >= 0, got {num_context_per_joint}")
    for name, value in (("num_blocks", num_blocks), ("depth_maps", depth_maps)):
        if value < 1:
            raise ValueError(f"{name} must be >= 1, got {value}")
    if export_vfeat_block is not None and not 1 <= export_vfeat_block <= num_blocks:
        raise ValueError(f"export_vfeat_block must be 1 to {num_blocks}, "
                         f"got {export_vfeat_block}")
    if any(not size or size % 32 for size in input_shape[:2]):
        raise ValueError("input_shape must be (H, W, 3) with H and W multiples "
                         f"of 32, got {tuple(input_shape)}")


def _outputs(reader, maps, i, export_heatmaps, concatenated) -> list:
    """Pose and visibility of block `i`, then its maps if asked for."""
    if isinstance(reader, ContextReader):
        pose, own_maps, _ = reader(maps, i)
        visibility = KeypointConfidence(name=f"visibility{i}")(own_maps)
    else:
        pose, own_maps, _, score = reader(maps, i)
        visibility = visibility_of(score, name=f"visibility{i}")
    outputs = [pose, visibility]
    if concatenated:
        outputs = [float32_concatenate(outputs, name=f"pose_visibility{i}")]
    return outputs + [own_maps] * export_heatmaps


def build_stem(input_shape, stem: str = "inception", *, old_model: bool = False,
               stem_weights: str | os.PathLike | None = None,
               freeze_stem: bool = False, imagenet_input: bool | None = None,
               width: int = WIDTH) -> keras.Model:
    """Sub-model `Stem` by its name; the arguments are those of `build`."""
    if stem not in STEMS:
        raise ValueError(f"stem must be one of {STEMS}, got {stem!r}")
    if width < 1 or width % WIDTH_STEP:
        raise ValueError(f"width must be a multiple of {WIDTH_STEP}, got {width}")
    if old_model and width != WIDTH:
        raise ValueError(f"old_model has one width only, got width={width}")
    if stem == "vgg16":
        if old_model:
            raise ValueError("old_model is a version of the inception stem, got "
                             "stem='vgg16'")
        model = vgg.vgg16_stem(input_shape, stem_weights, imagenet_input, width)
        if freeze_stem:
            vgg.freeze_trunk(model)
        return model
    if stem_weights is not None or freeze_stem or imagenet_input:
        raise ValueError("stem_weights, freeze_stem and imagenet_input belong to "
                         "stem='vgg16', got stem='inception'")
    return inception_stem(input_shape, old_model, width)


def inception_stem(input_shape, old_model: bool = False, width: int = WIDTH
                   ) -> keras.Model:
    """Sub-model `Stem`: `(N, H, W, 3)` to `(N, H/8, W/8, width)`."""
    w = width // WIDTH_STEP                     # 32 of 576

    def concatenate(inputs, name):
        return layers.Concatenate(name=name)(inputs)

    inputs = keras.Input(input_shape, name="input")
    x = conv_bn_act(inputs, w, 3, 2, name="conv1")
    if not old_model:
        x = conv_bn_act(x, w, 3, name="conv2")
    x = conv_bn_act(x, 2 * w, 3, name="conv3")

    a = conv_bn_act(x, w if old_model else 3 * w, 3, 2, name="down1")
    b = layers.MaxPooling2D(3, strides=2, padding="same", name="down1_pool")(x)
    x = concatenate([a, b], "down1_concat")

    a = conv_bn_act(x, 2 * w, 1, name="a1")
    a = conv_bn(a, 3 * w, 3, name="a2")
    b = conv_bn_act(x, 2 * w, 1, name="b1")
    b = conv_bn_act(b, 2 * w, (5, 1), name="b2")
    b = conv_bn_act(b, 2 * w, (1, 5), name="b3")
    b = conv_bn(b, 3 * w, 3, name="b4")
    x = concatenate([a, b], "ab_concat")

    a = act_conv_bn(x, 6 * w, 3, 2, name="down2")
    b = layers.MaxPooling2D(2, strides=2, name="down2_pool")(x)
    x = concatenate([a, b], "down2_concat")
    if not old_model:
        x = separable_residual(x, width, 3, name="sepconv1")
    return keras.Model(inputs, x, name="Stem")


def reception_block(shape, ksize, *, name: str) -> keras.Model:
    """Sub-model `rBlock`: three resolutions, `shape` in and out."""
    def upsample(x, level):
        return layers.UpSampling2D(2, name=f"upsample_l{level}")(x)

    width = shape[-1]
    inputs = keras.Input(shape, name="input")
    a = separable_residual(inputs, width, ksize, name="sepconv_l1")
    low = layers.MaxPooling2D(2, name="pool_l2")(inputs)
    low = act_conv_bn(low, width // 2, 1, name="reduce_l2")
    low = separable_residual(low, width // 2, ksize, name="sepconv_l2_1")
    b = separable_residual(low, width // 2, ksize, name="sepconv_l2_2")
    c = layers.MaxPooling2D(2, name="pool_l3")(low)
    for i in (1, 2, 3):
        c = separable_residual(c, width // 2, ksize, name=f"sepconv_l3_{i}")
    b = layers.Add(name="add_l2")([b, upsample(c, 3)])
    b = separable_residual(b, width, ksize, name="sepconv_l2_3")
    x = layers.Add(name="add_l1")([a, upsample(b, 2)])
    return keras.Model(inputs, x, name=name)


def prediction_block(x, num_maps: int, ksize, i: int, is_last: bool):
    """Block `i` after its rBlock: the maps, and the next block's input."""
    width = x.shape[-1]
    separable = _sub_model(f"SepConv{i}", x.shape[1:], lambda v: sep_act_conv_bn(
        v, width, ksize, name="sepconv"))(x)
    maps = _sub_model(f"RegMap{i}", separable.shape[1:], lambda v: act_conv(
        v, num_maps, 1, name="maps"))(separable)
    if is_last:
        return maps, None
    back = _sub_model(f"fReMap{i}", maps.shape[1:], lambda v: act_conv_bn(
        v, width, 1, name="maps"))(maps)
    return maps, layers.Add(name=f"add{i}")([x, separable, back])


def _sub_model(name: str, shape, unit) -> keras.Model:
    inputs = keras.Input(shape, name="input")
    return keras.Model(inputs, unit(inputs), name=name)
