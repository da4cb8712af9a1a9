"""Tiny networks for trying out, one of the kind of each checkpoint and variant."""
from deephar.checkpoints.description import Description, describe_spnet
from deephar.config import DataConfig, ModelConfig
from deephar.utils.pose import PoseLayout, pa16j2d, pa16j3d, pa17j3d, pa20j3d

TINY_CROPS = DataConfig(crop_resolution=(64, 64))


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
