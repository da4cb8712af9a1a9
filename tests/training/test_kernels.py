"""The fast kernels do what the plain layers do."""
import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from deephar.training import kernels
from deephar.training.kernels import (
    depthwise, pointwise, use_fast_kernels, use_fast_update)


def network(dtype=None) -> keras.Model:
    """Every kind of layer that has a fast way, and some that must not take it."""
    keras.utils.set_random_seed(3)
    x = image = keras.Input((8, 6, 3))
    x = layers.Conv2D(8, 1, padding="same", use_bias=False, name="point", dtype=dtype)(x)
    x = layers.BatchNormalization(scale=False, epsilon=1e-3, name="bn1", dtype=dtype)(x)
    x = layers.SeparableConv2D(8, 5, padding="same", activation="relu", name="separable",
                               dtype=dtype)(x)
    x = layers.BatchNormalization(momentum=0.9, name="bn2", dtype=dtype)(x)
    x = layers.SeparableConv2D(6, 3, 2, padding="same", name="strided", dtype=dtype)(x)
    x = layers.Conv2D(6, 1, strides=2, use_bias=False, name="sparse", dtype=dtype)(x)
    return keras.Model(image, layers.Flatten(dtype="float32", name="flat")(x))


def fast(model: keras.Model) -> keras.Model:
    use_fast_kernels(model)
    return model


def train(model, steps=3, jit=False):
    """Losses of some steps of SGD; the model's weights change."""
    optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
    optimizer.build(model.trainable_variables)
    x = tf.constant(np.random.default_rng(0).uniform(-1, 1, (5, 8, 6, 3)), tf.float32)

    @tf.function(jit_compile=jit)
    def step():
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True) - 1) ** 2)
        optimizer.apply(tape.gradient(loss, model.trainable_variables))
        return loss

    return [float(step()) for _ in range(steps)]


def assert_same_training(found, wanted, tolerance, **options):
    np.testing.assert_allclose(train(found, **options), train(wanted), rtol=tolerance)
    for a, b in zip(found.variables, wanted.variables, strict=True):
        a, b = a.numpy(), b.numpy()
        np.testing.assert_allclose(a, b, rtol=0, atol=tolerance * np.abs(b).max())


@pytest.mark.parametrize("large", [0, 1 << 16], ids=["by sample", "all at once"])
def test_three_steps_are_those_of_the_plain_layers(monkeypatch, large):
    monkeypatch.setattr(kernels, "LARGE", large)
    assert_same_training(fast(network()), network(), 1e-5)


def test_only_layers_that_can_are_told():
    told = {layer.name for layer in fast(network()).layers if "call" in vars(layer)}
    assert told == {"point", "bn1", "separable", "bn2"}


def test_the_step_has_the_fused_operation():
    model = fast(network())
    graph = tf.function(lambda x: model(x, training=True)).get_concrete_function(
        tf.TensorSpec((2, 8, 6, 3))).graph
    kinds = [operation.type for operation in graph.get_operations()]
    assert kinds.count("FusedBatchNormV3") == 2


@pytest.mark.parametrize("size", [3, 5, (3, 7)])
@pytest.mark.parametrize("large", [0, 1 << 16])
def test_gradients_of_a_depthwise_convolution(monkeypatch, size, large):
    monkeypatch.setattr(kernels, "LARGE", large)
    rows, columns = (size, size) if isinstance(size, int) else size
    rng = np.random.default_rng(1)
    x, w, dy = (tf.constant(rng.normal(size=shape), tf.float32) for shape in (
        (3, 7, 9, 4), (rows, columns, 4, 1), (3, 7, 9, 4)))
    assert_same_gradients(depthwise, lambda x, w: tf.nn.depthwise_conv2d(
        x, w, [1] * 4, "SAME"), x, w, dy)


