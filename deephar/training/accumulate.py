"""Several batches for one step: the gradient of a large one with the memory of a small one."""
from typing import Any, Callable

import numpy as np
import tensorflow as tf

from deephar.data.dataset import Loader


class Joined:
    """A loader whose batches are `count` batches of another one.

    Args:
        loader: of the small batches; its shuffled ones are never short.
        count: how many make one batch.
    """

    def __init__(self, loader: Loader, count: int):
        self.loader, self.count = loader, count
        self.x_dictkeys, self.y_dictkeys = loader.x_dictkeys, loader.y_dictkeys
        self.num_predictions = loader.num_predictions

    def __len__(self) -> int:
        return max(len(self.loader) // self.count, 1)

    def get_batch_size(self) -> int:
        return self.count * self.loader.get_batch_size()

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        return (self.get_batch_size(), *self.loader.get_shape(dictkey)[1:])

    def num_rows(self, number: int) -> int:
        return sum(map(self.loader.num_rows, self._numbers(number)))

    def batch(self, number: int, rows: range | None = None) -> tuple[list, list]:
        size = self.loader.get_batch_size()
        rows = range(self.get_batch_size()) if rows is None else rows
        parts = []
        for i, small in enumerate(self._numbers(number)):
            some = range(max(rows.start - i * size, 0), min(rows.stop - i * size, size))
            if some:
                parts.append(self.loader.batch(small, some))
        return tuple([np.concatenate(arrays) for arrays in zip(*side)]
                     for side in zip(*parts))

    def names(self, number: int) -> list[str]:
        return [name for small in self._numbers(number) for name in self.loader.names(small)]

    def _numbers(self, number: int) -> range:
        return range(number * self.count, (number + 1) * self.count)


def in_parts(gradients_of: Callable, batch: Any, parts: int, in_loop: bool) -> tuple:
    """Sums over the parts of a batch, one after the other.

    Args:
        gradients_of: (x, y) of a part to (losses, gradients); a gradient may be
            None, then it is so for every part.
        batch: (x, y), nested arrays `(N, ...)`; N is a multiple of `parts`.
        in_loop: trace one loop of the graph; replicas, who add up within a
            part, cannot, and trace every part.

    Returns:
        losses, gradients.
    """
    if parts == 1:
        return gradients_of(*batch)
    cut = tf.nest.map_structure(lambda a: _cut(a, parts), batch)
    losses, gradients = gradients_of(*tf.nest.map_structure(lambda a: a[0], cut))
    sums = [losses] + [g for g in gradients if g is not None]

    def add(part, sums):
        # Not before the last part's activations are gone.
        with tf.control_dependencies(sums):
            x, y = tf.nest.map_structure(lambda a: tf.identity(a[part]), cut)
        losses, gradients = gradients_of(x, y)
        more = [losses] + [g for g in gradients if g is not None]
        return [total + value for total, value in zip(sums, more, strict=True)]

    if in_loop:
        _, sums = tf.while_loop(
            lambda part, _: part < parts, lambda part, sums: (part + 1, add(part, sums)),
            (tf.constant(1), sums), parallel_iterations=1)
    else:
        for part in range(1, parts):
            sums = add(part, sums)
    rest = iter(sums[1:])
    return sums[0], [g if g is None else next(rest) for g in gradients]


def _cut(array: tf.Tensor, parts: int) -> tf.Tensor:
    rows = array.shape[0] and array.shape[0] // parts
    shape = tf.concat([[parts, rows or -1], tf.shape(array)[1:]], 0)
    return tf.ensure_shape(tf.reshape(array, shape), [parts, rows, *array.shape[1:]])
