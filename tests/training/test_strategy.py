"""Devices that are not there are refused; the number of devices changes nothing."""
import os
import subprocess
import sys
import time

import keras
import pytest
import tensorflow as tf

from deephar.training.callbacks import EvalCallback
from deephar.training.strategy import (
    _slurm, from_chief, is_chief, is_multiworker, make_strategy, synchronize_batch_norm)
from deephar.training.trainer import MultiModelTrainer, cut_batches
from tests.numbers import NETWORK
from tests.training.like_a_tpu import as_tpus_do
from tests.training.processes import (
    finish, largest_difference, slurm_task, start, start_workers, supervise, wait_for_rows)
from tests.training.toys import toy_models, toy_tasks

HAS_GPU = bool(tf.config.list_physical_devices("GPU"))


def test_cpu():
    strategy = make_strategy("cpu")
    assert strategy is make_strategy("cpu")
    assert strategy.num_replicas_in_sync == 1
    assert is_chief(strategy) and not is_multiworker(strategy)
    assert from_chief(strategy, 2.5) == 2.5


@pytest.mark.parametrize("device", ["cuda", "cpu:two", "mirrored:0"])
def test_unknown_devices(device):
    with pytest.raises(ValueError, match=device):
        make_strategy(device)


@pytest.mark.skipif(HAS_GPU, reason="there is a GPU")
@pytest.mark.parametrize("device, needs", [("gpu", 1), ("mirrored", 2), ("mirrored:3", 3)])
def test_no_gpu_is_an_error(device, needs):
    with pytest.raises(RuntimeError, match=f"needs {needs} GPU.*sees 0"):
        make_strategy(device)


