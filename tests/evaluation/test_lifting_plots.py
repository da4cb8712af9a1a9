"""Figures are drawn, and curves are those of the run's table."""
import numpy as np
from PIL import Image

from deephar.evaluation.lifting_plots import (
    history_of, plot_actions, plot_poses, plot_progress)


def dark_share(path):
    with Image.open(path) as picture:
        return (np.asarray(picture.convert("L")) < 200).mean()


def test_bars_grow_with_the_errors(tmp_path):
    for name, value in (("small", 10), ("large", 90)):
        plot_actions(tmp_path / f"{name}.png", {"a": {"Walking": value, "Sitting": 100},
                                                "b": {"Walking": value}})
    assert dark_share(tmp_path / "large.png") > 1.3 * dark_share(tmp_path / "small.png")


def test_poses_have_a_panel_each(tmp_path):
    rng = np.random.default_rng(0)
    pose, points = rng.normal(size=(17, 3)), rng.normal(size=(17, 2))
    for count in (1, 3):
        plot_poses(tmp_path / f"{count}.png", [
            ("a", points, {str(i): pose for i in range(count)}),
            ("other joints", points[:16], {"0": pose})])
    sizes = [Image.open(tmp_path / f"{count}.png").size for count in (1, 3)]
    assert sizes[0][1] == sizes[1][1] and sizes[1][0] == 2 * sizes[0][0]
    assert dark_share(tmp_path / "3.png") > 0.005


def test_progress(tmp_path):
    rows = [{"epoch": 1, "seconds": 2, "test/P1": 90.0}, {"epoch": 2, "seconds": 3},
            {"epoch": 3, "seconds": 4, "test/P1": 60.0}]
    curve = history_of(rows)
    assert curve["epochs"].tolist() == [1, 3] and curve["seconds"].tolist() == [2, 9]
    assert curve["errors"].tolist() == [90, 60]
    plot_progress(tmp_path / "p.png", {"run": (curve["seconds"], curve["errors"])},
                  "seconds of training")
    assert dark_share(tmp_path / "p.png") > 0.005
