"""The first command, with one step: everything that it promises is there."""
import functools
import io
import json
import logging
import time

import pytest
import tensorflow as tf

from deephar.checkpoints.description import find_weights, read_description
from deephar.cli import main, quickstart
from deephar.evaluation.report import make_report, write_report
from deephar.utils.files import md5_of


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
    for name in ("predictions.png", "curves.png", "report.html"):
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
    assert main(["report", str(folder)]) == 0
    assert f"(md5 {md5_of(find_weights(folder))})" in capsys.readouterr().out

    assert main(flags) == 2
    assert "already holds a run" in capsys.readouterr().err
    assert main([*flags, "--resume"]) == 0


@pytest.mark.slow
def test_the_lifter(tmp_path, capsys, monkeypatch):
    from deephar.training.recipes import quicklift
    small = functools.partial(quicklift.QuickliftConfig, people=5, takes=1, seconds=0.4,
                              channels=16, batch_size=16)
    monkeypatch.setattr(quicklift, "QuickliftConfig", small)
    run = str(tmp_path / "run")
    assert main(["quickstart", "--lift", "--out", run, "--epochs", "1", "--steps-per-epoch",
                 "2", "--device", "cpu"]) == 0
    said = capsys.readouterr().out
    assert "Always the mean pose:" in said and f"deephar predict VIDEO --lift {run}" in said
    assert (tmp_path / "run" / "trajectory.weights.h5").exists()


def test_a_finished_lifter_is_not_trained_in_silence(tmp_path, capsys):
    write_report(tmp_path, make_report([], weights={}))
    assert main(["quickstart", "--lift", "--out", str(tmp_path)]) == 2
    assert "already holds a lifter" in capsys.readouterr().err


def test_a_lifter_has_no_pictures(capsys):
    assert main(["quickstart", "--lift", "--pictures", "9"]) == 2
    assert "--pictures is of the quickstart without --lift" in capsys.readouterr().err


def test_it_tells_how_long_it_will_take_once(monkeypatch):
    seconds = iter([100.0, 104.0, 106.0, 130.0])
    monkeypatch.setattr(time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(quickstart, "PICTURES_SHARE", 0.1)
    told = io.StringIO()
    expect = quickstart._expectation(told)
    for share in (0.01, 0.05, 0.11, 0.5):        # a tenth of the pictures in 6 s
        expect(share)
    assert told.getvalue() == "     about 10 minutes in all on this machine\n"
