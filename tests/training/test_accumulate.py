"""A batch in parts makes the update of the whole."""
import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.training.accumulate import in_parts
from deephar.training.task import Task
from deephar.training.trainer import MultiModelTrainer
from tests.training.toys import squared, toy_loader


def trained(accumulate, optimizer, **options):
    """Losses and weights after some steps of a network without batch statistics."""
    keras.utils.set_random_seed(5)
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, activation="relu", name="conv")(image)
    x = keras.layers.Dense(2, name="pose", kernel_regularizer="l2")(
        keras.layers.Flatten(name="flat")(x))
    model = keras.Model(image, x)
    trainer = MultiModelTrainer([Task("pose", model, toy_loader(2), squared, optimizer())],
                                accumulate=accumulate, **options)
    losses = trainer.run_steps(3)[0]["pose"]
    return [losses, *(w.numpy() for w in model.weights)]


def adam():
    return keras.optimizers.Adam(0.01)


@pytest.mark.parametrize("options", [
    {}, {"clip_norm": 0.1}, pytest.param({"jit_compile": True}, marks=pytest.mark.slow)],
    ids=str)
def test_four_parts_make_the_update_of_the_whole(options):
    for found, wanted in zip(trained(4, adam, **options), trained(1, adam, **options)):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


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


def test_parts_must_divide_the_batch():
    with pytest.raises(ValueError, match="divide a replica's batch of 8, got 3"):
        trained(3, adam)
