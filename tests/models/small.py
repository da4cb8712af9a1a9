"""Small networks of every kind, built once per test run."""
from functools import cache

import keras

from deephar.config import ModelConfig
from deephar.models import action, keypoints3d, reception, spnet
from deephar.utils.pose import pa17j3d

PICTURE = (32, 32, 3)
SPNET_3D = ModelConfig(
    (4, 64, 64, 3), pa17j3d, num_actions=[6, 3], num_pyramids=2,
    action_pyramids=[2], num_levels=3, growth=8, num_pose_features=16,
    num_visual_features=32)


def merge_2d() -> keras.Model:
    pose = reception.build(PICTURE, 4, 2, num_blocks=2)
    return action.build_merge_model(pose, 5, PICTURE, 4, 4, 2, output_poses=True)


def merge_3d() -> keras.Model:
    pose = reception.build(PICTURE, 4, 3, num_blocks=1, depth_maps=2)
    return action.build_merge_model(
        pose, 5, PICTURE, 4, 4, 1, pose_dim=3, depth_maps=2, pose_net_version="v2",
        full_trainable=True)


def vgg_2d() -> keras.Model:
    # No contexts: on inputs of this size their random sums may come close to 0,
    # and poses that are divided by them amplify any rounding.
    pose = reception.build(PICTURE, 4, 2, num_context_per_joint=0, num_blocks=1,
                           stem="vgg16", imagenet_input=True)
    return action.build_merge_model(pose, 5, PICTURE, 4, 4, 1, num_context_per_joint=0,
                                    output_poses=True)


def keypoints_3d() -> keras.Model:
    pose = keypoints3d.build(PICTURE, 4, width=8, depth_maps=2, num_levels=2)
    return keypoints3d.build_action(pose, 5, 4, output_poses=True)


BUILDERS = {
    "reception_2d": lambda: reception.build(PICTURE, 4, 2, num_blocks=2),
    "reception_3d": lambda: reception.build(PICTURE, 4, 3, num_blocks=1, depth_maps=2),
    "merge_2d": merge_2d,
    "merge_3d": merge_3d,
    "vgg_2d": vgg_2d,
    "keypoints_3d": keypoints_3d,
    "spnet_3d": lambda: spnet.build(SPNET_3D),
}


@cache
def network(name: str) -> keras.Model:
    """A shared network: do not train or freeze it."""
    keras.utils.set_random_seed(0)
    return BUILDERS[name]()
