"""A training in stages: each trains other layers, or with other settings."""
import logging
from dataclasses import dataclass
from typing import Any, Callable, Mapping, Sequence

import keras
import tensorflow as tf

from deephar.training.callbacks import EvalCallback, keep_weights
from deephar.training.run import Run, RunConfig
from deephar.training.signals import stop_on_signals
from deephar.training.state import State, restore
from deephar.training.task import Task
from deephar.training.trainer import MultiModelTrainer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """Some epochs with the same tasks.

    Args:
        name: for the log.
        epochs: how many; stages follow each other.
        steps_per_epoch: steps of all tasks in an epoch.
        tasks: makes the stage's tasks when it begins: sets which layers are
            trained, makes new optimizers.
        plan: the learning rate, by the epochs of the whole run.
    """
    name: str
    epochs: int
    steps_per_epoch: int
    tasks: Callable[[], Sequence[Task]]
    plan: Callable


def train_stages(model: keras.Model, stages: Sequence[Stage], run: Run, *,
                 strategy: tf.distribute.Strategy, callbacks: Any = None,
                 **trainer_options) -> list[dict[str, float]]:
    """Train `model` through all stages, from where `run` stands.

    Args:
        model: the network that holds those of all tasks.
        callbacks: called at the end of each epoch.
        trainer_options: as `MultiModelTrainer` takes them.

    Returns:
        The logs of every epoch.
    """
    state = run.state()
    if state:
        restore(run.state_path, "weight", model.variables)
        resumed_stage = state.stage
    else:
        state, resumed_stage = State(), None
    last_epoch = 0
    with stop_on_signals():
        for index, stage in enumerate(stages):
            last_epoch += stage.epochs
            if index < state.stage or last_epoch <= state.epoch:
                continue
            state.stage = index
            with strategy.scope():
                tasks = stage.tasks()
            trainer = MultiModelTrainer(tasks, model=model, strategy=strategy,
                                        **trainer_options)
            if index == resumed_stage:      # what the stage began with is long past
                restore(run.state_path, "weight", trainer.weights)
                restore(run.state_path, "slot", trainer.slots)
            elif run.state() is None:
                trainer.save(run, state)        # from now on the run exists
            log.info("Stage %s: epochs %d to %d, %s.", stage.name, state.epoch + 1,
                     last_epoch, " and ".join(
                         f"{task.name} ({task.images_per_step} images)"
                         for task in trainer.tasks))
            trainer.train(last_epoch, stage.steps_per_epoch, plan=stage.plan, run=run,
                          state=state, end_of_epoch_callback=callbacks)
    return state.history


def train_scored(cfg: RunConfig, model: keras.Model, stages: Sequence[Stage], run: Run,
                 strategy: tf.distribute.Strategy, scores: Mapping[str, Callable],
                 best: str, higher_is_better: bool = True) -> list[dict[str, float]]:
    """`train_stages`, scoring after every epoch and keeping last and best weights.

    Args:
        cfg: the run's flags.
        scores: {name: function of the model}, see `deephar.training.evaluators`.
        best: the score that decides, `name/score`.
        higher_is_better: False if it is an error.
    """
    callbacks = [EvalCallback(name, score, model, strategy=strategy)
                 for name, score in scores.items()]
    callbacks += keep_weights(run.folder, model, best, higher_is_better, strategy=strategy)
    return train_stages(model, stages, run, strategy=strategy, callbacks=callbacks,
                        **cfg.trainer_options())
