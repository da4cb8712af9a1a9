"""Weights averaged over the steps of a training, which often score better.

    average <- d average + (1 - d) weight,    d = min(decay, (1 + n) / (10 + n))

after the n-th step, so that the first random weights are soon forgotten.
"""
import contextlib
from typing import Sequence

import keras
import tensorflow as tf


class Averages:
    """Running means of a network's weights and moving statistics.

    Make it in the strategy's scope.  `variables` are what a resumed run needs.

    Args:
        decay: how much of the mean is kept in a step, in [0, 1).

    Raises:
        ValueError: a decay out of its range.
    """

    def __init__(self, weights: Sequence[keras.Variable], decay: float,
                 strategy: tf.distribute.Strategy):
        if not 0 <= decay < 1:
            raise ValueError(f"the averages' decay must be in [0, 1), got {decay}")
        self.decay = decay
        self._strategy = strategy
        self._weights = [w for w in weights if w.dtype.startswith(("float", "bfloat"))]
        self._means = [keras.Variable(w, trainable=False, name="average", dtype=w.dtype)
                       for w in self._weights]
        self._steps = keras.Variable(0.0, trainable=False, name="averaged_steps")

    @property
    def variables(self) -> list[keras.Variable]:
        return [self._steps, *self._means]

    def update(self) -> None:
        """Take in the weights of one more step; outside of the replicas."""
        assign = self._strategy.extended.update
        assign(self._steps.value, _add, args=(1.0,))
        steps = tf.convert_to_tensor(self._steps.value)
        share = 1 - tf.minimum(self.decay, (1 + steps) / (10 + steps))
        for mean, weight in zip(self._means, self._weights):
            assign(mean.value, _move, args=(weight.value, share))

    def take(self) -> None:
        """Make the averages the network's weights."""
        for mean, weight in zip(self._means, self._weights):
            weight.assign(mean.numpy())

    @contextlib.contextmanager
    def taken(self):
        """For as long as it is judged and saved, the network has the averages."""
        kept = [weight.numpy() for weight in self._weights]
        self.take()
        try:
            yield
        finally:
            for weight, value in zip(self._weights, kept):
                weight.assign(value)


def _add(variable, value):
    variable.assign_add(value)


def _move(mean, weight, share):
    mean.assign_add((weight - mean) * tf.cast(share, mean.dtype))
