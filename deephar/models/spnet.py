"""SPNet: poses and actions from one picture or a clip (TPAMI'20).

    entry flow -> dp1 (down) -> up2 -> dp3 -> ...     pyramids
                   |             |
            a prediction block after every level:
            maps -> pose, fed back; where actions are predicted, the poses and
            the features under the maps go on to the action head.

The picture part sees clips as `N*T` pictures; the action heads see planes of
frames and joints `(N, T, J, C)`.  Names are those of the published files.
"""
from dataclasses import dataclass, field

import keras
from keras import layers

from deephar.config import ModelConfig
from deephar.layers import (
    ChannelSoftmax2D, DepthExpectation, FoldTime, GlobalMaxMinPooling2D,
    KeypointConfidence, KroneckerPooling, MaxMinPooling2D, SoftArgmax2D,
    StopGradient, UnfoldTime)
from deephar.layers.conv import batch_norm, conv, relu, separable_conv
from deephar.models.blocks import float32_concatenate, residual
from deephar.models.split import (       # published as names of this module
    compile_split_models, get_num_predictions, split_model)


def build(cfg: ModelConfig, stop_grad_stem: bool = False) -> keras.Model:
    """The network that `cfg` describes.

    Args:
        cfg: see `deephar.config.ModelConfig`.
        stop_grad_stem: no gradients flow back into the entry flow.

    Returns:
        A model from `(N, H, W, 3)` or `(N, T, H, W, 3)` to all poses
        `(N, T, J, dim + 1)` in block order; then, per action block, class
        probabilities `(N, A)` of every action set; with
        `cfg.dbg_decoupled_pose` then the replica's poses `(N, T, J, 3)` and
        last its probability maps `(N, T, H, W, J)`.

    Raises:
        ValueError: the configuration has no network.
        NotImplementedError: it asks for a feature that was never published.
    """
    _check(cfg)
    inputs = keras.Input(cfg.input_shape, name="input")
    net = _Network(cfg)
    x = FoldTime(name="fold_time")(inputs) if net.num_frames else inputs
    x = _entry_flow(x, cfg)
    _check_levels(x, cfg)
    if stop_grad_stem:
        x = StopGradient(name="stop_gradient")(x)

    pose_maps = [x] + [None] * (cfg.num_levels - 1)     # the last of each level
    first_maps = list(pose_maps)                        # the first of each level
    action_maps = [None] * cfg.num_levels
    for pyramid in range(1, cfg.num_pyramids + 1):
        _pyramid(net, pyramid, pose_maps, first_maps, action_maps)
    outputs = net.poses + net.actions + net.replica_poses + net.replica_maps
    return keras.Model(inputs, outputs, name="SPNet")


@dataclass
class _Network:
    """The configuration, and the outputs found so far."""
    cfg: ModelConfig
    poses: list = field(default_factory=list)
    actions: list = field(default_factory=list)
    replica_poses: list = field(default_factory=list)
    replica_maps: list = field(default_factory=list)
    num_action_blocks: int = 0

    @property
    def num_frames(self) -> int | None:
        return self.cfg.input_shape[0] if len(self.cfg.input_shape) == 4 else None

    def unfold(self, x, *, name: str):
        """Frames back from the batch, if the input is a clip."""
        if self.num_frames is None:
            return layers.Identity(dtype="float32", name=name)(x)
        return UnfoldTime(self.num_frames, dtype="float32", name=name)(x)


