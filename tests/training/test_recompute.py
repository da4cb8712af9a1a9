"""Recomputing changes the memory, not the training."""
import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.models import reception
from deephar.training.recompute import recomputed


def built():
    keras.utils.set_random_seed(3)
    return reception.build((32, 32, 3), 4, 2, num_blocks=2)


def step(model, forward, x):
    """One traced step: loss, gradients; the moving statistics change."""
    @tf.function
    def run(x):
        with tf.GradientTape() as tape:
            loss = tf.add_n([tf.reduce_sum(y ** 2) for y in forward(x, training=True)])
        return loss, tape.gradient(loss, model.trainable_variables)
    return run(x)


@pytest.mark.slow
@pytest.mark.parametrize("segments", [1, 4])
def test_same_loss_gradients_and_statistics(segments):
    x = np.random.default_rng(0).uniform(-1, 1, (3, 32, 32, 3)).astype("float32")
    plain, other = built(), built()
    loss, gradients = step(plain, plain, x)
    found_loss, found = step(other, recomputed(other, segments), x)
    np.testing.assert_allclose(found_loss, loss, rtol=1e-5)
    for a, b in zip(gradients, found, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-3, atol=1e-4 * np.abs(a).max() + 1e-7)
    moved = 0
    for a, b in zip(plain.non_trainable_variables, other.non_trainable_variables,
                    strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-4, atol=1e-6)
        moved += float(np.abs(a).max()) not in (0.0, 1.0)
    assert moved > 20


def test_dropout_leaves_out_the_same_features_twice():
    """And others in the next step."""
    def network():
        x = keras.Input((8,))
        y = keras.layers.Dense(32, name="a", kernel_initializer="ones")(x)
        y = keras.layers.Dropout(0.5, seed=3)(y)
        y = keras.layers.Dense(4, name="b", kernel_initializer="ones")(y)
        return keras.Model(x, [y])

    x = np.random.default_rng(0).uniform(1, 2, (3, 8)).astype("float32")
    plain, other = network(), network()
    forward, seen = recomputed(other, 2), []
    for _ in range(2):
        loss, gradients = step(plain, lambda x, training: [plain(x, training=training)], x)
        found_loss, found = step(other, forward, x)
        np.testing.assert_allclose(found_loss, loss, rtol=1e-6)
        for a, b in zip(gradients, found, strict=True):
            np.testing.assert_allclose(b, a, rtol=1e-5)
        seen.append(float(loss))
    assert seen[0] != seen[1]


def test_segments_are_as_many_as_layers_at_most():
    with pytest.raises(ValueError, match="segments must be 1 to"):
        recomputed(built(), 1000)
