"""`MultiModelTrainer` with its published arguments; new code takes `deephar.training`'s."""
import logging
from typing import Any, Callable, Sequence

import keras

from deephar.training import trainer
from deephar.training.logs import pairs

log = logging.getLogger(__name__)


class MultiModelTrainer(trainer.MultiModelTrainer):
    """Trains compiled models in turn.

    Args:
        models: compiled, each with an optimizer of its own.
        generators: a `BatchLoader` for each.
        workers: threads that prepare batches, per model.
        shuffle: accepted; the loaders shuffle.
        max_queue_size: accepted; a few batches are kept ready.
        print_full_losses: log the loss of every output after an epoch.
    """

    def __init__(self, models: Sequence[keras.Model], generators: Sequence[Any],
                 workers: int = 1, shuffle: bool = True, max_queue_size: int = 10,
                 print_full_losses: bool = False):
        super().__init__(models, generators, workers=workers)
        self.print_full_losses = print_full_losses

    def train(self, epochs: int, steps_per_epoch: int,     # type: ignore[override]
              initial_epoch: int = 0,
              end_of_epoch_callback: Callable[[int], Any] | None = None,
              verbose: int = 1) -> list[dict[str, float]]:
        """Train until `epochs` epochs are over; the callback gets their numbers, from 0."""
        def on_epoch_end(epoch, logs):
            if self.print_full_losses:
                log.info("Epoch %d in full: %s", epoch + 1, pairs(logs))
            if end_of_epoch_callback is not None:
                end_of_epoch_callback(epoch)
        callback = keras.callbacks.LambdaCallback(on_epoch_end=on_epoch_end)
        return super().train(epochs, steps_per_epoch, initial_epoch, callback, verbose)
