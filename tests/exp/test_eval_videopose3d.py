"""The lifter's evaluation script: one network, one per action, several workers, videos."""
import threading

import numpy as np
import pytest

from deephar.data.keypoints.files import write_video_keypoints
from deephar.utils.files import read_json
from tests.evaluation.meeting import Meeting
from tests.exp.conftest import load_script
from tests.exp.test_eval_scripts import ctrl_c_at_call
from tests.exp.test_train_videopose3d import data, run  # noqa: F401 (a fixture)

script = load_script("h36m/eval_videopose3d.py")


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    """A network for all actions, and one for each."""
    folder = tmp_path_factory.mktemp("trained")
    options = dict(steps_per_epoch=4, epochs=2)
    run(data, folder / "each", actions=("each",), **options)
    return folder, run(data, folder, **options)["all"]


def evaluate(data, tmp_path, code=0, **options):
    assert code == script.main(script.Config(**{
        **dict(output=str(tmp_path / "eval"), data=data, keypoints="gt", allow_pickle=True,
               test_subjects=("S2",)), **options}))
    return read_json(tmp_path / "eval" / "report.json")


def test_one_network(data, trained, tmp_path):
    folder, before = trained
    report = evaluate(data, tmp_path, weights=str(folder / "run"),
                      paper=("lift-gt-243", "actions-27"))
    assert report["scores"][0]["value"] == pytest.approx(before["scores"][0]["value"],
                                                         rel=1e-5)
    assert any("15 times as many samples" in n for n in report["scores"][0]["notes"])
    for name in ("actions-P1.png", "actions-MPJVE.png", "progress-P1-epochs.png",
                 "progress-MPJVE-seconds.png", "poses.png"):
        assert (tmp_path / "eval" / name).exists()


def test_interrupted_and_resumed(data, trained, tmp_path, monkeypatch):
    options = dict(weights=str(trained[0] / "run"), plots=False)
    with monkeypatch.context() as patch:
        ctrl_c_at_call(patch, 1)
        part = evaluate(data, tmp_path, 130, **options)
    score, = part["scores"]
    assert part["status"] == "partial" and 0 < score["evaluated"] < score["samples"]
    again = evaluate(data, tmp_path, resume=True, **options)
    assert again["scores"][0]["value"] == pytest.approx(
        trained[1]["scores"][0]["value"], rel=1e-5)


def test_a_network_per_action_beside_the_reference(data, trained, tmp_path):
    folder, before = trained
    report = evaluate(data, tmp_path, weights=str(folder / "each" / "run"),
                      actionwise=True, reference=str(folder / "run"), plots=False,
                      paper=("actions-243-rate-velocity",
                             "actions-243-reference-rate-velocity"))
    assert report["scores"][1]["value"] == pytest.approx(before["scores"][0]["value"],
                                                         rel=1e-5)
    assert report["scores"][0]["value"] != report["scores"][1]["value"]
    assert set(report["errors"]) == {"ours", "reference"}
    for metric in ("P1", "MPJVE"):
        rates = read_json(tmp_path / "eval" / f"rates-{metric}.json")
        assert {"eps0", "reference", "one_job", "all_jobs"} <= set(rates)
        reference, ours = (score for score in report["scores"]
                           if score["name"] == f"{metric} rate")
        assert reference["value"] == pytest.approx(1e6 * rates["reference"])
        assert ours["value"] == pytest.approx(1e6 * rates["one_job"])
    assert reference["paper"] == ["actions-243-reference-rate-velocity"]
    assert ours["paper"] == ["actions-243-rate-velocity"]
    assert [table.split(",")[0] for table in report["tables"]] == ["Table III", "Table IV"]


def test_two_workers_share_the_takes(data, trained, tmp_path, monkeypatch):
    """Each lifts some, both have the score of all, one writes."""
    local, lifted = threading.local(), {0: 0, 1: 0}
    lifted_by = script.lifted_by

    def counted(lifter):
        def predict(batch):
            lifted[local.worker.index] += len(batch)
            return lifted_by(lifter)(batch)
        return predict

    def main(worker):
        local.worker = worker
        return evaluate(data, tmp_path, weights=str(trained[0] / "run"), plots=False)

    monkeypatch.setattr(script, "workers_on", lambda device: local.worker)
    monkeypatch.setattr(script, "lifted_by", counted)
    report, _ = Meeting(2).all(main)
    score, = report["scores"]
    assert score["value"] == pytest.approx(trained[1]["scores"][0]["value"], rel=1e-5)
    assert score["evaluated"] == score["samples"]
    assert abs(lifted[0] - lifted[1]) <= 1 <= min(lifted.values())


def test_videos(data, trained, tmp_path):
    points = np.random.default_rng(0).uniform(0, 500, (40, 17, 2))
    write_video_keypoints(tmp_path / "v.npz", "a.mp4", points, (640, 480))
    evaluate(data, tmp_path, weights=str(trained[0] / "run"),
             videos=str(tmp_path / "v.npz"))
    with np.load(tmp_path / "eval" / "poses.npz") as file:
        assert file["a.mp4/custom/0"].shape == (40, 17, 3)
