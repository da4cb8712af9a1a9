"""The alternating loop: whose turn it is, what is reported, how it ends."""
import os
import signal

import keras
import numpy as np
import pytest

from deephar.data.keypoints.batches import ArrayBatches
from deephar.training.logs import read_rows
from deephar.training.run import Run
from deephar.training.schedule import Plateau, Steps
from deephar.training.task import Task
from deephar.training.trainer import MultiModelTrainer, NotFinite, check_tasks
from tests.numbers import DEEP, LAYER, assert_close
from tests.training.toys import Toys, squared, toy_loader, toy_models, toy_tasks


def trained(tmp_path=None, epochs=2, steps=4, tasks=toy_tasks, callbacks=None, **options):
    """(history, weights, trainer) after a short training."""
    keras.utils.set_random_seed(0)
    full, pose, action = toy_models()
    trainer = MultiModelTrainer(tasks(pose, action), model=full, **options)
    run = Run(tmp_path) if tmp_path else None
    history = trainer.train(epochs, steps, end_of_epoch_callback=callbacks,
                            plan=Steps(0.02, 0.5, (1,)), run=run)
    return history, full.get_weights(), trainer


def test_losses_fall_and_have_names(tmp_path):
    history, _, trainer = trained(tmp_path, epochs=3, steps=8)
    assert history[-1]["pose"] < 0.7 * history[0]["pose"]
    assert history[-1]["action"] < 0.8 * history[0]["action"]
    assert [logs["lr"] for logs in history] == pytest.approx([0.02, 0.01, 0.01])
    assert trainer.drawn == {"pose": 24, "action": 24}
    rows = read_rows(tmp_path / "steps.csv")
    assert [row["step"] for row in rows] == list(range(1, 25))
    for row in rows:
        assert row["loss"] == pytest.approx(row["pose"] + 0.5 * row["action"], rel=1e-5)
    first = [row["pose"] for row in rows[:8]]
    assert history[0]["pose"] == pytest.approx(np.mean(first), rel=1e-5)
    assert read_rows(tmp_path / "epochs.csv")[-1]["epoch"] == 3
    assert list((tmp_path / "tensorboard").iterdir())


def test_steps_per_execution_does_not_change_the_result(tmp_path):
    one = trained()
    many = trained(tmp_path, steps_per_execution=3)
    for a, b in zip(one[1], many[1]):
        assert_close(a, b, LAYER)
    assert one[0][-1]["pose"] == pytest.approx(many[0][-1]["pose"], rel=1e-5)
    assert [row["step"] for row in read_rows(tmp_path / "steps.csv")] == [3, 4, 7, 8]


def test_ratio_draws_more_batches():
    def tasks(pose, action):
        first, second = toy_tasks(pose, action)
        return [first, Task("action", action, second.loader, "mse",
                            keras.optimizers.SGD(0.01), ratio=3)]
    _, _, trainer = trained(epochs=1, steps=2, tasks=tasks)
    assert trainer.drawn == {"pose": 2, "action": 6}


def test_the_order_of_batches_is_that_of_their_numbers():
    keras.utils.set_random_seed(0)
    _, pose, action = toy_models()
    still = [Task(t.name, t.model, t.loader, t.losses, keras.optimizers.SGD(0.0),
                  ratio=ratio)
             for t, ratio in zip(toy_tasks(pose, action), (1, 2))]
    trainer = MultiModelTrainer(still)
    traces, waited, stop = trainer.run_steps(3)
    assert waited >= 0 and stop is False
    for task in still:
        losses = traces[task.name]
        assert losses.shape == (3, task.ratio, 1)
        for n, loss in enumerate(losses.reshape(-1)):
            x, y = task.loader.batch(n)
            expected = np.mean((y[0] - task.model(x[0], training=True)) ** 2)
            np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_compiled_models_and_their_loaders():
    _, pose, action = toy_models()
    pose.compile("sgd", loss=squared)
    action.compile("adam", loss="mse")
    trainer = MultiModelTrainer([pose, action], [toy_loader(2), toy_loader(3)])
    history = trainer.train(2, 4)
    assert history[1]["pose_model"] < history[0]["pose_model"]
    assert history[1]["action_model"] < history[0]["action_model"]


def test_a_frozen_trunk_stays_and_heads_move():
    keras.utils.set_random_seed(0)
    full, pose, action = toy_models()
    full.get_layer("conv").trainable = False
    full.get_layer("bn").trainable = False
    before = {w.path: w.numpy() for w in full.weights}
    MultiModelTrainer(toy_tasks(pose, action)[1:]).train(1, 3)
    moved = {w.path for w in full.weights if not np.array_equal(before[w.path], w.numpy())}
    assert {path.split("/")[0] for path in moved} == {"action"}


