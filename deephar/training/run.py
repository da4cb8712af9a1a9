"""A run: its settings, its folder, its log, its seed.

A run's folder holds

    config.json       every flag, the command, the versions
    model.json        what the network is, see `deephar.checkpoints.description`
    log.txt           what was said on the screen
    steps.csv         losses and learning rate of every execution of steps
    epochs.csv        losses of every output, speed and scores, by epoch
    scores.csv        the scores alone
    tensorboard/      the same for TensorBoard
    state.npz         where the run stands; `--resume` goes on from it
    best.weights.h5, last.weights.h5     weights, with model.json a usable model
    run.html          all of it to look at, as of the last saved state
    samples/          what the network said of the same samples after every epoch

Only the chief of several workers writes; all of them read the state, so the
folder must lie where all can see it.  A run exists when its first state does,
which is written before its first step: a start that failed may be repeated.
"""
import dataclasses
import json
import logging
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

import keras
import tensorflow as tf

from deephar.checkpoints.description import Description, write_description
from deephar.config import DataConfig
from deephar.data.locate import locate
from deephar.training.logs import Events, append_row, drop_rows
from deephar.training.page import write_run_page
from deephar.training.state import State, read_state
from deephar.training.strategy import DEVICES, from_chief, is_chief
from deephar.utils.files import read_json, write_json
from deephar.utils.flags import flag
from deephar.utils.locks import lock_folder
from deephar.utils.reading import reading
from deephar.utils.timing import versions_of

STATE = "state.npz"
PRECISIONS = {"float32": "float32", "bfloat16": "mixed_bfloat16",
              "float16": "mixed_float16"}
