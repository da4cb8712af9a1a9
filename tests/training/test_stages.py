"""Stages follow each other; a killed run ends like one that was not."""
import os
import random
import shutil
import signal

import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.training.callbacks import EvalCallback
from deephar.training.logs import read_rows
from deephar.training.run import Run, RunConfig, start_run, was_begun
from deephar.training.schedule import Constant
from deephar.training.stages import Stage, train_scored, train_stages
from deephar.training.trainer import MultiModelTrainer
from deephar.utils.files import read_json
from tests.numbers import LAYER, assert_close
from tests.training.processes import finish, largest_difference, start, wait_for_rows
from tests.training.toys import toy_models, toy_tasks

FLAGS = ("--device", "cpu", "--deterministic", "--epochs", 3, "--steps-per-epoch", 20,
         "--save-minutes", 0.002)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted") / "run"
    finish(start(*FLAGS, "--logdir", folder))
    return folder


def losses(folder):
    return [{k: v for k, v in row.items()} for row in read_rows(folder / "steps.csv")]


def check_killed(folder, uninterrupted, rows: int) -> None:
    process = start(*FLAGS, "--logdir", folder, "--pause", 0.2)
    wait_for_rows(folder / "steps.csv", rows)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    output = finish(start(*FLAGS, "--logdir", folder, "--resume"))
    assert "Resuming" in output
    assert largest_difference(folder, uninterrupted) <= 1e-6
    resumed, whole = losses(folder), losses(uninterrupted)
    assert [row["step"] for row in resumed] == [row["step"] for row in whole]
    for a, b in zip(resumed, whole):
        assert a == pytest.approx(b, abs=1e-6)


def train(folder, models, stages=None, **options):
    """`train_stages` in this process; by default two epochs of both tasks."""
    full, pose, action = models
    stages = stages or [Stage("both", 2, 2, lambda: toy_tasks(pose, action), Constant(0.02))]
    return train_stages(full, stages, Run(folder),
                        strategy=tf.distribute.get_strategy(), **options)


