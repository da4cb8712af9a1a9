import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar import losses
from tests.golden.cases import GOLDEN
from tests.numbers import LAYER, assert_close

pytestmark = pytest.mark.numeric

NUMBERS = np.load(GOLDEN / "numbers" / "losses.npz")


@pytest.mark.parametrize("clip", ["", "_clip"])
@pytest.mark.parametrize("name", ["l1", "l2", "l1l2", "l1l2bincross"])
def test_values_and_gradients_as_published(name, clip):
    y_pred = tf.Variable(NUMBERS[f"y_pred{clip}"])
    with tf.GradientTape() as tape:
        loss = losses.pose_regression_loss(name, 0.01)(NUMBERS[f"y_true{clip}"], y_pred)
        total = tf.reduce_sum(loss)
    assert_close(loss, NUMBERS[f"loss_{name}{clip}"])
    assert_close(tape.gradient(total, y_pred), NUMBERS[f"grad_{name}{clip}"])


def test_older_objective_as_published():
    pose = NUMBERS["y_true"][..., :-1], NUMBERS["y_pred"][..., :-1]
    assert_close(losses.elasticnet_objective(*pose), NUMBERS["loss_objective"], LAYER)


def test_by_hand():
    y_true = np.array([[[0.5, 0.5], [-1e9, -1e9]]], "float32")
    y_pred = np.array([[[0.7, 0.4], [0.9, 0.9]]], "float32")
    # -(log(.7) + log(.3)) / 2 and the same of .4, over 2 valid coordinates
    entropy = -(np.log(0.7 * 0.3) + np.log(0.4 * 0.6)) / 4
    for loss, wanted in (
            (losses.l1_loss_on_valid_joints, 0.15),
            (losses.l2_loss_on_valid_joints, 0.025),
            (losses.elasticnet_loss_on_valid_joints, 0.175),
            (losses.elasticnet_bincross_loss_on_valid_joints, 0.175 + 0.01 * entropy)):
        assert float(loss(y_true, y_pred)[0]) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize("name", losses.POSE_LOSSES)
def test_nothing_valid_and_certain_predictions_stay_finite(name):
    y_true = np.array([[[-1e9, -1e9, 0.0]]], "float32")
    y_pred = tf.Variable([[[0.0, 1.0, 1.0]]])
    with tf.GradientTape() as tape:
        loss = losses.pose_regression_loss(name, 1.0)(y_true, y_pred)
    assert np.isfinite(loss).all()
    assert np.isfinite(tape.gradient(loss, y_pred)).all()


def test_half_precision_predictions_are_measured_in_float32():
    y_pred = keras.ops.cast(NUMBERS["y_pred"], "bfloat16")
    loss = losses.pose_regression_loss("l1", 0.01)(NUMBERS["y_true"], y_pred)
    assert loss.dtype == "float32"
    np.testing.assert_allclose(loss, NUMBERS["loss_l1"], atol=0.01)


@pytest.mark.parametrize("shape", [(2, 3), (2, 4, 3)])
def test_depths_weigh_what_they_are_told(shape):
    rng = np.random.default_rng(0)
    true = rng.uniform(0.1, 0.9, (*shape, 4)).astype("float32")
    true[..., 3] = 1
    true[0, ..., 1, 2] = -1e9
    pred = rng.uniform(0.1, 0.9, (*shape, 4)).astype("float32")
    loss = losses.weighted_depth_loss(0.01)
    weighted = lambda w: loss(np.concatenate(
        [true, np.full((*shape, 1), w, "float32")], -1), pred)
    plain = losses.pose_regression_loss("l1l2", 0.01)(true, pred)
    assert_close(weighted(1.0), plain)
    error = np.where(true > 0, np.abs(true - pred) + (true - pred) ** 2, 0)
    count = (true[..., :3] > 0).sum((-2, -1))
    depth = (error[..., 2].sum(-1) / count).reshape(2, -1).mean(1)
    np.testing.assert_allclose(plain - weighted(0.25), 0.75 * depth, rtol=1e-4)


def test_unknown_loss():
    with pytest.raises(ValueError, match="one of .*'l1l2bincross'.*, got 'l3'"):
        losses.pose_regression_loss("l3", 0.01)


def test_lifted_poses_by_hand():
    true = np.zeros((1, 1, 2, 3), "float32")
    pred = np.array([[[[3, 4, 0], [0, 0, 2]]]], "float32")
    assert_close(losses.mpjpe_loss(true, pred), [3.5], LAYER)
    root = np.array([[[[0, 0, 4]], [[0, 0, 2]]]], "float32")       # of two frames
    assert_close(losses.inverse_depth_loss(root, root + 2), [12 ** .5 * 3 / 8], LAYER)


def test_the_gradient_of_no_error_is_finite():
    x = tf.Variable(np.zeros((1, 1, 2, 3), "float32"))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(losses.mpjpe_loss(np.zeros((1, 1, 2, 3), "float32"), x))
    assert np.isfinite(tape.gradient(loss, x).numpy()).all()