def test_gradients_of_a_pointwise_convolution():
    rng = np.random.default_rng(1)
    x, w, dy = (tf.constant(rng.normal(size=shape), tf.float32) for shape in (
        (3, 7, 9, 4), (1, 1, 4, 5), (3, 7, 9, 5)))
    assert_same_gradients(pointwise, lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"), x, w, dy)


def assert_same_gradients(found, wanted, x, w, dy):
    both = []
    for function in (found, wanted):
        with tf.GradientTape() as tape:
            tape.watch([x, w])
            y = function(x, w)
        both.append([y, *tape.gradient(y, [x, w], dy)])
    for a, b in zip(*both):
        np.testing.assert_allclose(a, b, rtol=0, atol=1e-5 * np.abs(b).max())


def test_the_number_of_samples_may_be_unknown():
    run = tf.function(lambda x, w: tf.gradients(tf.reduce_sum(depthwise(x, w) ** 2), w)[0],
                      input_signature=[tf.TensorSpec((None, 8, 6, 4)),
                                       tf.TensorSpec((3, 3, 4, 1))])
    x, w = tf.random.normal((3, 8, 6, 4), seed=1), tf.random.normal((3, 3, 4, 1), seed=2)
    with tf.GradientTape() as tape:
        tape.watch(w)
        y = tf.reduce_sum(tf.nn.depthwise_conv2d(x, w, [1] * 4, "SAME") ** 2)
    wanted = tape.gradient(y, w)
    np.testing.assert_allclose(run(x, w), wanted, rtol=0,
                               atol=1e-5 * np.abs(wanted).max())


def test_frozen_and_synchronized_layers_take_the_plain_way():
    model = fast(network())
    model.get_layer("bn1").trainable = False
    model.get_layer("bn2").synchronized = True
    plain = network()
    plain.get_layer("bn1").trainable = False
    assert_same_training(model, plain, 1e-5)
    np.testing.assert_array_equal(model.get_layer("bn1").moving_mean.numpy(), np.zeros(8))


@pytest.mark.parametrize("policy, tolerance", [("mixed_bfloat16", 2e-2),
                                               ("mixed_float16", 2e-3)])
def test_mixed_precision(policy, tolerance):
    assert_same_training(fast(network(policy)), network(policy), tolerance)


@pytest.mark.slow
def test_xla_compiles_the_step():
    assert_same_training(fast(network()), network(), 1e-5, jit=True)


def test_trained_networks_are_saved_and_copied_as_before(tmp_path):
    model = network()
    description = model.to_json()
    train(fast(model), 1)
    assert model.to_json() == description
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).uniform(-1, 1, (2, 8, 6, 3)).astype("float32")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))
    copy = keras.models.clone_model(model)
    assert not any("call" in vars(layer) for layer in copy.layers)


@pytest.mark.parametrize("make", [
    keras.optimizers.Adam,
    lambda rate: keras.optimizers.LossScaleOptimizer(keras.optimizers.Adam(rate))])
def test_adam_in_one_operation(make):
    rng, values = np.random.default_rng(0), []
    start = rng.normal(size=(3, 4)).astype("float32")
    gradients = rng.normal(size=(4, 3, 4)).astype("float32") * [[[1]], [[0]], [[1e-6]], [[9]]]
    for is_fast in (True, False):
        variable, optimizer = keras.Variable(start), make(0.01)
        optimizer.build([variable])
        if is_fast:
            use_fast_update(optimizer)
        apply = tf.function(lambda g: optimizer.apply([g], [variable]))
        for gradient in gradients.astype("float32"):
            apply(tf.constant(gradient))
        values.append([v.numpy() for v in [variable, *optimizer.variables]])
    for a, b in zip(*values, strict=True):
        # float32's 1 - 0.999 is 1.3e-5 off, which Keras takes from Python.
        np.testing.assert_allclose(a, b, rtol=2e-5, atol=1e-7)


def test_other_optimizers_keep_their_update():
    for optimizer in (keras.optimizers.Adam(amsgrad=True), keras.optimizers.AdamW()):
        use_fast_update(optimizer)
        assert "update_step" not in vars(optimizer)