def _check(cfg: ModelConfig) -> None:
    if cfg.predict_rootz or cfg.dbg_decoupled_h:
        raise NotImplementedError(
            "predict_rootz and dbg_decoupled_h must be False: no published "
            "network has them")
    if len(cfg.input_shape) not in (3, 4):
        raise ValueError("input_shape must be (H, W, 3) or (T, H, W, 3), "
                         f"got {cfg.input_shape}")
    if cfg.num_actions and len(cfg.input_shape) == 3:
        raise ValueError("actions need clips: input_shape must be (T, H, W, 3), "
                         f"got {cfg.input_shape} with num_actions={cfg.num_actions}")
    if cfg.dim not in (2, 3):
        raise ValueError(f"poses must have 2 or 3 dimensions, got {cfg.dim}")
    if cfg.downsampling_type not in ("maxpooling", "conv"):
        raise ValueError("downsampling_type must be 'maxpooling' or 'conv', "
                         f"got {cfg.downsampling_type!r}")
    if cfg.image_div < 4 or cfg.image_div & (cfg.image_div - 1):
        raise ValueError("image_div must be a power of two, at least 4, "
                         f"got {cfg.image_div}")
    if cfg.num_levels < 2 or cfg.num_pyramids < 1:
        raise ValueError("num_levels must be >= 2 and num_pyramids >= 1, got "
                         f"{cfg.num_levels} and {cfg.num_pyramids}")
    if cfg.dbg_decoupled_pose and not cfg.pose_replica:
        raise ValueError("dbg_decoupled_pose outputs the replica's poses: "
                         "it needs pose_replica=True")


def _check_levels(x, cfg: ModelConfig) -> None:
    """The first level must halve `num_levels - 1` times, to at least 2x2."""
    step = 2 ** (cfg.num_levels - 1)
    rows, columns = x.shape[1:3]
    if rows % step or columns % step or min(rows, columns) < 2 * step:
        side = cfg.image_div * step
        raise ValueError(
            f"{cfg.num_levels} levels with image_div {cfg.image_div} need height "
            f"and width of {2 * side}, {3 * side}, {4 * side}, ... pixels, "
            f"got input_shape {cfg.input_shape}")


def _entry_flow(x, cfg: ModelConfig):
    """`(N, H, W, 3)` to `(N, H / image_div, W / image_div, C)`."""
    def normal(x, width, strides=1, *, name):
        return residual(x, 3, width, strides, "normal", name=name)

    width = cfg.growth
    x = conv(x, 64, 7, 2, name="conv1")
    x = normal(x, width, name="res0")
    x = layers.MaxPooling2D(3, strides=2, padding="same", name="entry_pool0")(x)
    width += cfg.growth
    x = normal(x, width, name="res1")
    x = normal(x, width, name="res2")
    unit, division = 3, 4
    while division < cfg.image_div:
        width += cfg.growth
        x, strides = _down(x, cfg, name=f"entry_pool{unit}")
        x = normal(x, width, strides, name=f"res{unit}")
        x = normal(x, width, name=f"res{unit + 1}")
        unit, division = unit + 2, division * 2
    return x


def _down(x, cfg: ModelConfig, *, name: str):
    """Half the resolution, now or by the strides of the next unit."""
    if cfg.downsampling_type == "conv":
        return x, 2
    return layers.MaxPooling2D(2, name=name)(x), 1


def _down_unit(x, cfg: ModelConfig, *, name: str):
    width = x.shape[-1] + cfg.growth
    x, strides = _down(x, cfg, name=f"{name}_pool")
    return residual(x, cfg.kernel_size, width, strides, name=f"{name}_r0")


def _up_unit(x, cfg: ModelConfig, *, name: str):
    width = x.shape[-1] - cfg.growth
    if cfg.downsampling_type == "conv":
        x = batch_norm(x, scale=True, name=f"{name}_bn1")
        x = relu(x, name=f"{name}_act1")
        return layers.Conv2DTranspose(width, 2, strides=2, padding="same",
                                      use_bias=False, name=f"{name}_convtrans1")(x)
    x = layers.UpSampling2D(2, name=f"{name}_upsample")(x)
    return residual(x, cfg.kernel_size, width, name=f"{name}_r0")