def test_no_cluster_is_an_error(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    with pytest.raises(RuntimeError, match="needs TF_CONFIG"):
        make_strategy("multiworker")
    monkeypatch.setenv("TF_CONFIG", "{worker")
    with pytest.raises(ValueError, match="not JSON"):
        make_strategy("multiworker")


def test_no_slurm_is_an_error(monkeypatch):
    monkeypatch.delenv("SLURM_STEP_NUM_TASKS", raising=False)
    with pytest.raises(RuntimeError, match="environment of a Slurm step.*docs/cluster"):
        make_strategy("slurm")


def test_slurm_tasks_find_each_other(monkeypatch):
    """Two nodes of two tasks; what is looked for elsewhere is an error, not a hang."""
    made = {}
    monkeypatch.setattr("deephar.training.strategy._all_of",
                        lambda workers, resolver: made.update(
                            workers=workers, me=(resolver.task_type, resolver.task_id)))
    for name, value in slurm_task(2, (0, 1, 2, 3)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("SLURM_STEP_NODELIST", "node[08-09]")
    monkeypatch.setenv("SLURM_STEP_TASKS_PER_NODE", "2(x2)")
    monkeypatch.setenv("SLURMD_NODENAME", "node09")
    _slurm(5000)
    assert made["workers"] == ["node08:5000", "node08:5001", "node09:5000", "node09:5001"]
    assert made["me"] == ("worker", 2)
    monkeypatch.setenv("SLURM_STEP_NODELIST", "node[9-10]")
    monkeypatch.setenv("SLURMD_NODENAME", "node10")
    with pytest.raises(RuntimeError, match="task 2 runs on node10 and is looked for on node9"):
        _slurm(5000)


def test_no_tpu_is_an_error_at_once():
    start_time = time.monotonic()
    with pytest.raises(RuntimeError, match="no TPU answers at grpc://127.0.0.1:9"):
        make_strategy("tpu:grpc://127.0.0.1:9")
    assert time.monotonic() - start_time < 6


@pytest.fixture
def tpu_rules(monkeypatch):
    """The CPU's strategy is as strict as that of TPUs."""
    for kind in (tf.distribute.OneDeviceStrategy, tf.distribute.MirroredStrategy):
        monkeypatch.setattr(kind, "run", as_tpus_do(kind.run))
    return make_strategy("cpu")


def test_the_rules_of_tpus(tpu_rules):
    """The check checks: plain functions, unknown shapes and strings are refused."""
    with pytest.raises(NotImplementedError, match="pure eager"):
        tpu_rules.run(lambda: tf.constant(1.0))
    traced = tf.function(lambda x: tpu_rules.run(tf.identity, (x,)),
                         input_signature=[tf.TensorSpec([None], tf.float32)])
    with pytest.raises(ValueError, match="known shapes"):
        traced(tf.zeros(3))
    with pytest.raises(Exception, match="(?i)XLA|compil"):
        tf.function(lambda: tpu_rules.run(lambda: tf.strings.as_string(
            tf.random.uniform([]))))()


def test_a_training_keeps_the_rules_of_tpus(tpu_rules):
    """Two tasks in turn, clipped gradients, scores after the epoch."""
    with tpu_rules.scope():
        full, pose, action = toy_models()
        tasks = toy_tasks(pose, action)
    trainer = MultiModelTrainer(tasks, model=full, strategy=tpu_rules, clip_norm=1.0,
                                steps_per_execution=2)
    history = trainer.train(2, 2, end_of_epoch_callback=EvalCallback(
        "toy", lambda model: {"score": 3.0}, full, strategy=tpu_rules))
    assert [logs["toy/score"] for logs in history] == [3.0, 3.0]


def test_a_tpu_scores_a_copy():
    model = toy_models()[0]
    tpu = object.__new__(tf.distribute.TPUStrategy)
    assert EvalCallback("a", dict, model, strategy=tpu)._judged is not model
    assert from_chief(tpu, 2.5) == 2.5


def test_the_parts_of_a_batch():
    """In order, with shapes that are known."""
    batches = tf.data.Dataset.from_tensors((tf.range(6),))
    parts = cut_batches(batches, 3)
    assert parts.element_spec[0].shape == (2,)
    assert [part.tolist() for part, in parts.as_numpy_iterator()] == [[0, 1], [2, 3], [4, 5]]


def test_batch_norm_is_synchronized_where_it_must():
    class Two:
        num_replicas_in_sync = 2

    full = toy_models()[0]
    layer = full.get_layer("bn")
    synchronize_batch_norm(full, Two())
    assert layer.synchronized
    synchronize_batch_norm(full, make_strategy("cpu"))
    assert not layer.synchronized
    assert isinstance(layer, keras.layers.BatchNormalization)


TWO_REPLICAS = """
import numpy as np, keras, tensorflow as tf
from deephar.layers import BoneDifference
from deephar.networks.label_generator import _predict
from deephar.networks.predict import predictor
from deephar.training.strategy import make_strategy, synchronize_batch_norm

strategy = make_strategy("cpu:2")
first, second = np.random.default_rng(0).normal(size=(2, 4, 1, 3, 3)).astype("float32")
inputs = [keras.Input((1, 3, 3)), keras.Input((1, 3, 3))]
with strategy.scope():
    model = keras.Model(inputs, BoneDifference((-1, 0, 1))(inputs))
    dense = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
def part(array):
    return strategy.experimental_distribute_values_from_function(
        lambda c: tf.constant(array[2 * c.replica_id_in_sync_group:][:2]))

@tf.function
def step(a, b):
    with tf.GradientTape() as tape:
        tape.watch(a)
        loss = tf.reduce_mean(model([a, b])) / 2
    return loss, tape.gradient(loss, a)

with tf.GradientTape() as tape:
    a = tf.constant(first)
    tape.watch(a)
    loss = tf.reduce_mean(model([a, tf.constant(second)]))
expected = tape.gradient(loss, a)
synchronize_batch_norm(model, strategy)
losses, gradients = strategy.run(step, (part(first), part(second)))
found = np.concatenate([g.numpy() for g in strategy.experimental_local_results(gradients)])
np.testing.assert_allclose(sum(float(v) for v in losses.values), float(loss), rtol=1e-5)
np.testing.assert_allclose(found, expected, atol=1e-6)
x = np.ones((5, 3), "float32")
assert _predict(dense, x).shape == (5, 2)

sizes = []
class Watched(keras.layers.Dense):
    def call(self, x):
        sizes.append(x.shape[0])
        return super().call(x)

with strategy.scope():
    watched = keras.Sequential([keras.Input((3,)), Watched(2)])
x = np.arange(9, dtype="float32").reshape(3, 3)
found, = predictor(watched, 3)(x)
np.testing.assert_allclose(found, x @ watched.layers[0].kernel.numpy(), rtol=1e-5)
assert set(sizes[-2:]) == {2}, sizes            # 3 are filled up to 4, for two replicas
"""


@pytest.mark.slow
def test_two_replicas_share_the_mean_bones_and_predict_once():
    done = subprocess.run([sys.executable, "-c", TWO_REPLICAS], capture_output=True,
                          text=True, env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"})
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_one_device_two_replicas_and_two_workers_agree(tmp_path):
    """8 alternating steps with clipping, after 8 of one task with a frozen layer."""
    flags = ("--epochs", 2, "--steps-per-epoch", 8, "--clip-norm", 0.5)
    processes = [start("--device", "cpu", "--logdir", tmp_path / "one", *flags),
                 start("--device", "cpu:2", "--logdir", tmp_path / "two", *flags),
                 *start_workers("--logdir", tmp_path / "workers", *flags)]
    for process in processes:
        finish(process)
    assert largest_difference(tmp_path / "one", tmp_path / "two") < NETWORK
    assert largest_difference(tmp_path / "one", tmp_path / "workers") < NETWORK


LONG = ("--epochs", 4, "--steps-per-epoch", 8, "--pause", 1)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    finish(start("--device", "cpu", "--logdir", folder, *LONG))
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("scheduler, count, victim", [
    ("multiworker", 2, 0), ("multiworker", 4, 2), ("slurm", 2, 1), ("slurm", 4, 3)])
def test_a_killed_worker_ends_the_others_and_all_go_on(
        tmp_path, undisturbed, scheduler, count, victim):
    """One command begins the run and goes on with it."""
    folder = tmp_path / "workers"

    def kill(workers):
        wait_for_rows(folder / "steps.csv", 12)
        workers[victim].kill()

    said = supervise(lambda: start_workers("--logdir", folder, *LONG, "--resume", "auto",
                                           count=count, scheduler=scheduler), kill)
    first, second = said
    assert all("another worker has gone" in text for i, text in enumerate(first)
               if i != victim)
    assert all("Resuming after" in text for text in second)
    assert largest_difference(undisturbed, folder) < NETWORK


@pytest.mark.slow
def test_sigterm_to_every_task_saves_and_all_go_on(tmp_path):
    """As Slurm and Kubernetes take machines away."""
    flags = ("--epochs", 3, "--steps-per-epoch", 8, "--pause", 1, "--resume", "auto")
    single = start("--device", "cpu", "--logdir", tmp_path / "one", *flags)
    folder = tmp_path / "workers"

    def take_away(workers):
        wait_for_rows(folder / "steps.csv", 10)
        for worker in workers:
            worker.terminate()
        assert [worker.wait(60) for worker in workers] == [143, 143]

    first, _ = supervise(
        lambda: start_workers("--logdir", folder, *flags, scheduler="slurm"), take_away)
    assert all("saved, --resume goes on" in text for text in first)
    finish(single)
    assert largest_difference(tmp_path / "one", folder) < NETWORK
