"""Figures are drawn, and curves are those of the run's table."""
import numpy as np
from PIL import Image

from deephar.evaluation.lifting_plots import history_of, plot_actions, plot_progress


def dark_share(path):
    with Image.open(path) as picture:
        return (np.asarray(picture.convert("L")) < 200).mean()


def test_bars_grow_with_the_errors(tmp_path):
    for name, value in (("small", 10), ("large", 90)):
        plot_actions(tmp_path / f"{name}.png", {"a": {"Walking": value, "Sitting": 100},
                                                "b": {"Walking": value}})
    assert dark_share(tmp_path / "large.png") > 1.3 * dark_share(tmp_path / "small.png")


def test_progress(tmp_path):
    rows = [{"epoch": 1, "seconds": 2, "P1/test": 90.0}, {"epoch": 2, "seconds": 3},
            {"epoch": 3, "seconds": 4, "P1/test": 60.0}]
    curve = history_of(rows)
    assert curve["epochs"].tolist() == [1, 3] and curve["seconds"].tolist() == [2, 9]
    assert curve["errors"].tolist() == [90, 60]
    plot_progress(tmp_path / "p.png", {"run": (curve["seconds"], curve["errors"])},
                  "seconds of training")
    assert dark_share(tmp_path / "p.png") > 0.005
