"""Networks side by side on the quickstart's people, with equal budgets.

Every network sees the same clips in the same order and as many pictures, for as
many steps; `deephar.training.recipes.quickstart` has the data and their sizes.  Widths are
a quarter of the full networks', as the quickstart's own SPNet has them.  The
depths of the 3D network are not supervised: these people have 2D joints.
"""
import dataclasses

import keras

from deephar.checkpoints.description import (
    Description, build_with_pose_network, describe_spnet)
from deephar.data import BatchLoader, MpiiSinglePerson, PennAction
from deephar.data.labels import PENN_ACTIONS
from deephar.evaluation import scorer
from deephar.evaluation.scorer import People
from deephar.losses import pose_regression_loss
from deephar.models.blocks import float32_concatenate
from deephar.networks.network import Network
from deephar.training.recipes import quickstart
from deephar.training.recipes.quickstart import (
    ACTION_WEIGHT, CROPS, FRAMES, MODEL, SIDE, QuickstartConfig)
from deephar.training.task import Task
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.pose import PoseLayout, pa16j2d, pa16j3d

PICTURE = (SIDE, SIDE, 3)
WIDTH = 144                     # of 576
BLOCKS = 2                      # as many as SPNet's pyramids
PICTURE_BATCHES = 2             # in every step, of half as many pictures as the clips have
# Of the learning rate.  VGG-16 has no normalisations: at the full one it learns nothing.
RATE_SHARE = {"vgg16": 1 / 6}
ACTIONS = {"pennaction": PENN_ACTIONS}
TRAINED_WHOLE = {"num_actions": len(PENN_ACTIONS), "num_frames": FRAMES,
                 "output_poses": True, "full_trainable": True}


def _merge(stem: str) -> Description:
    pose = {"input_shape": PICTURE, "num_joints": 16, "dim": 2, "num_blocks": BLOCKS,
            "stem": stem, "width": WIDTH}
    return Description("merge", {
        "pose": pose, "input_shape": PICTURE, "num_joints": 16, "num_blocks": BLOCKS,
        **TRAINED_WHOLE}, pa16j2d, CROPS, ACTIONS)


def _keypoints3d(**features) -> Description:
    pose = {"input_shape": PICTURE, "num_joints": 16, "stacks": BLOCKS,
            "width": WIDTH // 2, "num_levels": 3, "stem_width": WIDTH}
    return Description("keypoints3d_action", {"pose": pose, **TRAINED_WHOLE, **features},
                       pa16j3d, CROPS, ACTIONS)


NETWORKS = {
    "inception": _merge("inception"),
    "vgg16": _merge("vgg16"),
    "keypoints3d": _keypoints3d(),
    "spnet": describe_spnet(MODEL, CROPS, ACTIONS),
    # The ablation of the appearance branch's features.
    "keypoints3d-shallow": _keypoints3d(deep=False),
    "keypoints3d-deep": _keypoints3d(shallow=False),
}


def in_layout(people: People, layout: PoseLayout) -> People:
    """The same people with targets of another layout."""
    if layout is people.mpii.poselayout:
        return people
    return People(
        MpiiSinglePerson(people.mpii.dataset_path, CROPS, layout),
        PennAction(people.penn.dataset_path, CROPS, layout, use_gt_bbox=True,
                   clip_size=FRAMES))


def train(name: str, cfg: QuickstartConfig, people: People) -> Network:
    """Train the network `name` of `NETWORKS` for `cfg.epochs`."""
    description = NETWORKS[name]
    people = in_layout(people, description.layout)
    cfg = dataclasses.replace(cfg, rate=rate_of(name, cfg))
    build = spnet_tasks if description.architecture == "spnet" else merge_tasks
    return quickstart.train(cfg, people, description, build)[0]


def rate_of(name: str, cfg: QuickstartConfig) -> float:
    """The highest learning rate of a network."""
    return cfg.rate * RATE_SHARE.get(name, 1)


def spnet_tasks(description: Description, people: People, cfg: QuickstartConfig):
    """The quickstart's network and tasks, with as many pictures as the others see."""
    full, make = quickstart.build_spnet(description, people, cfg)
    return full, lambda: [
        dataclasses.replace(task, ratio=PICTURE_BATCHES) if task.name == "pictures"
        else task for task in make()]


def merge_tasks(description: Description, people: People, cfg: QuickstartConfig):
    """The network, and its tasks: pictures train poses, clips train everything."""
    pose_network, merged = build_with_pose_network(description)
    pose, visibility, *actions = merged.outputs
    pose = float32_concatenate([pose, visibility], name="pose_visibility")
    whole = keras.Model(merged.input, [pose, *actions], name="whole")
    pose_loss = pose_regression_loss("l1l2bincross", 0.01)

    def tasks() -> list[Task]:
        pictures = BatchLoader(people.mpii, ["frame"], ["pose"], TRAIN_MODE,
                               cfg.batch_size // 2 * FRAMES, len(pose_network.outputs),
                               seed=cfg.seed)
        clips = BatchLoader(people.penn, ["frame"], ["pose", "pennaction"], TRAIN_MODE,
                            cfg.batch_size, [1, len(actions)], seed=cfg.seed)
        return [
            Task("pictures", pose_network, pictures, pose_loss,
                 keras.optimizers.Adam(cfg.rate), ratio=PICTURE_BATCHES),
            Task("clips", whole, clips,
                 [pose_loss] + ["categorical_crossentropy"] * len(actions),
                 keras.optimizers.Adam(cfg.rate),
                 weight=(1.0,) + (ACTION_WEIGHT,) * len(actions),
                 groups=("pose",) + ("action",) * len(actions))]

    return merged, tasks


def score(network: Network, people: People) -> dict[str, float]:
    """PCKh and accuracy in per cent; of a merge network also of both branches."""
    pckh, accuracy = scorer.score(network, people)
    by_name = dict(zip(accuracy.block_names, accuracy.blocks))
    branches = {"pose": by_name["p4"], "appearance": by_name["v4"]
                } if network.is_merge else {}
    return {"pckh": pckh.value, "accuracy": accuracy.value, **branches}
