"""`SaveModel` with its published arguments; new code takes `deephar.training`'s."""
from pathlib import Path
from typing import Any

import keras

from deephar.training import callbacks


class SaveModel(callbacks.SaveModel):
    """Writes a model's weights after each epoch, or when another callback says so.

    Args:
        filepath: `{epoch}` is the epoch, from 1.  Keras wants weights to end in
            `.weights.h5`; another ending is replaced.
        model_to_save: None: the model that is being fitted.
        save_best_only: write when `best_epoch` of the other callback has changed.
        callback_to_monitor: the other callback, called before this one.
        verbose: accepted; nothing is printed.
    """

    def __init__(self, filepath: str | Path, model_to_save: keras.Model | None = None,
                 save_best_only: bool = False, callback_to_monitor: Any = None,
                 verbose: int = 1):
        if save_best_only and callback_to_monitor is None:
            raise ValueError("save_best_only needs callback_to_monitor, got None")
        name = str(filepath).removesuffix(".h5").removesuffix(".hdf5")
        super().__init__(name.removesuffix(".weights") + ".weights.h5", model_to_save)
        self._monitored = callback_to_monitor if save_best_only else None
        self.best_epoch = None

    def on_epoch_end(self, epoch, logs=None):
        if self._monitored is not None:
            if self._monitored.best_epoch == self.best_epoch:
                return
            self.best_epoch = self._monitored.best_epoch
        super().on_epoch_end(epoch, logs)
