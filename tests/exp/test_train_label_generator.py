"""One step of both networks of the label generator; it learns from simple poses."""
import numpy as np
import pytest

from deephar.networks.label_generator import LabelGenerator
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
def test_file_key_points_and_true_right_views(data, tmp_path):
    report = run(data, tmp_path, exact=False, true_right=True)
    assert report["scores"][0]["protocol"]["key points"] == "of the file"
