"""The label generator's evaluation script, and what it says about pixel noise."""
import pytest

from deephar.utils.files import read_json
from tests.exp.conftest import load_script
from tests.exp.test_train_label_generator import run
from tests.exp.test_train_videopose3d import data    # noqa: F401 (a fixture)

script = load_script("h36m/eval_label_generator.py")


@pytest.mark.slow
def test_with_and_without_search(data, tmp_path):
    trained = run(data, tmp_path, units=32, steps_per_epoch=100)
    assert 0 == script.main(script.Config(
        output=str(tmp_path / "eval"), data=data, allow_pickle=True, every=10,
        weights=str(tmp_path / "run"), test_subjects=("S2",), noise=(0, 30)))
    report = read_json(tmp_path / "eval" / "report.json")
    without, searched, view = report["scores"]
    assert searched["value"] < without["value"]
    assert [s["value"] for s in trained["scores"][:2]] == [without["value"], searched["value"]]
    assert without["paper"] == ["labels-gt"] and 0 <= view["value"] <= 100
    exact, noisy = report["pixel_noise"]
    assert noisy["with"] - exact["with"] > noisy["without"] - exact["without"]
    assert "30" in script.noise_table(report)
    for name in ("actions.png", "noise.png"):
        assert (tmp_path / "eval" / name).exists()
