"""What happens at the end of an epoch: evaluation, and weights to keep.

They are Keras callbacks, so they also work with `model.fit`.
"""
import logging
import math
from pathlib import Path
from typing import Callable, Mapping

import keras
import tensorflow as tf

from deephar.evaluation.workers import ALONE, together
from deephar.training.samples import Drawn, save_samples
from deephar.training.strategy import from_chief, is_chief, is_multiworker, workers_of
from deephar.utils.checksums import add_checksums
from deephar.utils.files import atomic_path, read_json, write_json
from deephar.utils.reading import reading

log = logging.getLogger(__name__)


class EvalCallback(keras.callbacks.Callback):
    """Scores a model and adds the scores to the epoch's logs.

    Args:
        name: scores are logged as `name/score`.
        score: a function of the model: {score: number}.
        model_to_score: the model.
        strategy: that it is trained under.  Several workers, and whoever
            trains on a TPU, score a copy on their own machine; several
            workers share the samples.
        every: epochs between two evaluations.
        folder: of the run, for pictures of samples where `score` can draw them.
    """

    def __init__(self, name: str, score: Callable[[keras.Model], Mapping[str, float]],
                 model_to_score: keras.Model, *,
                 strategy: tf.distribute.Strategy | None = None, every: int = 1,
                 folder: Path | None = None):
        super().__init__()
        self.folder = folder if strategy is None or is_chief(strategy) else None
        self.name, self.score, self.every = name, score, every
        self._source = self._judged = model_to_score
        self._strategy = strategy
        self._workers = ALONE if strategy is None else workers_of(strategy)
        if strategy is not None and (
                is_multiworker(strategy) or isinstance(strategy, tf.distribute.TPUStrategy)):
            self._judged = keras.models.clone_model(model_to_score)

    def on_epoch_end(self, epoch, logs=None):
        if (epoch + 1) % self.every:
            return
        if self._judged is not self._source:
            for copy, source in zip(self._judged.variables, self._source.variables):
                copy.assign(source.numpy())
        with together(self._workers):
            scores = self.score(self._judged)
        for key, value in scores.items():
            value = float(value)
            if self._strategy is not None:
                # Rates may hang on scores: all workers must see the same.
                value = from_chief(self._strategy, value)
            logs[f"{self.name}/{key}"] = value
        if self.folder and isinstance(self.score, Drawn):
            try:
                save_samples(self.folder, self.name, epoch + 1, self.score.draw(self._judged))
            except (OSError, ValueError) as error:      # a training does not end of it
                log.warning("%s: no samples are drawn: %s", self.name, error)


class SaveModel(keras.callbacks.Callback):
    """Writes a model's weights after each epoch, or after each new best one.

    The best score stands in a JSON file beside the weights, so that a resumed
    run knows it.

    Args:
        filepath: ends in `.weights.h5`; `{epoch}` in the file's name is the
            epoch, from 1.
        model_to_save: None: the model that is being fitted.
        save_best_only: write when `monitor` is better than ever.
        monitor: a logged value.
        higher_is_better: False for losses and errors.
        strategy: that it is trained under; only the chief writes.
    """

    def __init__(self, filepath: str | Path, model_to_save: keras.Model | None = None,
                 save_best_only: bool = False, monitor: str = "loss",
                 higher_is_better: bool = False, *,
                 strategy: tf.distribute.Strategy | None = None):
        super().__init__()
        self.filepath = Path(filepath)
        self.monitor = monitor if save_best_only else None
        self.sign = 1 if higher_is_better else -1
        self._model_to_save = model_to_save
        self._writes = strategy is None or is_chief(strategy)

    @property
    def _record(self) -> Path:
        name = self.filepath.name.format(epoch="best").removesuffix(".weights.h5")
        return self.filepath.with_name(name + ".json")

    def best(self) -> float:
        """The best value so far, as it was logged."""
        if not self._record.exists():
            return -self.sign * math.inf
        content = read_json(self._record)
        with reading(self._record):
            return float(content[self.monitor])

    def on_epoch_end(self, epoch, logs=None):
        if not self._writes:
            return
        if self.monitor is None:
            self._save(epoch)
        elif self.monitor in logs and self.sign * (logs[self.monitor] - self.best()) > 0:
            self._save(epoch)
            write_json(self._record, {self.monitor: logs[self.monitor], "epoch": epoch + 1})
            log.info("New best %s: %.4g", self.monitor, logs[self.monitor])

    def _save(self, epoch: int) -> None:
        model = self._model_to_save or self.model
        name = self.filepath.name.format(epoch=epoch + 1)
        with atomic_path(self.filepath.with_name(name)) as temporary:
            model.save_weights(temporary)
            add_checksums(temporary)


def keep_weights(folder: Path, model: keras.Model, monitor: str,
                 higher_is_better: bool = False, *,
                 strategy: tf.distribute.Strategy | None = None) -> list[SaveModel]:
    """Callbacks that keep the last and the best weights in a run's folder."""
    return [SaveModel(folder / "last.weights.h5", model, strategy=strategy),
            SaveModel(folder / "best.weights.h5", model, save_best_only=True,
                      monitor=monitor, higher_is_better=higher_is_better,
                      strategy=strategy)]