def _pyramid(net, pyramid: int, pose_maps, first_maps, action_maps) -> None:
    """One pass over the levels; replaces the maps of those that it visits."""
    cfg = net.cfg
    is_down = pyramid % 2 == 1
    levels = range(1, cfg.num_levels) if is_down else range(cfg.num_levels - 2, -1, -1)
    start = 0 if is_down else -1
    x, xa = pose_maps[start], action_maps[start]
    side, unit_name, unit = (("dp", "du", _down_unit) if is_down
                             else ("up", "uu", _up_unit))
    has_actions = bool(cfg.num_actions) and pyramid in cfg.action_pyramids
    for i in levels:
        name = f"{side}{pyramid}_{unit_name}{i}"
        x = unit(x, cfg, name=name)
        if first_maps[i] is None:
            first_maps[i] = x
        if pose_maps[i] is not None:
            x = layers.Add(name=f"{name}_add")([pose_maps[i], x])
        if has_actions and xa is not None:
            xa = residual(xa, 3, name=f"{name}_action_r0")
            if action_maps[i] is not None:
                xa = layers.Add(name=f"{name}_action_add")([action_maps[i], xa])
        x, xa = _prediction_block(net, x, xa, first_maps[i], has_actions,
                                  name=f"{side}{pyramid}_pb{i}")
        pose_maps[i], action_maps[i] = x, xa


def _prediction_block(net, x, xa, first_map, has_actions: bool, *, name: str):
    """Poses from `x`, and actions; returns both maps for the next level."""
    cfg = net.cfg
    has_replica = cfg.pose_replica and has_actions
    x = residual(x, cfg.kernel_size, name=f"{name}_r1")
    z = batch_norm(x, scale=True, name=f"{name}_bn1")
    z = relu(z, name=f"{name}_act1")
    z = inner = separable_conv(z, x.shape[-1], cfg.kernel_size, name=f"{name}_conv1")
    z = batch_norm(z, scale=True, name=f"{name}_bn2")

    maps, replica, back = _map_branch(z, cfg, has_replica, has_forward_maps=True,
                                      name=f"{name}_heatmaps")
    depth, depth_replica, terms = None, None, [x, inner, back]
    if cfg.dim == 3:
        depth, depth_replica, back = _map_branch(
            z, cfg, has_replica, has_forward_maps=False, name=f"{name}_depthmaps")
        terms.append(back)
    _, _, pose, confidence = _read_pose(maps, depth, cfg, name)
    pose = float32_concatenate([pose, confidence], name=f"{name}_frames")
    net.poses.append(net.unfold(pose, name=name))
    if has_actions:
        if has_replica:
            maps, depth = replica, depth_replica
        xa = _action_block(net, maps, depth, first_map, xa)
    return layers.Add(name=f"{name}_add")(terms), xa


def _map_branch(z, cfg: ModelConfig, has_replica: bool, has_forward_maps: bool,
                *, name: str):
    """Maps `(N, H, W, J)`, their replica, and what is fed back."""
    width = z.shape[-1]
    z = relu(z, name=f"{name}_act1")
    maps = conv(z, cfg.num_joints, 1, name=f"{name}_conv1")
    replica = None
    if has_replica:
        replica = conv(z, cfg.num_joints, 1, name=f"{name}_conv1_replica")
    back = maps
    if has_forward_maps:
        forward = conv(z, cfg.num_joints, 1, name=f"{name}_fw_maps")
        back = layers.Concatenate(name=f"{name}_concat")([forward, maps])
        back = relu(back, name=f"{name}_act2")
    return maps, replica, conv(back, width, 1, name=f"{name}_conv2")


def _read_pose(maps, depth, cfg: ModelConfig, prefix: str, suffix: str = ""):
    """Probability maps, xy `(N, J, 2)`, pose `(N, J, dim)`, confidence."""
    def named(part):
        return f"{prefix}_{part}{suffix}"

    maps = ChannelSoftmax2D(cfg.sam_alpha, name=named("probmaps"))(maps)
    pose = xy = SoftArgmax2D(name=named("xy"))(maps)
    confidence = KeypointConfidence(name=named("vis"))(maps)
    if depth is not None:
        z = DepthExpectation(name=named("z"))([depth, maps])
        pose = float32_concatenate([xy, z], name=named("xyz"))
    return maps, xy, pose, confidence


# === Actions, on planes of frames and joints (N, T, J, C) ===

