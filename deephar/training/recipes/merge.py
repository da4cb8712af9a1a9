"""The CVPR'18 way to actions: poses first, heads on frozen poses, then everything.

Shared by the scripts for Penn Action and NTU, whatever their networks.  No script
was published.  The supplement (appendix B) gives optimizers, rates, and the five last
epochs; how long the first two stages are is ours, and so is what is watched: poses of
MPII's validation split, then actions in training videos that are held out, since
Penn Action and NTU have no validation split.  How long a plateau is, and that the
best weights are loaded where it ends, is so in the published `TrainerOnGenerator`.
"""
from dataclasses import dataclass
from typing import Any, Callable, Sequence

import keras

from deephar.checkpoints.description import Description, build_with_pose_network
from deephar.config import mpii_dataconf
from deephar.data import BatchLoader, MpiiSinglePerson
from deephar.data.clips import VideoDataset
from deephar.losses import pose_regression_loss
from deephar.models import set_trainable_layers, vgg
from deephar.training.evaluators import accuracy_of, pckh_of
from deephar.training.fresh import begin
from deephar.training.optimizers import RMSprop
from deephar.training.run import PictureConfig, start_run
from deephar.training.schedule import Plateau, Share, Steps
from deephar.training.stages import Stage, train_scored
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d

DROP = 0.2                      # the rate times this, wherever it falls
HELD_OUT = 0.1                  # of the training videos
POSES, ACTIONS = "mpii/pckh", "held_out/accuracy"       # the scores that plateaus watch


@dataclass(frozen=True)
class MergeConfig(PictureConfig):
    """The flags that all these scripts have."""
    pose_epochs: int = flag(120, "of the pose network; 0 if --weights has one")
    pose_rate: float = flag(1e-3, "learning rate of RMSprop, of the poses")
    pose_drop_epochs: tuple[int, ...] = flag(
        (), "it falls after so many epochs; none: on a plateau")
    batch_size: int = flag(2, "clips, over all devices")
    epochs: int = flag(60, "of the action heads on frozen poses")
    rate: float = flag(2e-4, "learning rate of SGD")
    momentum: float = flag(0.98, "of SGD, Nesterov's")
    validation: str = flag(
        "videos", "what plateaus watch: poses of MPII's validation split and actions in "
        "a tenth of the training videos, which are held out; or the training loss",
        choices=("videos", "loss"))
    patience: int = flag(10, "epochs without a better value before the rate falls")
    reload_best: bool = flag(True, "where it falls, go on from the best weights")
    finetune_epochs: int = flag(5, "of everything, at a tenth of the final rate")

    @property
    def holds_out(self) -> bool:
        return self.validation == "videos"

    def training_part(self, videos: VideoDataset) -> VideoDataset:
        """The videos, a seeded tenth of them for validation if they are watched."""
        return videos.hold_out(HELD_OUT, self.seed) if self.holds_out else videos

    def plateau(self, rate: float, monitor: str, loss: str, after: int = 0) -> Plateau:
        """Of a validation score, or of a task's loss."""
        return Plateau(rate, DROP, self.patience, monitor if self.holds_out else loss,
                       higher_is_better=self.holds_out, after=after,
                       reload=self.reload_best)


def train_merge(cfg: MergeConfig, description: Description, pictures: Sequence,
                shares: Sequence[int], videos: VideoDataset, *,
                prepare: Callable[[keras.Model], Sequence] | None = None,
                **stage_options) -> None:
    """Train the network of `description`, from poses to actions.

    Args:
        cfg: the flags.
        description: of an action network over a pose network.
        pictures: data sets of single people, for the poses.
        shares: how many of each are in a batch.
        videos: the data set of clips, its `training_part`; test videos are scored.
        prepare: fills layers of the fresh pose network, and tells which.
        stage_options: as `merge_stages` takes them.
    """
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    run.describe(description)
    with strategy.scope():
        pose_network, merged = build_with_pose_network(description)
        filled = prepare(pose_network) if prepare else ()
        fresh = begin(merged, cfg.weights, filled=filled)
    (actions, labels), = description.actions.items()
    people = BatchLoader(list(pictures), ["frame"], ["pose"], TRAIN_MODE, list(shares),
                         len(pose_network.outputs), seed=cfg.seed)
    clips = BatchLoader(videos, ["frame"], [actions], TRAIN_MODE, cfg.batch_size,
                        len(merged.outputs), seed=cfg.seed)
    crops = cfg.in_size(mpii_dataconf)
    scores = {"mpii": (pckh_of(
        MpiiSinglePerson(cfg.place("mpii"), crops, pa16j2d), VALID_MODE, crops,
        description.layout, count=cfg.eval_samples), pose_network)}
    name = SCORES[actions]
    for split, mode in {name: TEST_MODE, "held_out": VALID_MODE}.items():
        if mode == TEST_MODE or cfg.holds_out:
            scores[split] = accuracy_of(videos, mode, description.dataconf, len(labels),
                                        count=cfg.eval_samples)
    stages = merge_stages(cfg, merged, pose_network, people, clips, **stage_options)
    train_scored(cfg, merged, stages, run, strategy, scores,
                 best=ACTIONS if cfg.holds_out else f"{name}/accuracy",
                 fresh=cfg.guarded(fresh))


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

    pose_plan = (Steps(cfg.pose_rate, DROP, cfg.pose_drop_epochs) if cfg.pose_drop_epochs
                 else cfg.plateau(cfg.pose_rate, POSES, "pose"))
    plan = cfg.plateau(cfg.rate, ACTIONS, "action", after=cfg.pose_epochs)
    last = Share(plan, 0.1, cfg.pose_epochs + cfg.epochs)
    of_poses, of_actions = {"mpii"}, {"held_out", *SCORES.values()}
    frozen = min(frozen_trunk_epochs, cfg.pose_epochs)
    return [
        Stage("poses on a frozen trunk", frozen, cfg.steps(len(pictures)),
              lambda: poses(frozen_trunk=True), pose_plan, of_poses),
        Stage("poses", cfg.pose_epochs - frozen, cfg.steps(len(pictures)), poses, pose_plan,
              of_poses),      # the action heads are not trained yet
        Stage("actions on frozen poses", cfg.epochs, cfg.steps(len(clips)),
              lambda: actions(pose_trainable=False), plan, of_actions),
        Stage("everything", cfg.finetune_epochs, cfg.steps(len(clips)),
              lambda: actions(pose_trainable=True), last, of_actions)]
