"""The published update rules, step by step, wherever training takes them."""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.training.optimizers import RMSprop
from deephar.training.schedule import Constant
from deephar.training.run import Run
from deephar.training.stages import Stage, train_stages
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from tests.golden.cases import GOLDEN
from tests.training.toys import squared, toy_loader, toy_models

NUMBERS = dict(np.load(GOLDEN / "numbers" / "optimizers.npz"))
CASES = {
    "rmsprop_1e-3": (lambda: RMSprop(1e-3), None),
    "rmsprop_rates": (lambda: RMSprop(), NUMBERS["rates"]),
    "sgd_nesterov_0.98_2e-4": (
        lambda: keras.optimizers.SGD(2e-4, 0.98, nesterov=True), None),
    "sgd_nesterov_0.9_1e-2": (
        lambda: keras.optimizers.SGD(1e-2, 0.9, nesterov=True), None),
    "sgd_nesterov_rates": (
        lambda: keras.optimizers.SGD(1e-2, 0.9, nesterov=True), NUMBERS["rates"]),
}


def steps(optimizer, rates=None, scale=1.0):
    """p after every step."""
    variable = keras.Variable(NUMBERS["p0"])
    results = []
    for i, gradient in enumerate(NUMBERS["grads"]):
        if rates is not None:
            optimizer.learning_rate = float(rates[i])
        optimizer.apply([keras.ops.convert_to_tensor(gradient * scale)], [variable])
        results.append(keras.ops.convert_to_numpy(variable))
    return np.stack(results)


@pytest.mark.parametrize("name", CASES)
def test_steps_are_the_published_ones(name):
    make, rates = CASES[name]
    np.testing.assert_allclose(steps(make(), rates), NUMBERS[name], atol=1e-6, rtol=1e-6)


def test_the_rule_of_todays_keras_is_another():
    theirs = steps(keras.optimizers.RMSprop(1e-3))
    assert np.abs(theirs - NUMBERS["rmsprop_1e-3"]).max() > 1e-3


def test_it_is_kept_with_a_model(tmp_path):
    first = RMSprop(0.01, rho=0.8, epsilon=1e-5, clipnorm=2.0)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(first))
    assert type(again) is RMSprop
    assert (again.rho, again.epsilon, again.clipnorm) == (0.8, 1e-5, 2.0)
    assert float(again.learning_rate) == pytest.approx(0.01)
    model = toy_models()[1]
    model.compile(RMSprop(0.01), loss=squared)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras", compile=False)
    assert loaded.count_params() == model.count_params()


def test_scaled_gradients_step_alike():
    """Mixed precision divides the gradients by its scale again."""
    wrapped = keras.optimizers.LossScaleOptimizer(RMSprop(1e-3), initial_scale=1024.0)
    np.testing.assert_allclose(steps(wrapped, scale=1024.0), NUMBERS["rmsprop_1e-3"],
                               atol=1e-6, rtol=1e-6)


def train(folder, ends, strategy=None, **options):
    """Weights after training the toys to each of `ends`, resumed at all but the first."""
    strategy = strategy or tf.distribute.get_strategy()
    for last in ends:
        keras.utils.set_random_seed(0)
        with strategy.scope():
            full, pose, _ = toy_models()

        def tasks():
            return [Task("pose", pose, toy_loader(2), squared, RMSprop(0.01))]

        train_stages(full, [Stage("poses", last, 3, tasks, Constant(0.01))], Run(folder),
                     strategy=strategy, **options)
    return full.get_weights()


def test_resumed_with_its_slots(tmp_path):
    whole, resumed = train(tmp_path / "a", [2]), train(tmp_path / "b", [1, 2])
    for a, b in zip(whole, resumed, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def in_its_own_process(what, **environment):
    subprocess.run([sys.executable, "-m", "tests.training.test_optimizers", what],
                   check=True, env={**os.environ, **environment}, timeout=120)


@pytest.mark.parametrize("backend", [pytest.param("jax", marks=pytest.mark.slow), "torch"])
def test_on_another_backend(backend):
    pytest.importorskip(backend)
    in_its_own_process("steps", KERAS_BACKEND=backend)


@pytest.mark.slow
def test_two_replicas_with_a_bounded_norm():
    """What is bounded is the norm of the whole batch, so both end alike."""
    in_its_own_process("replicas", CUDA_VISIBLE_DEVICES="-1")


def check_replicas():
    pair = make_strategy("cpu:2")
    assert pair.num_replicas_in_sync == 2
    with tempfile.TemporaryDirectory() as folder:
        one = train(Path(folder) / "one", [1], clip_norm=0.1)
        two = train(Path(folder) / "two", [1], pair, clip_norm=0.1)
        free = train(Path(folder) / "free", [1], pair)
    np.testing.assert_allclose(one[0], two[0], atol=1e-5)
    assert abs(one[0] - free[0]).max() > 1e-3


if __name__ == "__main__":
    if sys.argv[1] == "replicas":
        check_replicas()
    else:
        test_steps_are_the_published_ones("rmsprop_1e-3")
        test_steps_are_the_published_ones("rmsprop_rates")
