"""A process that trains the toy tasks; the tests start, kill and resume it.

python -m tests.training.toy_run --device cpu:2 --logdir FOLDER --epochs 2
"""
import dataclasses
import time
from dataclasses import dataclass

import keras
import numpy as np

from deephar.training.run import RunConfig, start_run
from deephar.training.schedule import Steps
from deephar.training.stages import Stage, train_stages
from deephar.training.strategy import is_chief, make_strategy
from deephar.utils.flags import parse_config
from tests.training.toys import toy_models, toy_tasks


@dataclass(frozen=True)
class Config(RunConfig):
    """Train the toy tasks in two stages."""
    epochs: int = 2
    pause: float = 0.0          # seconds that every epoch's end takes


class Pause(keras.callbacks.Callback):
    """Gives the test time to kill the process."""

    def __init__(self, seconds: float):
        super().__init__()
        self.seconds = seconds

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(self.seconds)


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    with strategy.scope():
        full, pose, action = toy_models()
    frozen = lambda: (setattr(full.get_layer("conv"), "trainable", False),
                      toy_tasks(pose, action)[1:])[1]
    joint = lambda: (setattr(full.get_layer("conv"), "trainable", True),
                     [dataclasses.replace(task, ratio=ratio) for task, ratio in zip(
                         toy_tasks(pose, action), (2, 1))])[1]
    steps = cfg.steps_per_epoch
    stages = [Stage("action", 1, steps, frozen, Steps(0.02, 0.1, ())),
              Stage("joint", cfg.epochs - 1, steps, joint, Steps(0.02, 0.1, (2,)))]
    train_stages(full, stages, run, strategy=strategy, callbacks=Pause(cfg.pause),
                 **cfg.trainer_options())
    if is_chief(strategy):
        np.savez(run.folder / "final.npz", *[v.numpy() for v in full.weights])


if __name__ == "__main__":
    main(parse_config(Config))
