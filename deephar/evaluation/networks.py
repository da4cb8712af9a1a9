"""The network of an evaluation: the released one, one's own, or a tiny one."""
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deephar.checkpoints.description import (
    FILE_NAME, Description, describe_spnet, find_weights, read_description)
from deephar.checkpoints.load import load_checkpoint, load_weights
from deephar.checkpoints.table import checkpoint
from deephar.checkpoints.variants import VARIANTS
from deephar.config import DataConfig, ModelConfig
from deephar.evaluation.report import weights_info
from deephar.utils.pose import (
    PoseLayout, pa16j2d, pa16j3d, pa17j3d, pa20j3d)

if TYPE_CHECKING:
    import keras

log = logging.getLogger(__name__)

RANDOM = "random"
TINY_CROPS = DataConfig(crop_resolution=(64, 64))


@dataclass(frozen=True)
class Network:
    """A network and what must be known to feed it.

    Args:
        model: all its outputs.
        layout: of its poses.
        dataconf: of its crops.
        num_frames: of a clip; None for pictures.
        weights: as `weights_info` tells.
    """
    model: "keras.Model"
    layout: PoseLayout
    dataconf: DataConfig
    num_frames: int | None
    weights: dict

    @property
    def is_merge(self) -> bool:
        """Whether its outputs come from poses, from appearance and from both."""
        return self.model.name == "MergedAR"


def load_network(key: str, weights: str = "", *, folder: str | Path = "weights",
                 tiny: bool = False, allow_random: bool = False, seed: int = 0
                 ) -> Network:
    """The network of checkpoint or variant `key`, or another in its place.

    Args:
        key: of `CHECKPOINTS`, or of `VARIANTS`, which have no released file.
        weights: a weights file, the folder of a training run (whose network
            it then is), or "random"; empty for the released file.
        folder: where released files are, or are downloaded to.
        tiny: the tiny network of the same kind.
        allow_random: without the released file take random weights, with a
            warning, instead of downloading it.
        seed: of random weights.
    """
    import keras
    keras.utils.set_random_seed(seed)
    is_variant = key in VARIANTS
    entry = VARIANTS[key] if is_variant else checkpoint(key)
    released = None if is_variant else Path(folder) / entry.file
    is_there = not is_variant and released.exists()
    if weights == "" and (tiny or (allow_random and not is_there)):
        log.warning("no weights: %s", "a tiny network has none" if tiny else
                    "none were released" if is_variant else
                    f"{released} is not there")
        weights = RANDOM
    if weights == "" and is_variant:
        raise ValueError(entry.no_weights)

    if weights and (Path(weights) / FILE_NAME).exists():
        found, path = read_description(Path(weights)), find_weights(Path(weights))
    else:
        found = TINY[key] if tiny else entry.description
        path = None if weights == RANDOM else Path(weights) if weights else released
    if path is None:
        log.warning("RANDOM weights: the scores will say nothing about the method")
        model = found.build()
    elif found is entry.description and not is_variant:
        model = load_checkpoint(weights or key, folder, model=key)
    else:
        model = found.build()
        load_weights(model, path)
    return Network(model, found.layout, found.dataconf, found.num_frames,
                   weights_info(path))


def pose_part(network: Network) -> "keras.Model":
    """The model that only predicts poses and visibilities."""
    model, joints = network.model, network.layout.num_joints
    dim = network.layout.dim
    outputs = [o for o in model.outputs
               if len(o.shape) in (3, 4) and o.shape[-2] == joints
               and o.shape[-1] in (1, dim, dim + 1)]
    if not outputs:         # CVPR'18 action networks keep their poses to themselves
        try:
            outputs = [model.get_layer(name).output for name in ("pose", "visibility")]
        except ValueError as error:
            raise ValueError(f"{model.name} predicts no poses of {joints} joints"
                             ) from error
    return _part(model, outputs, "poses")


def action_part(network: Network, num_actions: int) -> "keras.Model":
    """The model that only predicts one action set, all its blocks."""
    model = network.model
    outputs = [o for o in model.outputs if tuple(o.shape[1:]) == (num_actions,)]
    if not outputs:
        raise ValueError(f"{model.name} predicts no actions of {num_actions} classes")
    return _part(model, outputs, "actions")


def _part(model: "keras.Model", outputs: list, name: str) -> "keras.Model":
    if len(outputs) == len(model.outputs):
        return model
    import keras
    return keras.Model(model.input, outputs, name=f"{model.name}_{name}")


# === Tiny networks, one of the kind of each checkpoint and variant ===

def _tiny_reception(layout: PoseLayout, **arguments) -> Description:
    return Description("reception", {
        "input_shape": (64, 64, 3), "num_joints": layout.num_joints,
        "dim": layout.dim, "num_blocks": 2, "ksize": (3, 3),
        "concat_pose_confidence": False, **arguments}, layout, TINY_CROPS)


def _tiny_merge(layout: PoseLayout, num_actions: int, stem: dict | None = None,
                **arguments) -> Description:
    pose = _tiny_reception(layout, **arguments).arguments
    return Description("merge", {
        "pose": {**pose, **(stem or {})}, "num_actions": num_actions,
        "input_shape": (64, 64, 3), "num_frames": 4, "num_joints": layout.num_joints,
        "num_blocks": 2, "pose_dim": layout.dim, **arguments}, layout, TINY_CROPS)


def _tiny_keypoints3d(layout: PoseLayout, num_actions: int) -> Description:
    return Description("keypoints3d_action", {
        "pose": {"input_shape": (64, 64, 3), "num_joints": layout.num_joints,
                 "width": 16, "depth_maps": 4, "num_levels": 2},
        "num_actions": num_actions, "num_frames": 4}, layout, TINY_CROPS)


def _tiny_spnet(layout: PoseLayout, action_set: str, num_actions: int) -> Description:
    cfg = ModelConfig(
        (4, 64, 64, 3), layout, num_actions=(num_actions,), num_pyramids=2,
        action_pyramids=(1, 2), num_levels=3, growth=16, num_pose_features=32,
        num_visual_features=32)
    labels = tuple(f"action {i + 1}" for i in range(num_actions))
    return describe_spnet(cfg, TINY_CROPS, {action_set: labels})


TINY = {
    "mpii_reception2d": _tiny_reception(pa16j2d, num_context_per_joint=2),
    "h36m_reception3d": _tiny_reception(pa17j3d, depth_maps=4),
    "penn_merge": _tiny_merge(pa16j2d, 15, num_context_per_joint=2),
    "ntu_merge": _tiny_merge(pa20j3d, 60, depth_maps=4),
    "penn_spnet": _tiny_spnet(pa16j2d, "pennaction", 15),
    "ntu_spnet": _tiny_spnet(pa17j3d, "ntuaction", 60),
    "penn_vgg16": _tiny_merge(pa16j2d, 15, num_context_per_joint=2,
                              stem={"stem": "vgg16"}),
    "penn_keypoints3d": _tiny_keypoints3d(pa16j3d, 15),
    "ntu_keypoints3d": _tiny_keypoints3d(pa20j3d, 60),
}
