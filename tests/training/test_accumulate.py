"""Several batches in one step make the update of one that is so many times as large."""
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.training.accumulate import Joined, in_parts
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.training.trainer import MultiModelTrainer
from tests.training.toys import squared, toy_loader


def trained(loader, accumulate, strategy=None, **options):
    """Losses and weights after some steps of a network without batch statistics."""
    keras.utils.set_random_seed(5)
    strategy = strategy or tf.distribute.get_strategy()
    with strategy.scope():
        image = keras.Input((8, 8, 3))
        x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(image)
        x = keras.layers.Dense(2, name="pose", kernel_regularizer="l2")(
            keras.layers.Flatten(name="flat")(x))
        model = keras.Model(image, x)
        task = Task("pose", model, loader, squared, keras.optimizers.Adam(0.01))
    trainer = MultiModelTrainer([task], accumulate=accumulate, strategy=strategy, **options)
    losses = trainer.run_steps(3)[0]["pose"]
    assert trainer.drawn == {"pose": 3}
    if trainer.averages:
        with trainer.averages.taken():
            return [losses, *(w.numpy() for w in model.weights)]
    return [losses, *(w.numpy() for w in model.weights)]


@pytest.mark.parametrize("options", [
    {"ema": 0.9}, {"clip_norm": 0.1},
    pytest.param({"jit_compile": True}, marks=pytest.mark.slow)], ids=str)
def test_four_batches_make_the_update_of_one_four_times_as_large(options):
    many = trained(toy_loader(2, size=2), 4, **options)
    one = trained(Joined(toy_loader(2, size=2), 4), 1, **options)
    for found, wanted in zip(many, one, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_two_replicas_add_up_several_batches_too():
    subprocess.run([sys.executable, "-m", "tests.training.test_accumulate"], check=True,
                   env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"}, timeout=300)


def check_replicas():
    pair, options = make_strategy("cpu:2"), {"ema": 0.9, "clip_norm": 0.1}
    alone = trained(toy_loader(2, size=4), 2, **options)
    for found, wanted in zip(trained(toy_loader(2, size=4), 2, pair, **options), alone,
                             strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_joined_batches_are_the_loaders_own_one_after_the_other():
    small = toy_loader(2, size=4)
    joined = Joined(small, 3)
    (frames,), (targets,) = joined.batch(2)
    np.testing.assert_array_equal(frames[4:8], small.batch(7)[0][0])
    assert targets.shape == joined.get_shape("target") == (12, 2)
    assert len(joined) == 8 // 3 and joined.names(2)[4:8] == small.names(7)
    for rows in range(0, 5), range(3, 9), range(8, 12):
        np.testing.assert_array_equal(joined.batch(2, rows)[0][0], frames[list(rows)])


def test_loop_and_copies_are_the_same_sums_with_none_where_it_was():
    w, unused = tf.Variable([2.0]), tf.Variable([1.0])

    def gradients_of(x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(w * x[0] ** 2 - y[0])
        return tf.stack([loss]), tape.gradient(loss, [w, unused])

    x, y = tf.range(6.0)[:, None], tf.ones((6, 1))
    for in_loop in (True, False):
        run = tf.function(lambda x, y: [g for g in in_parts(
            gradients_of, ((x,), (y,)), 3, in_loop)[1] if g is not None])
        np.testing.assert_allclose(run(x, y), [[55.0]])
        losses, gradients = in_parts(gradients_of, ((x,), (y,)), 3, in_loop)
        assert losses.numpy() == [2 * 55 - 6] and gradients[1] is None


def test_no_batch_is_no_step():
    with pytest.raises(ValueError, match="1 or more batches, got 0"):
        trained(toy_loader(2), 0)


if __name__ == "__main__":
    check_replicas()
