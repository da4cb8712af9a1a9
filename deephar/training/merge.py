"""The CVPR'18 way to actions: poses first, heads on frozen poses, then everything.

Shared by the scripts for Penn Action and NTU.  The paper gives the rates and
the five last epochs; how long the first two stages and a plateau are is ours.
"""
from dataclasses import dataclass
from typing import Any

import keras

from deephar.losses import pose_regression_loss
from deephar.models import set_trainable_layers
from deephar.training.run import RunConfig
from deephar.training.schedule import Constant, Plateau, Steps
from deephar.training.stages import Stage
from deephar.training.task import Task
from deephar.utils.flags import flag

DROP = 0.2                      # the rate times this, wherever it falls


@dataclass(frozen=True)
class MergeConfig(RunConfig):
    """The flags that both scripts have."""
    side: int = flag(256, "of a crop, in pixels")
    num_blocks: int = flag(4, "of the pose network")
    ksize: int = flag(5, "of its separable convolutions")
    pose_epochs: int = flag(120, "of the pose network; 0 if --weights has one")
    pose_rate: float = flag(1e-3, "learning rate of RMSprop, of the poses")
    pose_drop_epochs: tuple[int, ...] = flag((80, 100), "it falls after these")
    batch_size: int = flag(2, "clips, over all devices")
    epochs: int = flag(60, "of the action heads on frozen poses")
    rate: float = flag(2e-4, "learning rate of SGD")
    momentum: float = flag(0.98, "of SGD, Nesterov's")
    patience: int = flag(5, "epochs without a lower loss before the rate falls")
    finetune_epochs: int = flag(5, "of everything, at a tenth of the rate")


def merge_stages(cfg: MergeConfig, merged: keras.Model, pose_network: keras.Model,
                 pictures: Any, clips: Any) -> list[Stage]:
    """The three stages.

    Args:
        merged: of `action.build_merge_model`, over the layers of
        pose_network: of `reception.build`.
        pictures: loader of frames and poses, for the pose network.
        clips: loader of clips and classes, for `merged`.
    """
    def poses() -> list[Task]:
        set_trainable_layers(pose_network, "", True)
        return [Task("pose", pose_network, pictures,
                     pose_regression_loss("l1l2bincross", 0.01),
                     keras.optimizers.RMSprop(cfg.pose_rate))]

    def actions(pose_trainable: bool) -> list[Task]:
        set_trainable_layers(pose_network, "", pose_trainable)
        return [Task("action", merged, clips, "categorical_crossentropy",
                     keras.optimizers.SGD(cfg.rate, cfg.momentum, nesterov=True))]

    steps = lambda loader: cfg.steps_per_epoch or len(loader)
    return [
        Stage("poses", cfg.pose_epochs, steps(pictures), poses,
              Steps(cfg.pose_rate, DROP, cfg.pose_drop_epochs)),
        Stage("actions on frozen poses", cfg.epochs, steps(clips),
              lambda: actions(pose_trainable=False),
              Plateau(cfg.rate, DROP, cfg.patience, "action", after=cfg.pose_epochs)),
        Stage("everything", cfg.finetune_epochs, steps(clips),
              lambda: actions(pose_trainable=True), Constant(cfg.rate / 10))]
