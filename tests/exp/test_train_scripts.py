"""Every training script: one step of every stage on tiny synthetic data."""
import json
import logging
import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf

from deephar.checkpoints.description import read_description
from deephar.training.logs import read_rows
from deephar.utils.flags import parse_config
from tests.exp.conftest import EXP, load_script

TINY = ["--data", "synthetic", "--synthetic-size", "tiny", "--steps-per-epoch", "1",
        "--eval-samples", "2", "--device", "cpu", "--side", "64", "--save-minutes", "60"]
RECEPTION = ["--num-blocks", "1", "--ksize", "3"]
MERGE = [*RECEPTION, "--pose-epochs", "1", "--epochs", "1", "--finetune-epochs", "1",
         "--num-frames", "4"]
SPNET = ["--num-pyramids", "1", "--num-levels", "2", "--growth", "8"]
MULTI = [*SPNET, "--action-pyramids", "1", "--num-features", "16", "--num-frames", "4",
         "--num-clips", "2", "--action-epochs", "1", "--epochs", "2"]
# Script, flags, the losses of each epoch, the score that is watched.
SCRIPTS = {
    "mpii/train_mpii_singleperson.py": (
        [*RECEPTION, "--batch-size", "2", "--epochs", "1"], [{"mpii"}], "mpii/pckh"),
    "h36m/train_h36m_mpii.py": (
        [*RECEPTION, "--depth-maps", "2", "--batch-size", "2", "--epochs", "1"],
        [{"poses"}], "h36m/mpjpe"),
    "pennaction/train_penn_merge.py": (
        [*MERGE, "--pose-shares", "1", "1"],
        [{"pose"}, {"action"}, {"action"}], "penn/accuracy"),
    "ntu/train_ntu_merge.py": (
        [*MERGE, "--depth-maps", "2", "--pose-shares", "1", "1", "1"],
        [{"pose"}, {"action"}, {"action"}], "ntu/accuracy"),
    "pennaction/train_penn_multimodel.py": (
        MULTI, [{"action"}, {"pose", "action"}], "penn/accuracy"),
    "ntu/train_pose_baseline.py": (
        [*SPNET, "--shares", "1", "1", "1", "1", "--epochs", "1"],
        [{"poses"}], "h36m/mpjpe"),
    "ntu/train_ntu_spnet.py": (
        MULTI, [{"action"}, {"pose", "action"}], "ntu/accuracy"),
}
MULTI_TASK = ["pennaction/train_penn_multimodel.py", "ntu/train_ntu_spnet.py"]


@pytest.fixture(autouse=True)
def eagerly():
    """Tracing would take most of the time; `test_on_two_replicas` does trace."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
    logging.getLogger("deephar").handlers.clear()


@pytest.mark.parametrize("name", SCRIPTS)
def test_one_step_of_every_stage(name, at_home, tmp_path):
    flags, losses, score = SCRIPTS[name]
    script = load_script(name)
    script.main(parse_config(script.Config, [*TINY, "--logdir", str(tmp_path), *flags]))
    check_run(tmp_path, losses, score)


@pytest.mark.slow
@pytest.mark.parametrize("name", MULTI_TASK)
def test_on_two_replicas(name, at_home, tmp_path):
    flags, losses, score = SCRIPTS[name]
    subprocess.run([sys.executable, EXP / name, *TINY, "--logdir", tmp_path,
                    "--device", "cpu:2", *flags], check=True,
                   env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"})
    check_run(tmp_path, losses, score)


def check_run(folder, losses, score):
    rows = read_rows(folder / "steps.csv")
    assert [set(row) - {"step", "lr", "loss"} for row in rows] == losses
    assert all(np.isfinite(list(row.values())).all() for row in rows)
    best = json.loads((folder / "best.json").read_text())
    assert score in best
    model = read_description(folder).build()
    for name in ("last.weights.h5", "best.weights.h5"):
        model.load_weights(folder / name)


def test_a_script_resumes_after_its_last_epoch(at_home, tmp_path):
    name = "mpii/train_mpii_singleperson.py"
    flags = [*TINY, "--logdir", str(tmp_path), *SCRIPTS[name][0]]
    script = load_script(name)
    script.main(parse_config(script.Config, flags))
    script.main(parse_config(script.Config, [*flags, "--resume", "--epochs", "2"]))
    assert [row["step"] for row in read_rows(tmp_path / "steps.csv")] == [1, 2]


def test_every_training_script_is_tested():
    found = {str(path.relative_to(EXP)) for path in EXP.glob("*/train_*.py")}
    elsewhere = {"h36m/train_label_generator.py", "h36m/train_videopose3d.py"}
    assert found - elsewhere == set(SCRIPTS)
