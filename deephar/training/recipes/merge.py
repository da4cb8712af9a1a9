"""The CVPR'18 way to actions: poses first, heads on frozen poses, then everything.

Shared by the scripts for Penn Action and NTU, whatever their networks.  The
paper gives the rates and the five last epochs; how long the first two stages
and a plateau are is ours.
"""
from dataclasses import dataclass
from typing import Any, Callable, Sequence

import keras

from deephar.checkpoints.description import Description, build_with_pose_network
from deephar.checkpoints.transfer import load_matching
from deephar.data import BatchLoader
from deephar.losses import pose_regression_loss
from deephar.models import set_trainable_layers, vgg
from deephar.training.evaluators import accuracy_of
from deephar.training.optimizers import RMSprop
from deephar.training.run import PictureConfig, start_run
from deephar.training.schedule import Constant, Plateau, Steps
from deephar.training.stages import Stage, train_scored
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag
from deephar.utils.modes import TEST_MODE, TRAIN_MODE

DROP = 0.2                      # the rate times this, wherever it falls


@dataclass(frozen=True)
class MergeConfig(PictureConfig):
    """The flags that all these scripts have."""
    pose_epochs: int = flag(120, "of the pose network; 0 if --weights has one")
    pose_rate: float = flag(1e-3, "learning rate of RMSprop, of the poses")
    pose_drop_epochs: tuple[int, ...] = flag(
        (80, 100), "it falls after these; none: on a plateau")
    batch_size: int = flag(2, "clips, over all devices")
    epochs: int = flag(60, "of the action heads on frozen poses")
    rate: float = flag(2e-4, "learning rate of SGD")
    momentum: float = flag(0.98, "of SGD, Nesterov's")
    patience: int = flag(5, "epochs without a lower loss before the rate falls")
    finetune_epochs: int = flag(5, "of everything, at a tenth of the rate")


def train_merge(cfg: MergeConfig, description: Description, pictures: Sequence,
                shares: Sequence[int], videos: Any, *,
                prepare: Callable[[keras.Model], None] | None = None,
                **stage_options) -> None:
    """Train the network of `description`, from poses to actions.

    Args:
        cfg: the flags.
        description: of an action network over a pose network.
        pictures: data sets of single people, for the poses.
        shares: how many of each are in a batch.
        videos: the data set of clips; its test videos are scored.
        prepare: fills the fresh pose network.
        stage_options: as `merge_stages` takes them.
    """
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    run.describe(description)
    with strategy.scope():
        pose_network, merged = build_with_pose_network(description)
        if prepare:
            prepare(pose_network)
        if cfg.weights:
            load_matching(merged, cfg.weights)
    (actions, labels), = description.actions.items()
    people = BatchLoader(list(pictures), ["frame"], ["pose"], TRAIN_MODE, list(shares),
                         len(pose_network.outputs), seed=cfg.seed)
    clips = BatchLoader(videos, ["frame"], [actions], TRAIN_MODE, cfg.batch_size,
                        len(merged.outputs), seed=cfg.seed)
    score = accuracy_of(videos, TEST_MODE, description.dataconf, len(labels),
                        count=cfg.eval_samples)
    name = SCORES[actions]
    stages = merge_stages(cfg, merged, pose_network, people, clips, **stage_options)
    train_scored(cfg, merged, stages, run, strategy, {name: score},
                 best=f"{name}/accuracy")


SCORES = {"pennaction": "penn", "ntuaction": "ntu"}     # action set: name in the logs


def merge_stages(cfg: MergeConfig, merged: keras.Model, pose_network: keras.Model,
                 pictures: Any, clips: Any, *,
                 pose_loss: Callable = pose_regression_loss("l1l2bincross", 0.01),
                 frozen_trunk_epochs: int = 0) -> list[Stage]:
    """The three stages.

    Args:
        merged: of `action.build_merge_model`, or a network like it, over the
            layers of
        pose_network: whose outputs are poses with visibilities.
        pictures: loader of frames and poses, for the pose network.
        clips: loader of clips and classes, for `merged`.
        pose_loss: of each of the pose network's outputs.
        frozen_trunk_epochs: how many of the pose epochs leave the trunk of a
            VGG-16 stem as it is.
    """
    def poses(frozen_trunk: bool = False) -> list[Task]:
        set_trainable_layers(pose_network, "", True)
        if frozen_trunk:
            vgg.freeze_trunk(pose_network)
        return [Task("pose", pose_network, pictures, pose_loss,
                     RMSprop(cfg.pose_rate))]

    def actions(pose_trainable: bool) -> list[Task]:
        set_trainable_layers(pose_network, "", pose_trainable)
        return [Task("action", merged, clips, "categorical_crossentropy",
                     keras.optimizers.SGD(cfg.rate, cfg.momentum, nesterov=True))]

    def steps(loader):
        return cfg.steps_per_epoch or len(loader)

    pose_plan = (Steps(cfg.pose_rate, DROP, cfg.pose_drop_epochs) if cfg.pose_drop_epochs
                 else Plateau(cfg.pose_rate, DROP, cfg.patience, "pose"))
    frozen = min(frozen_trunk_epochs, cfg.pose_epochs)
    return [
        Stage("poses on a frozen trunk", frozen, steps(pictures),
              lambda: poses(frozen_trunk=True), pose_plan, scored=False),
        Stage("poses", cfg.pose_epochs - frozen, steps(pictures), poses, pose_plan,
              scored=False),      # the action heads are not trained yet
        Stage("actions on frozen poses", cfg.epochs, steps(clips),
              lambda: actions(pose_trainable=False),
              Plateau(cfg.rate, DROP, cfg.patience, "action", after=cfg.pose_epochs)),
        Stage("everything", cfg.finetune_epochs, steps(clips),
              lambda: actions(pose_trainable=True), Constant(cfg.rate / 10))]
