import keras
import numpy as np
import tensorflow as tf

from deephar.layers import FoldTime, Mean, SelectChannels, StopGradient, UnfoldTime
from tests.layers.contract import check_layer
from tests.numbers import LAYER, assert_close

X = np.arange(2 * 3 * 4 * 5 * 6, dtype="float32").reshape(2, 3, 4, 5, 6)


def test_fold_and_unfold_are_inverse(tmp_path):
    folded = check_layer(FoldTime(), X, tmp_path)
    np.testing.assert_array_equal(folded[4], X[1, 1])
    np.testing.assert_array_equal(check_layer(UnfoldTime(3), folded, tmp_path), X)


def test_folding_keeps_the_dtype_policy():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert FoldTime().compute_dtype == "bfloat16"
    finally:
        keras.config.set_dtype_policy(before)


def test_select_channels(tmp_path):
    y = check_layer(SelectChannels(1, 4), X[0], tmp_path)
    np.testing.assert_array_equal(y, X[0][..., 1:4])


def test_mean(tmp_path):
    assert_close(check_layer(Mean((1, 2)), X[0] / 100, tmp_path),
                 X[0].mean((1, 2)) / 100, LAYER)


def test_stop_gradient(tmp_path):
    np.testing.assert_array_equal(check_layer(StopGradient(), X[0], tmp_path), X[0])
    x = tf.Variable([2.0])
    with tf.GradientTape() as tape:
        y = x * StopGradient()(x)
    assert tape.gradient(y, x).numpy() == [2.0]