def test_not_finite_stops_and_keeps_the_batch(tmp_path):
    tasks = lambda pose, action: toy_tasks(pose, action, bad=6)
    with pytest.raises(NotFinite, match="task pose is not finite, in batch 3; it is kept"):
        trained(tmp_path, epochs=3, steps=2, tasks=tasks, steps_per_execution=2)
    kept = np.load(tmp_path / "not_finite_pose_3.npz")
    bad = np.isnan(kept["x0"]).any(axis=(1, 2, 3))
    assert kept["samples"][bad].tolist() == ["Toys 6"]
    assert sorted(kept["samples"]) == sorted(toy_loader(2, 1).names(3))
    with np.load(tmp_path / "state.npz") as state:      # that of the last good epoch
        assert all(np.isfinite(state[name]).all() for name in state.files)


def test_not_finite_in_a_lifter_s_data(tmp_path):
    """Batches of key points can be kept too, and name their samples."""
    x = np.ones((8, 3), "float32")
    x[5] = np.inf
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(1)(inputs))
    task = Task("pose", model, ArrayBatches(x, x[:, :1], 4), "mse", keras.optimizers.SGD())
    with pytest.raises(NotFinite, match="task pose is not finite, in batch"):
        MultiModelTrainer([task]).train(1, 2, run=Run(tmp_path))
    kept = np.load(next(tmp_path.glob("not_finite_*.npz")))
    assert kept["samples"][~np.isfinite(kept["x0"]).all(axis=1)].tolist() == ["sample 5"]


def test_the_first_bad_batch_in_time_is_named():
    """The second task's batch spoils the first task's next one."""
    _, pose, action = toy_models()
    tasks = toy_tasks(pose, action)
    spoilt = Task("action", action, toy_loader(3, 2, bad=6), "mse",
                  keras.optimizers.SGD(0.01))
    number = next(n for n in range(4) if "Toys 6" in spoilt.loader.names(n))
    trainer = MultiModelTrainer([tasks[0], spoilt], steps_per_execution=8)
    with pytest.raises(NotFinite, match=f"task action is not finite, in batch {number}$"):
        trainer.train(1, 8)


def test_a_batch_that_cannot_be_made_says_why(monkeypatch):
    def broken(self, key, mode, *, rng):
        raise OSError("im7.jpg cannot be read as a picture")

    monkeypatch.setattr(Toys, "get_data", broken)
    with pytest.raises(RuntimeError, match="a batch could not be made: OSError: im7.jpg "
                                           "cannot be read as a picture$"):
        trained()


def test_a_second_training_goes_on_in_the_data():
    _, pose, action = toy_models()
    trainer = MultiModelTrainer(toy_tasks(pose, action))
    trainer.train(1, 3)
    trainer.train(1, 2)
    assert trainer.drawn == {"pose": 5, "action": 5}


@pytest.mark.parametrize("reload", [False, True])
def test_a_plateau_goes_on_from_the_best_weights(tmp_path, reload):
    """Scores 1, 3, 2, 2: after the fourth epoch the rate falls."""
    keras.utils.set_random_seed(0)
    full, pose, action = toy_models()
    kept = []

    class Score(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = [1, 3, 2, 2][epoch]
            kept.append(full.get_weights())

    trainer = MultiModelTrainer(toy_tasks(pose, action), model=full)
    plan = Plateau(0.02, 0.5, 2, "score", higher_is_better=True, reload=reload)
    history = trainer.train(4, 2, plan=plan, run=Run(tmp_path), end_of_epoch_callback=Score())
    assert plan(4, history) == pytest.approx(0.01)
    ends_with, other = (kept[1], kept[3]) if reload else (kept[3], kept[1])
    for mine, wanted in zip(full.get_weights(), ends_with, strict=True):
        np.testing.assert_array_equal(mine, wanted)
    assert any((a != b).any() for a, b in zip(ends_with, other))
    with np.load(tmp_path / "state.npz") as state:      # a resumed run goes on from there
        np.testing.assert_array_equal(state["weight00000"], ends_with[0])


def test_xla_gives_the_same():
    plain, compiled = trained(epochs=1), trained(epochs=1, jit_compile=True)
    for a, b in zip(plain[1], compiled[1]):
        assert_close(a, b, DEEP)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_saves_and_leaves(tmp_path, number):
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            os.kill(os.getpid(), number)

    with pytest.raises(SystemExit) as end:
        trained(tmp_path, epochs=5, callbacks=Stop())
    assert end.value.code == 128 + number
    state = Run(tmp_path).state()
    assert (state.epoch, state.step, state.total_steps) == (1, 0, 4)
    assert state.drawn == {"pose": 4, "action": 4}


def test_a_batch_that_replicas_cannot_share():
    class Three:
        num_replicas_in_sync = 3

    _, pose, action = toy_models()
    with pytest.raises(ValueError, match="task pose: a batch of 8 .* over 3 replicas"):
        check_tasks(toy_tasks(pose, action), Three())


def test_what_cannot_be_trained_is_refused():
    _, pose, action = toy_models()
    tasks = toy_tasks(pose, action)
    with pytest.raises(ValueError, match="different names"):
        MultiModelTrainer([tasks[0], tasks[0]])
    with pytest.raises(ValueError, match="share one optimizer"):
        MultiModelTrainer([tasks[0], Task("b", action, toy_loader(3), "mse",
                                          tasks[0].optimizer)])
