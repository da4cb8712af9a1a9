"""A batch in parts: the gradient of the whole with the memory of a part."""
from typing import Any, Callable

import tensorflow as tf


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
