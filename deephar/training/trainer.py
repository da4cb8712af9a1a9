"""Training of several tasks in turn, on one device or many.

A traced loop takes the tasks in turn, `task.ratio` batches of each.  Batches
are global: a strategy splits them over its replicas, every loss is the sum
over a replica's samples divided by the size of the global batch, and the
replicas' gradients are added up.  So the number of devices does not change
what is learnt.
"""
import contextlib
import logging
import re
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from deephar.data.dataset import Loader
from deephar.data.pipeline import stream
from deephar.training.accumulate import Joined
from deephar.training.averages import Averages
from deephar.training.logs import Meter, pairs
from deephar.training.run import Run
from deephar.training.schedule import Plateau
from deephar.training.signals import StopRequest, stop_on_signals
from deephar.training.state import State, restore, save_state
from deephar.training.strategy import is_multiworker
from deephar.training.task import Task, completed, make_step
from deephar.utils.files import atomic_path

PROGRESS_SECONDS = 10
LOST_WORKER = (tf.errors.UnavailableError, tf.errors.AbortedError,
               tf.errors.CancelledError, tf.errors.DeadlineExceededError,
               tf.errors.InternalError)
# What a function of Python raised, within TensorFlow's own words about it.
PYTHON_ERROR = re.compile(r"\b(\w+(?:Error|Exception): .*?)\nTraceback \(most recent", re.S)

log = logging.getLogger(__name__)


class NotFinite(ValueError):
    """A loss became NaN or infinite."""

    def __init__(self, task: Task, batch: int, kept: str = ""):
        super().__init__(
            f"a loss of task {task.name} is not finite, in batch {batch}{kept}")
        self.task, self.batch = task, batch


