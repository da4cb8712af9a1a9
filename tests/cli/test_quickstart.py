"""The first command, with one step: everything that it promises is there."""
import json
import logging

import pytest
import tensorflow as tf

from deephar.checkpoints.description import find_weights, read_description
from deephar.cli import main


@pytest.fixture(autouse=True)
def eagerly():
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)
    logging.getLogger("deephar").handlers.clear()


@pytest.mark.slow
def test_quickstart(tmp_path, capsys):
    flags = ["quickstart", "--out", str(tmp_path / "run"), "--data", str(tmp_path / "data"),
             "--epochs", "1", "--steps-per-epoch", "1", "--pictures", "16",
             "--videos", "4", "--device", "cpu"]
    assert main(flags) == 0
    said = capsys.readouterr().out
    folder = tmp_path / "run"
    for name in ("predictions.png", "curves.png", "report.json"):
        assert (folder / name).stat().st_size > 1000
        assert name in said
    assert "PCKh@0.5 (%)" in said and "single-clip accuracy (%)" in said
    assert "baseline" in said and "deephar predict --model" in said
    scores = {s["name"]: s for s in json.loads((folder / "report.json").read_text())["scores"]}
    assert set(scores) == {"PCKh@0.5", "PCKh@0.5, baseline", "single-clip accuracy",
                           "single-clip accuracy, baseline"}
    model = read_description(folder).build()
    assert find_weights(folder).name == "last.weights.h5"
    model.load_weights(find_weights(folder))

    assert main(flags) == 1
    assert "already holds a run" in capsys.readouterr().err
    assert main([*flags, "--resume"]) == 0
