"""The published activations on maps."""
import keras
import numpy as np

from deephar.activations import channel_softmax_1d, channel_softmax_2d


def test_softmax_over_the_plane_and_over_depth():
    maps = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    for alpha in (1, 2.5):
        powers = np.exp(alpha * maps)
        actual = keras.layers.Activation(channel_softmax_2d(alpha))(maps)
        np.testing.assert_allclose(
            actual, powers / powers.sum(axis=(1, 2), keepdims=True), rtol=1e-5)
    powers = np.exp(maps[:, 0])
    np.testing.assert_allclose(
        channel_softmax_1d()(maps[:, 0]), powers / powers.sum(axis=1, keepdims=True),
        rtol=1e-5)
