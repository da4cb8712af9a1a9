"""One step of both networks of the label generator; it learns from simple poses."""
import shutil

import numpy as np
import pytest

from deephar.data.keypoints.files import open_set, write_keypoints
from deephar.data.keypoints.takes import MPII16_SYMMETRY
from deephar.networks.label_generator import LabelGenerator, load_labeller
from deephar.utils.files import read_json
from tests.exp.conftest import load_script
from tests.exp.test_train_videopose3d import data    # noqa: F401 (a fixture)

script = load_script("h36m/train_label_generator.py")


def run(data, tmp_path, **options):
    return script.main(script.Config(**{**dict(
        logdir=str(tmp_path / "run"), data=data, allow_pickle=True, subjects=("S1",),
        test_subjects=("S2",), units=8, blocks=1, batch_size=16, epochs=1, steps_per_epoch=1,
        test_every=10, device="cpu"), **options}))


def test_one_step(data, tmp_path):
    report = run(data, tmp_path, extra=(data,))
    assert [score["unit"] for score in report["scores"]] == ["mm", "mm", "%"]
    assert report["scores"][0]["samples"] == 2 * 4 * 3
    generator = LabelGenerator.load(tmp_path / "run")
    points = np.random.default_rng(0).uniform(300, 700, (3, 17, 2))
    assert np.isfinite(generator.labels(points).poses).all()
    with pytest.raises(FileExistsError, match="--resume"):
        run(data, tmp_path)
    assert run(data, tmp_path, extra=(data,), resume=True)["scores"][0]["value"] == pytest.approx(
        report["scores"][0]["value"], rel=1e-5)


@pytest.mark.slow
def test_the_linear_baseline(data, tmp_path):
    """It learns from exact key points; the search needs no second view."""
    report = run(data, tmp_path, system="baseline", units=32, steps_per_epoch=100)
    without, searched = report["scores"]
    assert searched["value"] < without["value"] < 400
    baseline = load_labeller(tmp_path / "run")
    assert baseline.network.input_shape == (None, 32) and baseline.network.output_shape == (
        None, 48)
    labels = baseline.labels(np.random.default_rng(0).uniform(300, 700, (3, 17, 2)))
    assert labels.right is None and (labels.coarse[:, 0] == 0).all()
    evaluate = load_script("h36m/eval_label_generator.py")
    assert 0 == evaluate.main(evaluate.Config(
        output=str(tmp_path / "eval"), data=data, allow_pickle=True, every=10, noise=(),
        weights=str(tmp_path / "run"), test_subjects=("S2",)))
    again = read_json(tmp_path / "eval" / "report.json")["scores"]
    assert [s["value"] for s in again] == [without["value"], searched["value"]]
    assert [s["paper"] for s in again] == [["linear-gt"], ["linear-gt-search"]]


def test_key_points_of_16_joints_keep_the_root_that_they_have(data, tmp_path):
    """The hourglass' pelvis is its joint 6; there is no search in other joints."""
    files = open_set(data, "gt", allow_pickle=True)
    there = {s: {t: [v[:, :16] for v in views] for t, views in takes.items()}
             for s, takes in files.keypoints.positions.items()}
    folder = tmp_path / "data"
    shutil.copytree(data, folder)
    write_keypoints(folder / "data_2d_h36m_sh.npz", there, symmetry=MPII16_SYMMETRY)
    report = run(str(folder), tmp_path, system="baseline", keypoints="sh", exact=False)
    without, searched = report["scores"]
    assert without["value"] == searched["value"]
    assert load_labeller(tmp_path / "run").left.root == 6


@pytest.mark.slow
def test_file_key_points_and_true_right_views(data, tmp_path):
    report = run(data, tmp_path, exact=False, true_right=True)
    assert report["scores"][0]["protocol"]["key points"] == "of the file"