class MultiModelTrainer:
    """Trains tasks in turn; with one task it is a plain trainer.

    Args:
        tasks: `Task`s, or compiled models together with their `loaders`.
        loaders: the data of the models, where models were given.
        model: the network that holds those of all tasks; its weights are in
            the saved state.  None: what the tasks' models hold.
        strategy: the one in whose scope models and optimizers were made.
        steps_per_execution: steps between two looks of Python at the losses.
        clip_norm: upper bound of the norm of each task's global gradient.
        jit_compile: compile the steps with XLA; for one device only.
        recompute: so many segments of layers compute their activations twice
            instead of keeping them; 0: none.
        accumulate: so many batches of a task make one step: they are computed
            one after the other and their gradients added.
        ema: decay of the averages of the weights, which are then those that
            callbacks get and that stay in the end; 0: none.
        workers: threads that prepare batches, per task.
        worker_processes: processes instead of threads.
        measure_wait: take the time spent waiting for data; TensorFlow does
            not allow it when operations are made deterministic.
    """

    def __init__(self, tasks: Sequence, loaders: Sequence | None = None, *,
                 model: keras.Model | None = None,
                 strategy: tf.distribute.Strategy | None = None,
                 steps_per_execution: int = 1, clip_norm: float | None = None,
                 jit_compile: bool = False, recompute: int = 0, accumulate: int = 1,
                 ema: float = 0.0, workers: int = 2, worker_processes: bool = False,
                 measure_wait: bool = True):
        if loaders is not None:
            tasks = [Task(m.name, m, d) for m, d in zip(tasks, loaders, strict=True)]
        self.strategy = strategy or tf.distribute.get_strategy()
        self.steps_per_execution = steps_per_execution
        self.workers, self.worker_processes = workers, worker_processes
        self._clock = tf.timestamp if measure_wait else (
            lambda: tf.constant(np.nan, tf.float64))
        with self.strategy.scope():
            self.tasks = check_tasks(tasks, self.strategy, model, jit_compile)
            if accumulate < 1:
                raise ValueError(f"accumulate must be 1 or more batches, got {accumulate}")
            if accumulate > 1:
                self.tasks = [replace(task, loader=Joined(task.loader, accumulate))
                              for task in self.tasks]
            self._steps = [make_step(task, self.strategy, clip_norm, jit_compile, recompute,
                                     accumulate) for task in self.tasks]
            self.weights = _unique([model] if model else [t.model for t in self.tasks])
            self.averages = Averages(self.weights, ema, self.strategy) if ema else None
        self.slots = _unique([task.optimizer for task in self.tasks])
        if self.averages:
            self.slots += self.averages.variables
        self._execute = tf.function(self._run_steps)
        self._iterators = None
        self.drawn = {task.name: 0 for task in self.tasks}   # batches, so far

    # === The traced part ===

    def _run_steps(self, iterators, count, stop):
        """`count` steps: all losses, one row per step; seconds waited; stop."""
        trace = tf.TensorArray(tf.float32, count)
        waited, done = tf.constant(0.0, tf.float64), tf.constant(0.0)
        for i in tf.range(count):
            row = []
            for task, step, iterator in zip(self.tasks, self._steps, iterators):
                width = len(task.losses)
                turns = tf.TensorArray(tf.float32, task.ratio, element_shape=(width,))
                # A loop of the graph: several turns are traced as one.
                for turn in tf.range(task.ratio) if task.ratio > 1 else range(1):
                    # Waiting is what lies between the end of the last step
                    # and the arrival of the batch.
                    with tf.control_dependencies([done]):
                        asked = self._clock()
                    batch = next(iterator)
                    parts = tf.nest.flatten(batch, expand_composites=True)
                    with tf.control_dependencies(parts + [asked]):
                        waited += self._clock() - asked
                    shares = self.strategy.run(step, args=batch)
                    losses = self.strategy.reduce("SUM", shares, axis=None)
                    turns = turns.write(turn, losses)
                    done = tf.reduce_sum(losses)
                row.append(tf.reshape(turns.stack(), [task.ratio * width]))
            if self.averages:
                self.averages.update()
            trace = trace.write(i, tf.concat(row, 0))
        if is_multiworker(self.strategy):
            # Every worker hears it when one of them is asked to stop.
            stops = self.strategy.run(tf.identity, (stop,))
            stop = self.strategy.reduce("SUM", stops, axis=None)
        return trace.stack(), waited, stop

    def _input(self, task: Task):
        """The task's global batches, split over the replicas."""
        replicas = self.strategy.num_replicas_in_sync

        def pipeline(context):
            count = context.num_input_pipelines
            local = self._stream(task, (context.input_pipeline_id, count))
            return local if replicas == count else cut_batches(local, replicas // count)

        if replicas == 1 and not tf.config.list_physical_devices("GPU"):
            # Going through the strategy would cost a sixth of a small network's time.
            return iter(self._stream(task))
        return iter(self.strategy.distribute_datasets_from_function(pipeline))

    def _stream(self, task: Task, shard: tuple[int, int] = (0, 1)) -> tf.data.Dataset:
        return stream(task.loader, start=self.drawn[task.name], workers=self.workers,
                      processes=self.worker_processes, shard=shard)

    # === The loop ===

    def run_steps(self, count: int, stop: bool = False) -> tuple[dict, float, bool]:
        """Do `count` steps of all tasks.

        Returns:
            {task name: losses (count, ratio, outputs)}, the seconds spent
            waiting for data, and whether any worker was asked to stop.

        Raises:
            NotFinite: a loss is not finite; the weights are spoilt.
        """
        if self._iterators is None:
            self._iterators = [self._input(task) for task in self.tasks]
        trace, waited, stop = self._execute(
            self._iterators, tf.constant(count), tf.constant(float(stop)))
        trace = trace.numpy()                                   # (count, losses)
        self._check_finite(trace)
        losses, column = {}, 0
        for task in self.tasks:
            width = task.ratio * len(task.losses)
            losses[task.name] = trace[:, column:column + width].reshape(
                count, task.ratio, -1)
            self.drawn[task.name] += count * task.ratio
            column += width
        return losses, float(waited), float(stop) > 0

    def _check_finite(self, trace: np.ndarray) -> None:
        """The first loss that is not finite, in time, tells the batch."""
        bad = np.argwhere(~np.isfinite(trace))
        if not len(bad):
            return
        step, column = bad[0]
        for task in self.tasks:
            width = task.ratio * len(task.losses)
            if column < width:
                turn = step * task.ratio + column // len(task.losses)
                raise NotFinite(task, self.drawn[task.name] + int(turn))
            column -= width

    def train(self, epochs: int, steps_per_epoch: int, initial_epoch: int = 0,
              end_of_epoch_callback: Any = None, verbose: int = 1, *,
              plan: Callable | None = None, run: Run | None = None,
              state: State | None = None) -> list[dict[str, float]]:
        """Train until `epochs` epochs are over.

        Args:
            epochs: number of the last epoch, counted from the run's beginning.
            steps_per_epoch: steps of all tasks in an epoch.
            initial_epoch: epochs that are over; `state` knows better.
            end_of_epoch_callback: one callback or several, with
                `on_epoch_end(epoch, logs)`, epoch counted from 0; they may add
                to `logs`.
            verbose: 0 leaves out the progress lines.
            plan: the learning rate of a moment, see `deephar.training.schedule`.
            run: where logs and state are kept; None keeps nothing.
            state: where to begin; it moves on with the training.

        Returns:
            The logs of every epoch so far: mean losses, rate and scores.

        Raises:
            SystemExit: stopped by Ctrl-C or SIGTERM; the state is saved.
            RuntimeError: another worker has gone, or a batch could not be made.
            NotFinite: a loss is not finite; the batch is saved.
        """
        state = state or State(epoch=initial_epoch)
        self.drawn.update({k: n for k, n in state.drawn.items() if k in self.drawn})
        meter = Meter(sum(task.images_per_step for task in self.tasks),
                      (epochs - state.epoch) * steps_per_epoch - state.step)
        with stop_on_signals() as stop, self._explained(run):
            while state.epoch < epochs:
                for losses in self._epoch(steps_per_epoch, plan, run, state, meter, stop):
                    if verbose and meter.is_due(PROGRESS_SECONDS):
                        log.info("epoch %d/%d  step %d/%d  %s  %s", state.epoch + 1,
                                 epochs, state.step, steps_per_epoch,
                                 pairs(losses), meter.line())
                self._end_epoch(as_list(end_of_epoch_callback), plan, run, state, meter)
        self.finish()
        return state.history

    def finish(self) -> None:
        """Leave the averages, if there are any, as the network's weights."""
        if self.averages:
            self.averages.take()

    def _epoch(self, steps_per_epoch, plan, run, state, meter, stop: StopRequest):
        """Finish an epoch; yields the losses of every execution."""
        meter.restart()
        while state.step < steps_per_epoch:
            if stop and not is_multiworker(self.strategy):
                self._leave(run, state, stop)
            if plan:
                epoch = state.epoch + state.step / steps_per_epoch
                self._set_rate(plan(epoch, state.history))
            count = min(self.steps_per_execution, steps_per_epoch - state.step)
            traces, waited, stopping = self.run_steps(count, bool(stop))
            groups, outputs = self._means(traces)
            state.add_steps(count, groups | outputs, self.drawn)
            meter.add(count, waited)
            losses = {**groups, "lr": self._rate()}
            if run:
                run.write("steps", state.total_steps, losses)
            yield losses
            if stopping:        # every worker has heard it
                self._leave(run, state, stop)
            if run and run.wants_state():
                self.save(run, state)

    def _end_epoch(self, callbacks, plan, run, state, meter) -> None:
        # A run that is killed during the evaluation begins with it again.
        self.save(run, state)
        logs = {name: value / state.step for name, value in state.sums.items()}
        logs |= {"lr": self._rate(), **meter.figures()}
        losses = dict(logs)
        with self.averages.taken() if self.averages else contextlib.nullcontext():
            for callback in callbacks:
                callback.on_epoch_end(state.epoch, logs)
        scores = {name: value for name, value in logs.items() if name not in losses}
        state.end_epoch(logs)
        shown = {name: logs[name] for name in self._group_names() if name in logs}
        log.info("Epoch %d is over: %s", state.epoch, pairs({**shown, **scores}))
        if run:
            for table, row in (("epochs", logs), ("scores", scores)):
                if row:
                    run.write(table, state.total_steps, {"epoch": state.epoch, **row})
            if getattr(plan, "reload", False):
                self._keep_or_reload(plan, run, state)
        self.save(run, state)

    def _keep_or_reload(self, plan: Plateau, run: Run, state: State) -> None:
        """Keep the best weights of a plateau; go on from them where its rate falls."""
        path = run.folder / "plateau.npz"
        if plan.has_new_best(state.history):
            if run.writes:
                save_state(path, state, self.weights, ())
        elif plan.falls(state.history):
            restore(path, "weight", self.weights)
            log.info("The rate falls: going on from the best weights.")

    def save(self, run: Run | None, state: State) -> None:
        """Write the state of the run, from which `--resume` goes on."""
        if run is not None:
            if run.writes:
                save_state(run.state_path, state, self.weights, self.slots)
            run.state_was_saved()

    def _leave(self, run, state, stop: StopRequest) -> None:
        self.save(run, state)
        name = stop.signal.name if stop else "another worker"
        saved = "; saved, --resume goes on from here" if run else ""
        log.info("Stopped by %s after %d steps of epoch %d%s.", name, state.step,
                 state.epoch + 1, saved)
        raise SystemExit(128 + (stop.signal if stop else signal.SIGTERM))

    def _means(self, traces) -> tuple[dict, dict]:
        """Mean losses of an execution, by group (and in all) and by output."""
        groups, outputs = {"loss": 0.0}, {}
        for task in self.tasks:
            means = traces[task.name].mean(axis=(0, 1), dtype=np.float64)
            groups["loss"] += float(means @ np.asarray(task.weight))
            groups |= task.group_means(means)
            if len(means) > 1:
                outputs |= task.output_losses(means)
        return groups, outputs

    def _group_names(self) -> list[str]:
        zeros = [(task, [0.0] * len(task.losses)) for task in self.tasks]
        return ["loss"] + [name for task, z in zeros for name in task.group_means(z)]

    def _rate(self) -> float:
        return float(self.tasks[0].optimizer.learning_rate.numpy())

    def _set_rate(self, rate: float) -> None:
        for task in self.tasks:
            task.optimizer.learning_rate.assign(rate)

    @contextlib.contextmanager
    def _explained(self, run: Run | None):
        """Say in plain words why a training broke off."""
        try:
            yield
        except NotFinite as error:
            if run and run.writes:
                path = run.folder / f"not_finite_{error.task.name}_{error.batch}.npz"
                save_batch(path, error.task.loader, error.batch)
                raise NotFinite(error.task, error.batch, f"; it is kept in {path}") from None
            raise
        except tf.errors.OpError as error:
            if of_python := PYTHON_ERROR.search(error.message):
                raise RuntimeError(f"a batch could not be made: {of_python[1]}") from error
            if not (isinstance(error, LOST_WORKER) and is_multiworker(self.strategy)):
                raise
            raise RuntimeError(
                "another worker has gone: start all of them again with --resume "
                f"({type(error).__name__})") from None


def cut_batches(batches: tf.data.Dataset, parts: int) -> tf.data.Dataset:
    """Every batch as `parts` equal ones; their shapes are known, as TPUs want them."""
    def cut(array):
        return tf.reshape(array, (parts, array.shape[0] // parts) + array.shape[1:])

    return batches.flat_map(lambda *batch: tf.data.Dataset.from_tensor_slices(
        tf.nest.map_structure(cut, batch))).prefetch(2 * parts)


def save_batch(path: Path, loader: Loader, number: int) -> None:
    """Keep a batch: its arrays, and which samples of which data set they are."""
    x, y = loader.batch(number)
    arrays = {f"x{i}": a for i, a in enumerate(x)} | {f"y{i}": a for i, a in enumerate(y)}
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, samples=loader.names(number), **arrays)


def check_tasks(tasks: Sequence[Task], strategy: tf.distribute.Strategy,
                model: keras.Model | None = None, jit_compile: bool = False) -> list[Task]:
    """The completed tasks, if they can be trained together.

    Raises:
        ValueError: names or optimizers come twice, a batch cannot be split over
            the replicas, or `model` does not hold all that is trained.
    """
    tasks = [completed(task) for task in tasks]
    _check_devices(tasks, strategy, jit_compile)
    if model is not None:
        _check_parts(tasks, model)
    return tasks


def _check_devices(tasks: Sequence[Task], strategy, jit_compile: bool) -> None:
    replicas = strategy.num_replicas_in_sync
    names = [task.name for task in tasks]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"tasks need different names, got {names}")
    if len({id(task.optimizer) for task in tasks}) < len(tasks):
        raise ValueError("two tasks share one optimizer; give each its own")
    if jit_compile and replicas > 1:
        raise ValueError("jit_compile works on one device only, the strategy has "
                         f"{replicas} replicas")
    for task in tasks:
        size = task.loader.get_batch_size()
        if size % replicas:
            raise ValueError(f"task {task.name}: a batch of {size} cannot be split "
                             f"evenly over {replicas} replicas")


def _check_parts(tasks: Sequence[Task], model: keras.Model) -> None:
    """What is not in `model` would be trained but not saved."""
    known = {id(variable) for variable in model.variables}
    for task in tasks:
        strangers = [v.path for v in task.model.variables if id(v) not in known]
        if strangers:
            raise ValueError(f"task {task.name} trains {strangers[0]} and "
                             f"{len(strangers) - 1} more tensors that {model.name} "
                             "does not hold")


def _unique(owners: Sequence) -> list[keras.Variable]:
    """The variables of models or optimizers, shared ones once."""
    return list({id(v): v for owner in owners for v in owner.variables}.values())


def as_list(value: Any) -> list:
    """One thing, several or None as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
