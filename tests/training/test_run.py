"""A run's folder: made once, resumed with the same settings."""
import dataclasses
import json
import logging

import keras
import pytest

from deephar.training.logs import append_row, read_rows
from deephar.training.run import RunConfig, resumes, start_run
from deephar.training.state import State, save_state
from deephar.utils.locks import LOCK
from tests.fakes.locks import taken


@pytest.fixture(autouse=True)
def restore_globals():
    yield
    keras.mixed_precision.set_dtype_policy("float32")
    logging.getLogger("deephar").handlers.clear()


def test_config_and_log(tmp_path):
    cfg = RunConfig(logdir=str(tmp_path / "run"), seed=3, precision="bfloat16")
    run = start_run(cfg)
    logging.getLogger("deephar.training").info("a message")
    content = json.loads((run.folder / "config.json").read_text())
    assert content["config"] == dataclasses.asdict(cfg)
    assert set(content["versions"]) == {"deephar", "keras", "tensorflow", "numpy"}
    assert "a message" in (run.folder / "log.txt").read_text()
    assert keras.config.dtype_policy().name == "mixed_bfloat16"
    assert run.state() is None


def test_the_seed_decides_the_weights(tmp_path):
    values = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        start_run(RunConfig(logdir=str(tmp_path / name), seed=seed))
        values.append(keras.layers.Dense(2))
        values[-1].build((None, 3))
    kernels = [layer.kernel.numpy().tolist() for layer in values]
    assert kernels[0] == kernels[1] != kernels[2]


def test_a_folder_is_used_once(tmp_path):
    cfg = RunConfig(logdir=str(tmp_path))
    with pytest.raises(FileNotFoundError, match="no run to resume"):
        start_run(dataclasses.replace(cfg, resume=True))
    run = start_run(cfg)
    save_state(run.state_path, State(), [], [])
    with pytest.raises(FileExistsError, match="--resume"):
        start_run(cfg)


def test_auto_begins_a_run_and_goes_on_with_it(tmp_path, caplog):
    cfg = RunConfig(logdir=str(tmp_path), resume="auto")
    run = start_run(cfg)
    assert not resumes(cfg) and (tmp_path / "config.json").exists()
    save_state(run.state_path, State(epoch=3), [], [])
    assert resumes(cfg) and not resumes(dataclasses.replace(cfg, resume=False))
    start_run(cfg)
    assert "Resuming after 3 epochs" in (tmp_path / "log.txt").read_text()


def test_a_start_that_failed_can_be_repeated(tmp_path):
    """Without a state there is nothing to go on from: weights would stay random."""
    start_run(RunConfig(logdir=str(tmp_path), seed=1))
    with pytest.raises(FileNotFoundError, match="no run to resume.*without --resume"):
        start_run(RunConfig(logdir=str(tmp_path), resume=True))
    run = start_run(RunConfig(logdir=str(tmp_path), seed=2))
    assert json.loads((run.folder / "config.json").read_text())["config"]["seed"] == 2


def test_resume_drops_later_rows_and_names_changed_flags(tmp_path, caplog):
    cfg = RunConfig(logdir=str(tmp_path), seed=1)
    run = start_run(cfg)
    for step in (1, 2, 3):
        run.write("steps", step, {"loss": 1.0 / step})
    save_state(run.state_path, State(epoch=1, total_steps=2), [], [])
    logging.getLogger("deephar").propagate = True
    again = start_run(dataclasses.replace(cfg, resume=True, seed=2, workers=4))
    assert again.state().total_steps == 2
    assert [row["step"] for row in read_rows(tmp_path / "steps.csv")] == [1, 2]
    assert "--seed is 2 now and was 1" in caplog.text
    assert "workers" not in caplog.text


def test_a_run_goes_on_without_its_page(tmp_path, caplog):
    run = start_run(RunConfig(logdir=str(tmp_path / "run")))
    run.write("epochs", 3, {"epoch": 1, "mpii/pckh": float("inf")})
    run.state_was_saved()
    assert "page is not written" in caplog.text and "infinite" in caplog.text


def test_only_the_chief_writes(tmp_path):
    from deephar.training.run import Run
    Run(tmp_path, writes=False).write("steps", 1, {"loss": 1.0})
    assert list(tmp_path.iterdir()) == []
    append_row(tmp_path / "steps.csv", {"step": 1})


def test_a_folder_is_one_process_s(tmp_path):
    with taken(tmp_path), pytest.raises(RuntimeError, match="in use by process 7"):
        start_run(RunConfig(logdir=str(tmp_path)))
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]
    run = start_run(RunConfig(logdir=str(tmp_path)))
    assert (tmp_path / LOCK).exists()
    del run
    assert not (tmp_path / LOCK).exists()