# A resumed run may change these and still do the same.
FREE_FLAGS = {"resume", "logdir", "device", "workers", "worker_processes",
              "save_minutes"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunConfig:
    """The flags that every training script has; scripts add their own."""
    logdir: str = flag("output/run", "folder of the run")
    data: str = flag("datasets", "folder or address of the data sets, plain or packed, or "
                                "'synthetic'")
    synthetic_size: str = flag("small", "of synthetic data: tiny, small or a number")
    weights: str = flag("", "begin with what fits of a published checkpoint, a file "
                            "or the folder of a run")
    allow_fresh_frozen: bool = flag(
        False, "layers that begin afresh may be frozen before they were trained")
    device: str = flag("auto", "; ".join(f"{k}: {v}" for k, v in DEVICES.items()))
    precision: str = flag("float32", "of the network", choices=tuple(PRECISIONS))
    resume: bool | str = flag(False, "go on with the run in logdir; auto: begin it if "
                                     "there is none", choices=("auto",))
    seed: int = flag(0, "of the weights and of the order of the data")
    deterministic: bool = flag(False, "bit-equal repetitions; slower")
    steps_per_epoch: int = flag(0, "0: as the recipe has it")
    eval_samples: int = flag(0, "score only so many samples after an epoch; 0: all")
    steps_per_execution: int = flag(1, "steps between two looks at the losses")
    clip_norm: float | None = flag(None, "bound of the gradient's norm")
    jit_compile: bool = flag(False, "compile the steps with XLA (one device only)")
    recompute: int = flag(0, "less memory: so many segments compute their activations "
                             "twice; 0: none")
    accumulate: int = flag(1, "so many batches, one after the other, make one step: that "
                              "of a batch so many times as large")
    ema: float = flag(0.0, "decay of averaged weights, for instance 0.999; they are "
                           "scored and kept; 0: none")
    workers: int = flag(2, "threads that prepare batches, for each task")
    worker_processes: bool = flag(False, "processes instead of threads")
    save_minutes: float = flag(10.0, "the state is saved that often, and each epoch")

    def trainer_options(self) -> dict:
        """The flags that `MultiModelTrainer` takes."""
        return {"steps_per_execution": self.steps_per_execution,
                "clip_norm": self.clip_norm, "jit_compile": self.jit_compile,
                "recompute": self.recompute, "accumulate": self.accumulate,
                "ema": self.ema, "workers": self.workers,
                "worker_processes": self.worker_processes,
                "measure_wait": not self.deterministic}

    def steps(self, batches: int) -> int:
        """Steps of an epoch in which the recipe sees so many batches."""
        return self.steps_per_epoch or max(batches // self.accumulate, 1)

    def guarded(self, fresh: Mapping) -> Mapping:
        """The layers that begin afresh and must not be frozen."""
        return {} if self.allow_fresh_frozen else fresh

    def place(self, name: str) -> Path:
        """The folder of a data set."""
        return locate(self.data, name, self.synthetic_size)


@dataclass(frozen=True)
class PictureConfig(RunConfig):
    """The flags of scripts that choose the size of their crops."""
    side: int = flag(256, "of a crop, in pixels")

    def in_size(self, crops: DataConfig) -> DataConfig:
        """Crops of this size."""
        return dataclasses.replace(crops, crop_resolution=(self.side, self.side))


class Run:
    """The folder of a run, and who may write to it.  `start_run` makes it."""

    def __init__(self, folder: Path, writes: bool = True, save_minutes: float = 10.0):
        self.folder = folder
        self.writes = writes
        self._lock = lock_folder(folder) if writes else None
        self._save_seconds = 60 * save_minutes
        self._saved = time.monotonic()
        self._events = Events(folder / "tensorboard") if writes else None

    @property
    def state_path(self) -> Path:
        return self.folder / STATE

    def describe(self, description: Description) -> None:
        """Write model.json, which makes the folder a usable model."""
        if self.writes:
            write_description(self.folder, description)

    def state(self) -> State | None:
        """Where an earlier process left the run."""
        return read_state(self.state_path) if self.state_path.exists() else None

    def wants_state(self) -> bool:
        """Whether it is time to save the state again."""
        return time.monotonic() - self._saved > self._save_seconds

    def state_was_saved(self) -> None:
        self._saved = time.monotonic()
        if self.writes and (self.folder / "config.json").exists():
            try:
                write_run_page(self.folder)
            except (OSError, ValueError) as error:      # a training does not end of it
                log.warning("the run's page is not written: %s", error)

    def forget_after(self, state: State) -> None:
        """Drop the rows that an earlier process wrote after its last state."""
        drop_rows(self.folder / "steps.csv", "step", state.total_steps)
        for table in ("epochs", "scores"):      # an epoch's end is not the last step's
            drop_rows(self.folder / f"{table}.csv", "epoch", state.epoch)

    def write(self, table: str, step: int, row: Mapping[str, float]) -> None:
        """A row of numbers into `table`.csv and for TensorBoard."""
        if self.writes:
            append_row(self.folder / f"{table}.csv", {"step": step, **row})
            self._events.write(step, row)


def was_begun(folder: Path | str) -> bool:
    """Whether a folder holds a run that can be resumed."""
    return (Path(folder) / STATE).exists()


def resumes(cfg: RunConfig, strategy: tf.distribute.Strategy | None = None) -> bool:
    """Whether a run is gone on with; all workers do as the chief, whose folder decides."""
    if cfg.resume != "auto":
        return bool(cfg.resume)
    known = was_begun(cfg.logdir)
    return bool(from_chief(strategy, float(known))) if strategy else known


def start_run(cfg: RunConfig, strategy: tf.distribute.Strategy | None = None) -> Run:
    """Open a run's folder and set seed, precision and log.

    Call it before networks are built.

    Raises:
        FileExistsError: the folder holds a run and `cfg.resume` is not set.
        FileNotFoundError: there is nothing to resume.
        RuntimeError: another process uses the folder.
    """
    folder = Path(cfg.logdir)
    writes = strategy is None or is_chief(strategy)
    known, resume = was_begun(folder), resumes(cfg, strategy)
    if resume and not known:
        raise FileNotFoundError(f"{folder} holds no run to resume: it has no {STATE}; "
                                "without --resume one is started")
    if known and not resume and writes:
        raise FileExistsError(f"{folder} already holds a run: --resume goes on with "
                              "it, another --logdir starts afresh")
    run = Run(folder, writes, cfg.save_minutes)
    _start_log(folder, writes)
    keras.utils.set_random_seed(cfg.seed)
    if cfg.deterministic:
        tf.config.experimental.enable_op_determinism()
    keras.mixed_precision.set_dtype_policy(PRECISIONS[cfg.precision])
    state = run.state() or State()
    if writes:
        run.forget_after(state)
    if resume:
        compare_config(cfg, read_config(folder))
        log.info("Resuming after %d epochs and %d steps.", state.epoch, state.step)
    elif writes:
        write_json(folder / "config.json", {
            "config": dataclasses.asdict(cfg), "command": sys.argv,
            "started": time.strftime("%Y-%m-%d %H:%M:%S"),
            "versions": versions_of(("deephar", "keras", "tensorflow", "numpy"))})
    return run


def _start_log(folder: Path, writes: bool) -> None:
    """Messages of the package go to the screen and to log.txt."""
    package = logging.getLogger("deephar")
    package.setLevel(logging.INFO)
    for handler in package.handlers[:]:
        package.removeHandler(handler)
        handler.close()
    handlers = [logging.StreamHandler(sys.stdout)]
    if writes:
        handlers.append(logging.FileHandler(folder / "log.txt"))
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
        package.addHandler(handler)


def read_config(folder: Path) -> dict:
    """The flags that a run began with."""
    path = folder / "config.json"
    content = read_json(path)
    with reading(path):
        return dict(content["config"])


def compare_config(cfg: RunConfig, before: dict) -> None:
    """Say which flags are not those that the run began with."""
    now = json.loads(json.dumps(dataclasses.asdict(cfg)))
    for name in sorted(set(now) - FREE_FLAGS):
        if now[name] != before.get(name):
            log.warning("--%s is %r now and was %r: the run will differ.",
                        name.replace("_", "-"), now[name], before.get(name))