def test_a_run_begins_with_its_first_weights(tmp_path, monkeypatch):
    """Killed in its first step, it goes on from what its network was filled with."""
    def killed(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(MultiModelTrainer, "_epoch", killed)
    first, other = toy_models(), toy_models()
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, first)
    assert was_begun(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, other)
    for a, b in zip(first[0].get_weights(), other[0].get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def two_stages(models, tasks=None, epochs=(1, 1), **options):
    """One task in two stages; `tasks` makes it, by default with a new optimizer."""
    def new():
        return toy_tasks(*models[1:])[1:]
    return [Stage(name, count, 2, tasks or new, Constant(0.02), **options)
            for name, count in zip(("first", "second"), epochs)]


def test_a_later_stage_that_cannot_be_trained_fails_before_the_first_step(tmp_path):
    models, others = toy_models(), toy_models()
    first, _ = two_stages(models)
    _, second = two_stages(others)
    with pytest.raises(ValueError, match="that full does not hold"):
        train(tmp_path, models, [first, second])
    assert not was_begun(tmp_path)


def test_a_resumed_border_keeps_a_shared_optimizer(tmp_path):
    """As in the lifters' semi-supervised training; the border is epoch 1."""
    def trained(folder, ends):
        for last in ends:
            keras.utils.set_random_seed(0)
            models = toy_models()
            tasks = toy_tasks(*models[1:])[1:]
            train(folder, models, two_stages(models, lambda: tasks, (1, last - 1)))
        return models[0].get_weights()

    whole, resumed = trained(tmp_path / "a", [2]), trained(tmp_path / "b", [1, 2])
    for a, b in zip(whole, resumed, strict=True):
        assert_close(a, b, LAYER)


@pytest.mark.parametrize("epochs, words", [
    ((2, 1), "stage second began after 1 epochs and would now begin after 2"),
    ((1, 0), "2 epochs are over and stage second would now end after 1"),
    ((1,), "in stage 2 and there are 1 now")])
def test_borders_do_not_move(tmp_path, epochs, words):
    models = toy_models()
    train(tmp_path, models, two_stages(models))
    with pytest.raises(ValueError, match=words + ".*resume it with the epochs.*config.json"):
        train(tmp_path, models, two_stages(models, epochs=epochs))
    assert len(train(tmp_path, models, two_stages(models, epochs=(1, 2)))) == 3


def test_what_is_not_trained_yet_is_not_scored(tmp_path):
    models = toy_models()
    (first, _), (_, second) = two_stages(models, scores=()), two_stages(models, scores=["toy"])
    history = train(tmp_path, models, [first, second], callbacks=EvalCallback(
        "toy", lambda model: {"score": 1.0}, models[0]))
    assert ["toy/score" in logs for logs in history] == [False, True]


@pytest.mark.slow
def test_killed_at_any_write(tmp_path, monkeypatch):
    """Between any two writes: every row of every table is there once, and the best score."""
    def steps(self, count, stop=False):         # of a training that takes no time
        for task in self.tasks:
            self.drawn[task.name] += count
        return {task.name: np.full((count, 1, 1), 1 / self.drawn[task.name])
                for task in self.tasks}, 0.0, False

    def cfg(folder):
        return RunConfig(logdir=str(folder), save_minutes=0, resume=was_begun(folder))

    def trained(folder):
        models = toy_models()
        train_scored(cfg(folder), models[0], two_stages(models),
                     start_run(cfg(folder)), tf.distribute.get_strategy(),
                     {"toy": lambda model: {"score": 1.0}}, "toy/score")
        columns = {"step", "epoch", "loss", "action", "toy/score"}
        tables = {name: [{k: v for k, v in row.items() if k in columns}
                         for row in read_rows(folder / f"{name}.csv")]
                  for name in ("steps", "epochs", "scores")}
        return tables, read_json(folder / "best.json")

    def photographed(function):
        def wrapped(*args, **kwargs):
            result = function(*args, **kwargs)
            if keeping:
                shutil.copytree(whole, tmp_path / f"killed{len(list(tmp_path.iterdir()))}",
                                ignore=shutil.ignore_patterns(".lock", "tensorboard"))
            return result
        return wrapped

    monkeypatch.setattr(MultiModelTrainer, "run_steps", steps)
    monkeypatch.setattr("os.replace", photographed(os.replace))
    monkeypatch.setattr(Run, "write", photographed(Run.write))
    whole, keeping = tmp_path / "whole", True
    expected = trained(whole)
    keeping = False
    assert [len(rows) for rows in expected[0].values()] == [4, 2, 2]
    killed = sorted(tmp_path.glob("killed*"))
    assert len(killed) > 15
    for folder in killed:
        assert trained(folder) == expected, sorted(path.name for path in folder.iterdir())


def test_stages_train_what_they_should(uninterrupted):
    rows = losses(uninterrupted)
    assert [set(row) - {"step", "lr", "loss"} for row in (rows[0], rows[-1])] == [
        {"action"}, {"pose", "action"}]
    assert [row["epoch"] for row in read_rows(uninterrupted / "epochs.csv")] == [1, 2, 3]
    log = (uninterrupted / "log.txt").read_text()
    assert "Stage action: epochs 1 to 1, action" in log
    assert "Stage joint: epochs 2 to 3, pose (16 images) and action (8 images)" in log


@pytest.mark.slow
def test_killed_and_resumed(tmp_path, uninterrupted):
    check_killed(tmp_path / "run", uninterrupted, rows=27)


@pytest.mark.slow
@pytest.mark.parametrize("kill", range(2))
def test_killed_anywhere_and_resumed(tmp_path, uninterrupted, kill):
    check_killed(tmp_path / "run", uninterrupted, random.Random(kill).randint(1, 58))


@pytest.mark.slow
def test_terminated_and_resumed(tmp_path, uninterrupted):
    folder = tmp_path / "run"
    process = start(*FLAGS, "--logdir", folder, "--pause", 0.5)
    wait_for_rows(folder / "epochs.csv", 1)
    process.terminate()
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGTERM, output
    assert "Stopped by SIGTERM" in output and "Traceback" not in output
    finish(start(*FLAGS, "--logdir", folder, "--resume"))
    assert largest_difference(folder, uninterrupted) <= 1e-6


def test_a_finished_run_resumes_to_itself(uninterrupted):
    before = (uninterrupted / "steps.csv").read_text()
    process = start(*FLAGS, "--logdir", uninterrupted, "--resume")
    assert "Stage" not in finish(process)
    assert (uninterrupted / "steps.csv").read_text() == before
