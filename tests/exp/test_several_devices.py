"""Evaluation scripts and scores after an epoch are those of one device on several."""
import csv
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from tests.exp.conftest import EXP
from tests.training.processes import free_ports, slurm_task, tf_config

EVAL = ("mpii/eval_mpii_singleperson.py", "--tiny", "--predictions", "--no-plots",
        "--batch-size", 2, "--output")
TRAIN = ("mpii/train_mpii_singleperson.py", "--side", 32, "--num-blocks", 1, "--epochs", 1,
         "--batch-size", 4, "--steps-per-epoch", 1, "--synthetic-size", "tiny", "--logdir")


def start(folder, script, *flags, **variables):
    env = {k: v for k, v in os.environ.items() if k != "TF_CONFIG"}
    env |= {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3",
            "PYTHONPATH": str(EXP.parent)}
    return subprocess.Popen(
        [sys.executable, EXP / script, *map(str, flags), "--data", "synthetic"], cwd=folder,
        env=env | variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(processes):
    for process in processes:
        said, _ = process.communicate(timeout=200)
        assert process.returncode == 0, said


@pytest.mark.slow
def test_two_replicas_and_two_workers_score_as_one_device(tmp_path):
    finish([start(tmp_path, *EVAL, "one", "--device", "cpu")])      # makes the data, too
    ports = free_ports(4)
    finish([
        start(tmp_path, *EVAL, "replicas", "--device", "cpu:2"),
        *(start(tmp_path, *EVAL, "workers", "--device", f"slurm:{ports[0]}",
                **slurm_task(i, ports[:2])) for i in range(2))])
    one, *others = [json.loads((tmp_path / name / "report.json").read_text())
                    for name in ("one", "replicas", "workers")]
    rows = [np.load(tmp_path / name / "rows-mpii.npz")
            for name in ("one", "replicas", "workers")]
    for report, found in zip(others, rows[1:]):
        assert report["status"] == "complete" and report["scores"] == one["scores"]
        np.testing.assert_array_equal(found["index"], rows[0]["index"])
        np.testing.assert_allclose(found["row_pose_px"], rows[0]["row_pose_px"], atol=1e-3)

    runs = [start(tmp_path, *TRAIN, "run-one", "--device", "cpu"),
            start(tmp_path, *TRAIN, "run-replicas", "--device", "cpu:2"),
            *(start(tmp_path, *TRAIN, "run-workers", "--device", "multiworker",
                    **tf_config(i, ports[2:])) for i in range(2))]
    finish(runs)
    scores = []
    for name in ("one", "replicas", "workers"):
        with open(tmp_path / f"run-{name}" / "scores.csv") as file:
            scores.append(float(next(csv.DictReader(file))["mpii/pckh"]))
    assert scores == pytest.approx([scores[0]] * 3, abs=1e-6)
