"""Tasks: what is filled in, what is refused, and one step against a hand-made one."""
import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.training.task import Task, completed, make_step
from tests.numbers import LAYER, assert_close
from tests.training.toys import toy_loader, squared, toy_models


def test_every_output_gets_loss_weight_and_group():
    full, _, _ = toy_models()
    task = completed(Task("both", full, toy_loader(2), squared, keras.optimizers.SGD(),
                          weight=(1.0, 0.1), groups=("pose", "action")))
    assert task.losses == (squared, squared)
    assert task.group_means([4.0, 2.0]) == {"both/pose": 4.0, "both/action": 2.0}
    assert task.output_losses([4.0, 2.0]) == {"both/pose": 4.0, "both/action": 2.0}
    plain = completed(Task("both", full, toy_loader(2), squared, keras.optimizers.SGD()))
    assert plain.group_means([4.0, 2.0]) == {"both": 3.0}


def test_losses_of_a_compiled_model():
    full, _, _ = toy_models()
    optimizer = keras.optimizers.SGD()
    full.compile(optimizer, loss=[squared, "categorical_crossentropy"],
                 loss_weights=[1.0, 0.25])
    task = completed(Task("both", full, toy_loader(2)))
    assert task.optimizer is optimizer
    assert task.weight == (1.0, 0.25)
    assert task.losses[0] is squared


@pytest.mark.parametrize("changes, message", [
    (dict(losses=[squared]), "1 losses for 2 outputs"),
    (dict(losses=squared, weight=[1.0, 1.0, 1.0]), "3 weights for 2 outputs"),
    (dict(losses=None), "not compiled"),
    (dict(losses=squared, optimizer=None), "no optimizer"),
])
def test_incomplete_tasks_are_refused(changes, message):
    full, _, _ = toy_models()
    values = dict(losses=squared, optimizer=keras.optimizers.SGD()) | changes
    with pytest.raises(ValueError, match=message):
        completed(Task("both", full, toy_loader(2), **values))


def test_images_of_pictures_and_clips():
    clip = keras.Input((5, 8, 8, 3))
    model = keras.Model(clip, keras.layers.GlobalAveragePooling3D()(clip))
    assert Task("a", model, toy_loader(2, size=4), ratio=3).images_per_step == 60
    assert Task("b", toy_models()[0], toy_loader(2, size=4)).images_per_step == 4


def test_one_step_against_a_hand_made_one():
    full, pose, _ = toy_models()
    x, y = toy_loader(2).batch(0)
    before = [v.numpy() for v in pose.trainable_variables]
    with tf.GradientTape() as tape:
        expected = tf.reduce_mean(tf.square(y[0] - pose(x[0], training=True)))
    gradients = tape.gradient(expected, pose.trainable_variables)

    task = completed(Task("pose", pose, toy_loader(2), squared,
                          keras.optimizers.SGD(0.1), weight=0.5))
    losses = make_step(task, tf.distribute.get_strategy())(tuple(x), tuple(y))
    np.testing.assert_allclose(losses, [expected], rtol=1e-5)
    for old, gradient, new in zip(before, gradients, pose.trainable_variables):
        assert_close(new.numpy(), old - 0.1 * 0.5 * gradient, LAYER)


@pytest.mark.parametrize("loss", ["mse", keras.losses.MeanSquaredError()])
def test_keras_losses_equal_their_functions(loss):
    values = []
    for choice in (squared, loss):
        keras.utils.set_random_seed(0)
        _, pose, _ = toy_models()
        task = completed(Task("pose", pose, toy_loader(2), choice, keras.optimizers.SGD()))
        x, y = toy_loader(2).batch(0)
        values.append(make_step(task, tf.distribute.get_strategy())(tuple(x), tuple(y)))
    np.testing.assert_allclose(values[0], values[1], rtol=1e-5)


def test_clipping_bounds_the_update():
    _, pose, _ = toy_models()
    x, y = toy_loader(2).batch(0)
    y = [100 * y[0]]
    before = [v.numpy() for v in pose.trainable_variables]
    task = completed(Task("pose", pose, toy_loader(2), squared, keras.optimizers.SGD(0.1)))
    make_step(task, tf.distribute.get_strategy(), clip_norm=0.5)(tuple(x), tuple(y))
    change = np.concatenate([(new.numpy() - old).ravel() for old, new
                             in zip(before, pose.trainable_variables)])
    assert np.linalg.norm(change) == pytest.approx(0.05, rel=1e-5)


def test_float16_skips_a_step_that_overflows():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        _, pose, _ = toy_models()
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    task = completed(Task("pose", pose, toy_loader(2), squared, keras.optimizers.SGD(0.1)))
    step = make_step(task, tf.distribute.get_strategy(), clip_norm=1.0)
    before = [v.numpy() for v in pose.trainable_variables]
    scale = float(task.optimizer.dynamic_scale.numpy())
    x, y = toy_loader(2).batch(0)
    step(tuple(x), (1e8 * y[0],))
    for old, new in zip(before, pose.trainable_variables):
        np.testing.assert_array_equal(old, new.numpy())
    assert float(task.optimizer.dynamic_scale.numpy()) == scale / 2
    task.optimizer.dynamic_scale.assign(64.0)
    step(tuple(x), tuple(y))
    assert not np.array_equal(before[0], pose.trainable_variables[0].numpy())


def test_a_frozen_model_is_refused():
    _, pose, _ = toy_models()
    pose.trainable = False
    task = completed(Task("pose", pose, toy_loader(2), squared, keras.optimizers.SGD()))
    with pytest.raises(ValueError, match="every layer is frozen"):
        make_step(task, tf.distribute.get_strategy())
