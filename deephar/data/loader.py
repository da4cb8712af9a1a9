"""Batches out of one or several data sets.

Batches have a running number n = 0, 1, 2, ...: `n // len(loader)` is the epoch
and `n % len(loader)` the index in it.  What is in a batch is a function of the
seed and of that number alone, whoever computes it and in whatever order.
"""
from functools import lru_cache
from typing import Any, Sequence

import numpy as np

from deephar.data.dataset import Dataset
from deephar.utils.modes import TRAIN_MODE


class BatchLoader:
    """Mixes data sets, each with its own share of every batch.

    A loader can be the data set of another loader: one of its batches is then
    a sample, so that eight pictures become a clip.

    Args:
        dataset: a data set, a loader, or a list of them.
        x_dictkeys: keys of a sample that are inputs.
        y_dictkeys: keys that are targets.
        mode: of the split.
        batch_size: samples of each data set, or of the only one.
        num_predictions: how often each target is repeated; a number or one per key.
        shuffle: draw the samples in random order, each once per pass.
        custom_dummy_dictkey: further targets, after the others, of zeros where
            a data set does not have them; a key, or (key, shape).
        seed: of everything random.

    Raises:
        ValueError: the data sets give a key different shapes.
    """

    def __init__(self, dataset: Dataset | Sequence[Dataset], x_dictkeys: Sequence[str],
                 y_dictkeys: Sequence[str],
                 mode: int = TRAIN_MODE, batch_size=24, num_predictions=1,
                 shuffle: bool = True, custom_dummy_dictkey: Sequence = (), *,
                 seed: int = 0):
        self.datasets: list[Any] = (
            list(dataset) if isinstance(dataset, (list, tuple)) else [dataset])
        self.x_dictkeys = list(x_dictkeys)
        self.dummy_shapes = {}
        for key in custom_dummy_dictkey:
            name, shape = (key, None) if isinstance(key, str) else key
            self.dummy_shapes[name] = self._dummy_shape(name, shape)
        self.y_dictkeys = list(y_dictkeys) + list(self.dummy_shapes)
        self.mode = mode
        self.shuffle = shuffle
        self.seed = seed
        self.batch_sizes = _one_each("batch_size", batch_size, len(self.datasets))
        self.num_predictions = _one_each(
            "num_predictions", num_predictions, len(self.y_dictkeys))
        self._sizes = [dataset.get_length(mode) for dataset in self.datasets]
        for dataset, size in zip(self.datasets, self._sizes):
            if size == 0:
                raise ValueError(f"{type(dataset).__name__} has no samples in mode {mode} "
                                 "(0 test, 1 train, 2 valid); take another split")
        self._shapes = {key: self._common_shape(key)
                        for key in self.x_dictkeys + self.y_dictkeys}
        self._order = lru_cache(maxsize=8)(self._make_order)

    def __getstate__(self) -> dict:
        """All but the orders that are kept, for a copy in another process."""
        return {name: value for name, value in vars(self).items() if name != "_order"}

    def __setstate__(self, state: dict) -> None:
        vars(self).update(state)
        self._order = lru_cache(maxsize=8)(self._make_order)

    def __len__(self) -> int:
        """Batches of one epoch: one pass over the longest data set."""
        return max(-(-size // share) for size, share in zip(self._sizes, self.batch_sizes))

    def __getitem__(self, index: int) -> tuple[list, list]:
        """Batch `index` of the first epoch: lists of inputs and of targets.

        It is always full: a data set that ends starts again.
        """
        if not -len(self) <= index < len(self):
            raise IndexError(f"the loader has {len(self)} batches, got index {index}")
        return self.batch(index % len(self))

    def batch(self, number: int, rows: range | None = None) -> tuple[list, list]:
        """Batch of running number `number`, or some of its rows."""
        arrays = self._arrays(number, (self.seed,), rows)
        x = [arrays[key] for key in self.x_dictkeys]
        y = [arrays[key] for key, count in zip(self.y_dictkeys, self.num_predictions)
             for _ in range(count)]
        return x, y

    def names(self, number: int) -> list[str]:
        """Data set and key of every row of batch `number`, as `PennAction 12`."""
        return self._names(number, (self.seed,))

    def get_batch_size(self) -> int:
        """Samples of a batch."""
        return sum(self.batch_sizes)

    def get_length(self, mode: int | None = None) -> int:
        """Batches of an epoch (the length, as a data set)."""
        return len(self)

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        """Shape of `dictkey` in a batch (in a sample, as a data set)."""
        if dictkey in self._shapes:
            return (self.get_batch_size(),) + self._shapes[dictkey]
        return (self.get_batch_size(),) + self._common_shape(dictkey)

    def get_data(self, key: int, mode: int | None = None) -> dict:
        """A batch as a sample: its arrays by key."""
        return self._arrays(key, (self.seed,))

    def num_rows(self, number: int) -> int:
        """Rows of a batch that are no repetition.

        Less than the batch size only in the last batch of a single data set
        that is not shuffled, so that an evaluation counts every sample once.
        """
        if self.shuffle or len(self.datasets) > 1:
            return self.get_batch_size()
        return min(self.get_batch_size(),
                   self._sizes[0] - (number % len(self)) * self.get_batch_size())

    def _arrays(self, number: int, entropy: tuple, rows: range | None = None) -> dict:
        """Key -> array of the rows of a batch; `entropy` seeds all of it."""
        rows = range(self.get_batch_size()) if rows is None else rows
        samples = [self._sample(number, entropy, row) for row in rows]
        return {key: np.stack([sample[key] for sample in samples])
                for key in dict.fromkeys(self.x_dictkeys + self.y_dictkeys)}

    def _sample(self, number: int, entropy: tuple, row: int) -> dict:
        """Row `row` of batch `number`."""
        which, turn, key = self._locate(number, entropy, row)
        dataset = self.datasets[which]
        if isinstance(dataset, BatchLoader):
            sample = dataset._arrays(turn * self._sizes[which] + key,
                                     entropy + (which, dataset.seed))
        else:
            rng = np.random.default_rng(entropy + (which, number, row))
            sample = dataset.get_data(key, self.mode, rng=rng)
        for name, shape in self.dummy_shapes.items():
            if name not in sample:
                sample = dict(sample, **{name: np.zeros(shape)})
        return sample

    def _locate(self, number: int, entropy: tuple, row: int) -> tuple[int, int, int]:
        """(data set, its pass, key in it) of row `row` of batch `number`."""
        which, first = 0, 0
        while row >= first + self.batch_sizes[which]:
            first += self.batch_sizes[which]
            which += 1
        size, share = self._sizes[which], self.batch_sizes[which]
        epoch, index = divmod(number, len(self))
        passes_per_epoch = -(-len(self) * share // size)
        turn, position = divmod(index * share + row - first, size)
        turn += epoch * passes_per_epoch
        if self.shuffle:
            position = int(self._order(entropy, which, turn)[position])
        return which, turn, position

    def _names(self, number: int, entropy: tuple) -> list[str]:
        names = []
        for row in range(self.get_batch_size()):
            which, turn, key = self._locate(number, entropy, row)
            dataset = self.datasets[which]
            if isinstance(dataset, BatchLoader):
                inner = dataset._names(turn * self._sizes[which] + key,
                                       entropy + (which, dataset.seed))
                names.append(", ".join(inner))
            else:
                names.append(f"{type(dataset).__name__} {key}")
        return names

    def _make_order(self, entropy: tuple, which: int, turn: int) -> np.ndarray:
        """The order of data set `which` in its pass number `turn`."""
        rng = np.random.default_rng(entropy + (which, turn))
        return rng.permutation(self._sizes[which])

    def _common_shape(self, key: str) -> tuple[int, ...]:
        if key in self.dummy_shapes:
            return self.dummy_shapes[key]
        shapes = [tuple(dataset.get_shape(key)) for dataset in self.datasets]
        if len(set(shapes)) > 1:
            names = ", ".join(f"{type(dataset).__name__} {shape}"
                              for dataset, shape in zip(self.datasets, shapes))
            raise ValueError(f"data sets of one batch must agree in the shape of {key!r}, "
                             f"got {names}; give them the same layout and clip size")
        return shapes[0]

    def _dummy_shape(self, name: str, shape) -> tuple[int, ...]:
        if shape is not None:
            return (shape,) if isinstance(shape, int) else tuple(shape)
        for dataset in self.datasets:
            try:
                return tuple(dataset.get_shape(name))
            except KeyError:
                continue
        raise ValueError(f"no data set tells the shape of dummy key {name!r}; give "
                         f"custom_dummy_dictkey=[({name!r}, shape)]")


def _one_each(name: str, value, count: int) -> list[int]:
    """One positive number for each of `count` things."""
    values = list(value) if isinstance(value, (list, tuple)) else [value] * count
    if len(values) != count or any(v < 1 for v in values):
        raise ValueError(f"{name} must be a number from 1 on, or {count} of them, "
                         f"got {value}")
    return values
