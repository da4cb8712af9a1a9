"""The whole of a job; its ways to train are tested with its script."""
import numpy as np
import pytest

from deephar.checkpoints.lifting import load_temporal
from deephar.data.keypoints.takes import H36M17_SYMMETRY, Take
from deephar.evaluation.lifting import take_errors
from deephar.networks.lifting import lifter_of
from deephar.training.logs import read_rows
from deephar.training.recipes import lifting as jobs
from deephar.training.strategy import make_strategy


def takes(subject, seed):
    """Poses that are a linear function of the key points."""
    rng = np.random.default_rng(seed)
    keypoints = rng.normal(0, 0.3, (100, 17, 2)).astype("float32")
    poses = np.concatenate([keypoints, keypoints[..., :1] - keypoints[..., 1:]], -1)
    poses[:, 0] = [0, 0, 4]
    return [Take(subject, "Walking", 0, keypoints, poses, None, (1000, 1000))]


def test_a_job_learns_and_its_folder_is_the_network(tmp_path):
    cfg = jobs.LifterConfig(
        logdir=str(tmp_path / "run"), widths=(1,), channels=64, dropout=0.0, batch_size=50,
        epochs=3, steps_per_epoch=60, lr=1e-2, train_flip=False, test_flip=False,
        device="cpu")
    data = jobs.JobData(takes("S1", 0), takes("S9", 1), H36M17_SYMMETRY)
    assert not jobs.is_finished(tmp_path / "run")
    report = jobs.train_job(cfg, data, make_strategy("cpu"))
    assert jobs.is_finished(tmp_path / "run")
    rows = read_rows(tmp_path / "run" / "epochs.csv")
    errors = [row["P1/train"] for row in rows]
    assert errors[2] < errors[0] and errors[2] < 90
    assert [row["lr"] for row in rows] == pytest.approx([1e-2, 0.95e-2, 0.9025e-2])
    assert all(row["seconds"] > 0 for row in rows)
    model, arguments, weights = load_temporal(tmp_path / "run")
    scored = take_errors(lifter_of(model, (0, 0)), data.test)
    assert scored[0].errors["mpjpe"] == pytest.approx(report["scores"][0]["value"], rel=1e-5)
    assert arguments["widths"] == [1] and report["weights"]["file"] == str(weights)


def test_nothing_to_train_on(tmp_path):
    data = jobs.JobData([], takes("S9", 1), H36M17_SYMMETRY)
    with pytest.raises(ValueError, match="no takes to train on"):
        jobs.train_job(jobs.LifterConfig(logdir=str(tmp_path / "x")), data,
                       make_strategy("cpu"))
