"""One step of the lifter's training script, in every way that it trains."""
import subprocess
import sys

import numpy as np
import pytest

from deephar.data.keypoints.files import open_set, write_motion
from deephar.data.keypoints.sources import rig_for, synthetic_motion
from deephar.training.logs import read_rows
from deephar.utils.files import read_json
from tests.exp.conftest import load_script

script = load_script("h36m/train_videopose3d.py")
TINY = dict(keypoints="gt", allow_pickle=True, subjects=("S1",), test_subjects=("S2",),
            widths=(3,), channels=8, batch_size=16, epochs=1, steps_per_epoch=1, device="cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keypoints")
    motions = synthetic_motion(["Walking", "Sitting"], 3, seconds=0.6)
    write_motion(folder, motions, rig_for(list(motions)))
    return str(folder)


def run(data, tmp_path, **options):
    return script.main(script.Config(**{
        **TINY, "data": data, "logdir": str(tmp_path / "run"), **options}))


def test_all_actions_and_resume(data, tmp_path):
    report = run(data, tmp_path, save_minutes=0)["all"]
    score, = report["scores"]
    assert report["status"] == "complete" and list(score["parts"]) == ["Walking", "Sitting"]
    assert score["value"] == pytest.approx(np.mean(list(score["parts"].values())))
    assert score["samples"] == 2 * 4 * 30
    row, = read_rows(tmp_path / "run" / "epochs.csv")
    assert {"test/P1", "test/MPJVE", "train/P1", "loss"} <= set(row)
    # What is finished is not trained again.
    before = (tmp_path / "run" / "last.weights.h5").stat().st_mtime_ns
    assert run(data, tmp_path, resume=True)["all"]["scores"] == report["scores"]
    assert (tmp_path / "run" / "last.weights.h5").stat().st_mtime_ns == before


def test_an_interrupted_job_ends_like_one_that_was_not(data, tmp_path):
    whole = run(data, tmp_path / "a", epochs=2, steps_per_epoch=2)["all"]
    with pytest.raises(KeyboardInterrupt):
        half(data, tmp_path / "b")
    resumed = run(data, tmp_path / "b", epochs=2, steps_per_epoch=2, resume=True)["all"]
    assert resumed["scores"][0]["value"] == pytest.approx(whole["scores"][0]["value"],
                                                          rel=1e-5)
    log = (tmp_path / "b" / "run" / "log.txt").read_text()
    assert "Resuming after 1 epochs" in log


def half(data, folder):
    """Stops when the first epoch is saved."""
    from deephar.training.trainer import MultiModelTrainer
    save = MultiModelTrainer.save

    def stop(self, run, state):
        save(self, run, state)
        if state.epoch == 1:
            raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(MultiModelTrainer, "save", stop)
        run(data, folder, epochs=2, steps_per_epoch=2)


def test_one_network_per_action(data, tmp_path):
    reports = run(data, tmp_path, actions=("each",), unit_epochs=2, eval_every=2)
    assert list(reports) == ["Walking", "Sitting"]
    for index, (action, report) in enumerate(reports.items()):
        assert list(report["scores"][0]["parts"]) == [action]
        assert report["seed"] == index
        assert len(read_rows(tmp_path / "run" / action / "epochs.csv")) == 2


@pytest.mark.slow
def test_two_replicas_train_like_one(data, tmp_path):
    values = []
    for device in ("cpu", "cpu:2"):
        folder = tmp_path / device.replace(":", "_")
        flags = ("--data", data, "--keypoints", "gt", "--allow-pickle", "--subjects", "S1",
                 "--test-subjects", "S2", "--widths", "3", "3", "--channels", "8", "--dropout",
                 "0", "--batch-size", "16", "--epochs", "1", "--steps-per-epoch", "5")
        subprocess.run([sys.executable, script.__file__, *flags, "--device", device,
                        "--logdir", str(folder)], check=True, capture_output=True)
        values.append(read_json(folder / "report.json")["scores"][0]["value"])
    assert values[0] == pytest.approx(values[1], rel=1e-4)


def test_budgets(data, tmp_path):
    keypoints = open_set(data, "gt", allow_pickle=True)
    frames = {"Walking": 120, "Sitting": 120}
    count = lambda name, only, **o: sum(len(t.poses) for t in script.limited(
        keypoints, script.Config(**TINY, budget=120, **o), frames, name, {"actions": only}))
    assert count("all", ()) == 120                              # 60 of each
    assert count("Walking", ("Walking",)) == 60
    assert count("Walking", ("Walking",), problem="action") == 120


@pytest.mark.slow
def test_semi_supervised(data, tmp_path):
    run(data, tmp_path, unlabelled=("S3",), epochs=2, warmup=1)
    rows = read_rows(tmp_path / "run" / "steps.csv")
    assert "semi/projection" not in rows[0] and "semi/projection" in rows[1]


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"causal": True}, {"dense": True}, {"chunk": 3}])
def test_other_networks(data, tmp_path, options):
    assert run(data, tmp_path, widths=(3, 3), **options)["all"]["status"] == "complete"


def test_mistakes(data, tmp_path):
    with pytest.raises(ValueError, match="known are Sitting, Walking"):
        run(data, tmp_path, actions=("Dancing",))
    with pytest.raises(ValueError, match="allow_pickle"):
        run(data, tmp_path, allow_pickle=False)
    with pytest.raises(FileNotFoundError, match="data_2d_h36m_gt.npz"):
        run(data, tmp_path, keypoints="cpn")
