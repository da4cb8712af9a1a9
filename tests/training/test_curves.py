"""A picture with one panel per loss and score."""
import pytest
from PIL import Image

from deephar.training import curves
from deephar.training.curves import plot_runs
from deephar.training.logs import append_row


def write_run(folder, steps, scores=()):
    folder.mkdir()
    for step in range(1, steps + 1):
        append_row(folder / "steps.csv", {"step": step, "pose": 1 / step, "lr": 0.1})
    for step, score in scores:
        append_row(folder / "scores.csv", {"step": step, "epoch": 1, "mpii/pckh": score})
    return folder


def test_two_runs(tmp_path, monkeypatch):
    drawn = []
    thinned = curves.thinned
    monkeypatch.setattr(curves, "thinned", lambda x, y: drawn.append(
        (x.tolist(), y.tolist())) or thinned(x, y))
    runs = [write_run(tmp_path / "a", 3, [(3, 50.0)]), write_run(tmp_path / "b", 2)]
    path = plot_runs(runs, tmp_path / "curves.png")
    with Image.open(path) as picture:
        assert picture.width > 3 * picture.height          # three panels in a row
    assert drawn == [([1, 2, 3], [1, 0.5, pytest.approx(1 / 3)]), ([1, 2], [1, 0.5]),
                     ([3], [50]), ([1, 2, 3], [0.1] * 3), ([1, 2], [0.1] * 2)]


def test_long_runs_are_thinned():
    import numpy as np
    x, y = curves.thinned(np.arange(1000), np.arange(1000) * 2.0)
    assert len(x) == 334 and x[0] == 1.0 and y[0] == 2.0


def test_not_a_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="not the folder of a run"):
        plot_runs([tmp_path], tmp_path / "curves.png")