def _action_block(net, maps, depth, first_map, xa):
    """Reads poses and features under them, adds outputs; returns the new `xa`."""
    cfg = net.cfg
    net.num_action_blocks += 1
    number = net.num_action_blocks
    name = f"act{number}"
    maps, xy, pose, confidence = _read_pose(maps, depth, cfg, name, "2")
    if cfg.dbg_decoupled_pose:
        decoupled = float32_concatenate([xy, confidence], name=f"{name}_xyc")
        net.replica_poses.append(net.unfold(decoupled, name=f"{name}_pose"))
        net.replica_maps.append(net.unfold(maps, name=f"{name}_maps"))
    appearance = KroneckerPooling(name=f"{name}_kron")([maps, first_map])
    pose = layers.Multiply(dtype="float32", name=f"{name}_weighted_pose")(
        [pose, confidence])
    # As published: the outputs' names change at the tenth block.
    output_name = f"{name}_ac" if number < 10 else name
    probabilities, xa = _action_head(
        net.unfold(pose, name=f"{name}_unfold_pose"),
        net.unfold(appearance, name=f"{name}_unfold_appearance"),
        xa, cfg, f"{name}_action", output_name)
    net.actions += probabilities
    return xa


def _action_head(pose, appearance, xa, cfg: ModelConfig, name: str,
                 output_name: str):
    """Pose `(N, T, J, dim)` and appearance `(N, T, J, C)` to probabilities."""
    pose_width, visual_width = cfg.num_pose_features, cfg.num_visual_features
    p = layers.Concatenate(name=f"{name}_p_concat")([
        conv(pose, pose_width // 16, (3, 1), name=f"{name}_p_conv0a"),
        conv(pose, pose_width // 8, (3, 3), name=f"{name}_p_conv0b"),
        conv(pose, pose_width // 4, (3, 5), name=f"{name}_p_conv0c")])
    p = residual(p, 3, pose_width, convtype="normal", name=f"{name}_r1")
    v = conv(appearance, visual_width, 1, name=f"{name}_v_conv0")
    parts = [_shrink_plane(p, name=f"{name}_p"), _shrink_plane(v, name=f"{name}_v")]
    if xa is not None:
        parts.append(xa)
    x = layers.Concatenate(name=f"{name}_concat")(parts)
    x = residual(x, 3, max(pose_width, visual_width), convtype="normal",
                 features_div=4, name=f"{name}_r2")
    return _action_prediction(x, cfg, f"{name}_pred", output_name)


def _shrink_plane(x, *, name: str):
    """Pads frames and joints so that they halve, then halves the joints.

    Frames are halved too from 16 on.
    """
    frames, joints = x.shape[1:3]
    time_step = 2 if frames >= 16 else 1
    padding = tuple(((-size % unit) // 2, (-size % unit + 1) // 2)
                    for size, unit in ((frames, 2 * time_step), (joints, 4)))
    if any(map(any, padding)):
        x = layers.ZeroPadding2D(padding, name=f"{name}_pad")(x)
    return layers.MaxPooling2D(2, strides=(time_step, 2), padding="same",
                               name=f"{name}_pool")(x)


def _action_prediction(x, cfg: ModelConfig, name: str, output_name: str):
    """Class probabilities `(N, A)` of every action set, and the next `xa`."""
    ident = x
    x = batch_norm(x, scale=True, name=f"{name}_bn1")
    x = relu(x, name=f"{name}_act1")
    x = x1 = conv(x, ident.shape[-1], 3, name=f"{name}_conv1")
    x = MaxMinPooling2D(2, name=f"{name}_pool")(x)
    x = batch_norm(x, scale=True, name=f"{name}_bn2")
    x = relu(x, name=f"{name}_act2")
    maps, probabilities = [], []
    for i, num_actions in enumerate(cfg.num_actions):
        maps.append(conv(x, num_actions, 3, name=f"{name}_conv2h{i}"))
        logits = GlobalMaxMinPooling2D(name=f"{name}_global{i}")(maps[-1])
        probabilities.append(layers.Activation(
            "softmax", dtype="float32", name=f"{output_name}_a{i}")(logits))
    x = maps[0]
    if len(maps) > 1:
        x = layers.Concatenate(name=f"{name}_concat")(maps)
    x = layers.UpSampling2D(2, name=f"{name}_upsample")(x)
    x = relu(x, name=f"{name}_act3")
    x = conv(x, ident.shape[-1], 3, name=f"{name}_conv3")
    return probabilities, layers.Add(name=f"{name}_add")([ident, x1, x])
