"""What a data set is and what a loader is: whoever keeps these promises is one.

`tests/data/test_dataset.py` holds every data set and loader of the package to them.
"""
from typing import Protocol, Sequence, runtime_checkable

import numpy as np


@runtime_checkable
class Dataset(Protocol):
    """Samples with numbers from 0, in the splits of `deephar.utils.modes`.

    The splits share no video or picture; a split may be empty.
    """

    def get_length(self, mode: int) -> int:
        """Samples of a split."""

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        """Shape of one sample's array; KeyError where samples have no such array."""

    def get_data(self, key: int, mode: int, *, rng: np.random.Generator | None = None
                 ) -> dict[str, np.ndarray]:
        """A sample: arrays by name; IndexError from `get_length(mode)` on.

        Training draws what is random from `rng` alone; other splits draw nothing.
        """


@runtime_checkable
class Loader(Protocol):
    """Batches with running numbers, without an end; an epoch has `len(loader)`.

    What is in a batch follows from its number and the loader's settings alone,
    whoever asks, and in whatever order.
    """
    x_dictkeys: Sequence[str]           # names of the inputs
    y_dictkeys: Sequence[str]           # names of the targets
    num_predictions: Sequence[int]      # how often each target is repeated

    def __len__(self) -> int:
        """Batches of an epoch."""

    def get_batch_size(self) -> int:
        """Samples of a batch."""

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        """Shape of an array of a batch."""

    def num_rows(self, number: int) -> int:
        """Samples of a batch that are no repetition."""

    def batch(self, number: int, rows: range | None = None) -> tuple[list, list]:
        """Inputs and targets of a batch, or of some of its rows."""

    def names(self, number: int) -> list[str]:
        """Where every sample of a batch comes from, in words."""
