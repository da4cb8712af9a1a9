"""Poses and actions of an SPNet (TPAMI'20): the action heads alone, then both in turn."""
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

import keras

from deephar.config import ModelConfig
from deephar.data import BatchLoader
from deephar.models import compile_split_models
from deephar.training.recipes.people import mix_people
from deephar.training.run import PictureConfig
from deephar.training.schedule import Steps
from deephar.training.stages import Stage
from deephar.training.task import Task
from deephar.utils.flags import flag
from deephar.utils.modes import TRAIN_MODE

TASKS = ("pose", "action")


@dataclass(frozen=True)
class SpnetConfig(PictureConfig):
    """The flags that the scripts for Penn Action and NTU share; each has more."""
    tasks: tuple[str, ...] = flag(TASKS, "what is learnt: both, or one alone", choices=TASKS)
    num_frames: int = flag(8, "of a clip")
    num_levels: int = flag(4, "resolutions of a pyramid")
    growth: int = flag(96, "features that each level adds")
    num_clips: int = flag(4, "in each task's batch, over all devices")
    epochs: int = flag(0, "in all")
    action_epochs: int = flag(0, "of the action heads alone, before all epochs of both")
    action_weight: float = flag(1.0, "of each action output's loss; poses have 1")
    rate: float = flag(1e-3, "learning rate of both tasks in turn")
    drop_epochs: tuple[int, ...] = flag((), "the rate falls after so many epochs")
    drop_factor: float = flag(0.1, "by this factor")


def pictures_as_clips(cfg: SpnetConfig, sets: Sequence[Callable], shares: Sequence[int],
                      num_poses: int) -> BatchLoader:
    """Pictures take the place of clips: poses do not look at other frames.

    Args:
        sets, shares: as `mix_people` takes them; the shares make a clip.
        num_poses: outputs of the network.
    """
    if sum(shares) != cfg.num_frames:
        raise ValueError(f"--shares must add up to the {cfg.num_frames} frames of a clip, "
                         f"got {tuple(shares)}")
    return BatchLoader(mix_people(sets, shares), ["frame"], ["pose"], TRAIN_MODE,
                       cfg.num_clips, num_poses, seed=cfg.seed)


def spnet_stages(cfg: SpnetConfig, full: keras.Model, network: ModelConfig,
                 loaders: Mapping[str, Any], optimizer: Callable, steps: int,
                 head_plan: Callable | None = None) -> list[Stage]:
    """The two stages; the first trains the action heads alone.

    As published, each begins with new optimizers, and with replicas of the pose
    heads that are copies of these.

    Args:
        cfg: the flags.
        full: the network of `network`.
        loaders: {task: its batches}.
        optimizer: makes one.
        steps: of an epoch.
        head_plan: the rates of the first stage; None: as the second one's.
    """
    def tasks(names: Sequence[str], pose_trainable: bool) -> list[Task]:
        models = dict(zip(TASKS, compile_split_models(
            full, network, optimizer(), pose_trainable=pose_trainable,
            copy_replica=network.pose_replica, ar_loss_weights=cfg.action_weight,
            verbose=1)))
        return [Task(name, models[name], loaders[name]) for name in names]

    plan = Steps(cfg.rate, cfg.drop_factor, cfg.drop_epochs)
    chosen = [name for name in TASKS if name in cfg.tasks]
    alone = cfg.action_epochs if "action" in chosen else 0
    together = "s and ".join(chosen) + ("s in turn" if len(chosen) > 1 else "s alone")
    return [Stage("actions on frozen poses", alone, steps,
                  lambda: tasks(["action"], pose_trainable=False), head_plan or plan),
            Stage(together, cfg.epochs - alone, steps,
                  lambda: tasks(chosen, pose_trainable=True), plan)]
