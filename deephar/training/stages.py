"""A training in stages: each trains other layers, or with other settings."""
import logging
from dataclasses import dataclass
from typing import Any, Callable, Collection, Mapping, Sequence

import keras
import tensorflow as tf

from deephar.training.callbacks import EvalCallback, keep_weights
from deephar.training.fresh import check_frozen
from deephar.training.run import Run, RunConfig, was_begun
from deephar.training.signals import stop_on_signals
from deephar.training.state import State, restore
from deephar.training.task import Task
from deephar.training.trainer import MultiModelTrainer, as_list, check_tasks

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """Some epochs with the same tasks.

    Args:
        name: for the log.
        epochs: how many; stages follow each other.
        steps_per_epoch: steps of all tasks in an epoch.
        tasks: makes the stage's tasks when it begins: sets which layers are
            trained, makes new optimizers.  Called before the first step too,
            when all stages are checked.
        plan: the learning rate, by the epochs of the whole run.
        scores: names of the scores that say something in this stage; None: all.
    """
    name: str
    epochs: int
    steps_per_epoch: int
    tasks: Callable[[], Sequence[Task]]
    plan: Callable
    scores: Collection[str] | None = None


def train_stages(model: keras.Model, stages: Sequence[Stage], run: Run, *,
                 strategy: tf.distribute.Strategy, callbacks: Any = None,
                 fresh: Mapping[str, keras.layers.Layer] | None = None,
                 **trainer_options) -> list[dict[str, float]]:
    """Train `model` through all stages, from where `run` stands.

    Args:
        model: the network that holds those of all tasks.
        callbacks: called at the end of each epoch.
        fresh: layers that begin afresh, which no stage may use and freeze before
            one has trained them; see `deephar.training.fresh`.
        trainer_options: as `MultiModelTrainer` takes them.

    Returns:
        The logs of every epoch.
    """
    saved = run.state()
    state = saved or State()
    if saved:
        _check_borders(stages, saved, run)
        restore(run.state_path, "weight", model.variables)
    with strategy.scope():
        for stage in stages[state.stage:]:      # a later one fails now or never
            if stage.epochs:
                tasks = check_tasks(stage.tasks(), strategy, model)
                if fresh and not saved:
                    fresh = check_frozen(stage.name, tasks, fresh)
    with stop_on_signals():
        for index, stage in enumerate(stages):
            is_resumed = bool(saved) and index == saved.stage
            last_epoch = _end(stages, index)
            if index < state.stage or (state.epoch >= last_epoch and not is_resumed):
                continue
            state.stage, state.began = index, last_epoch - stage.epochs
            with strategy.scope():
                tasks = stage.tasks()
            trainer = MultiModelTrainer(tasks, model=model, strategy=strategy,
                                        **trainer_options)
            if is_resumed:      # what the stage began with is long past
                restore(run.state_path, "weight", trainer.weights)
                restore(run.state_path, "slot", trainer.slots)
            elif not was_begun(run.folder):
                trainer.save(run, state)        # from now on the run exists
            if state.epoch >= last_epoch:
                trainer.finish()
                continue        # it is over, but the next one may share its optimizers
            log.info("Stage %s: epochs %d to %d, %s.", stage.name, state.epoch + 1,
                     last_epoch, " and ".join(
                         f"{task.name} ({task.images_per_step} images)"
                         for task in trainer.tasks))
            trainer.train(last_epoch, stage.steps_per_epoch, plan=stage.plan, run=run,
                          state=state, end_of_epoch_callback=[
                              callback for callback in as_list(callbacks)
                              if _is_wanted(callback, stage)])
    return state.history


def _is_wanted(callback: Any, stage: Stage) -> bool:
    """Whether a callback is called in a stage: those that score, if they say something."""
    return (stage.scores is None or not isinstance(callback, EvalCallback)
            or callback.name in stage.scores)


def _end(stages: Sequence[Stage], index: int) -> int:
    """The epoch, of the whole run, after which stage number `index` is over."""
    return sum(stage.epochs for stage in stages[:index + 1])


def _check_borders(stages: Sequence[Stage], state: State, run: Run) -> None:
    """Stages that are over keep their length; the present one may become longer.

    Raises:
        ValueError: they are not the stages that the run was trained in.
    """
    settings = f"resume it with the epochs that {run.folder / 'config.json'} names, or more"
    if state.stage >= len(stages):
        raise ValueError(f"the run is in stage {state.stage + 1} and there are "
                         f"{len(stages)} now: {settings}")
    stage, end = stages[state.stage], _end(stages, state.stage)
    if state.began not in (None, end - stage.epochs):
        raise ValueError(f"stage {stage.name} began after {state.began} epochs and would "
                         f"now begin after {end - stage.epochs}: {settings}")
    if state.epoch > end:
        raise ValueError(f"{state.epoch} epochs are over and stage {stage.name} would now "
                         f"end after {end}: {settings}")


def train_scored(cfg: RunConfig, model: keras.Model, stages: Sequence[Stage], run: Run,
                 strategy: tf.distribute.Strategy, scores: Mapping[str, Callable],
                 best: str, higher_is_better: bool = True,
                 fresh: Mapping[str, keras.layers.Layer] | None = None
                 ) -> list[dict[str, float]]:
    """`train_stages`, scoring after every epoch and keeping last and best weights.

    Args:
        cfg: the run's flags.
        scores: {name: function of the model}, see `deephar.training.evaluators`; of
            another network over its layers: (function, network).
        best: the score that decides, `name/score`.
        higher_is_better: False if it is an error.
        fresh: as `train_stages` takes it.
    """
    judged = {name: score if isinstance(score, tuple) else (score, model)
              for name, score in scores.items()}
    callbacks = [EvalCallback(name, *score, strategy=strategy, folder=run.folder)
                 for name, score in judged.items()]
    callbacks += keep_weights(run.folder, model, best, higher_is_better, strategy=strategy)
    return train_stages(model, stages, run, strategy=strategy, callbacks=callbacks,
                        fresh=fresh, **cfg.trainer_options())
