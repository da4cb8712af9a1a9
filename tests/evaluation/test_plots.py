"""Plots are pictures that show what they should."""
import numpy as np
from PIL import Image

from deephar.evaluation import plots
from deephar.evaluation.loop import Rows, Trial
from deephar.evaluation.report import Score
from deephar.utils.pose import INVALID, pa16j2d


def is_drawn(path):
    """Whether a PNG is there and not of one colour."""
    with Image.open(path) as image:
        return image.format == "PNG" and np.ptp(np.asarray(image.convert("L"))) > 50


def test_curve_blocks_and_matrix(tmp_path):
    x = np.linspace(0, .5, 11)
    plots.plot_curve(tmp_path / "curve.png", x, {"ours": 100 * x},
                     xlabel="x", ylabel="PCKh (%)")
    plots.plot_blocks(tmp_path / "blocks.png",
                      Score("PCKh@0.5", "%", 2, blocks=[1, 2], block_names=["p1", "m"]))
    plots.plot_confusion(tmp_path / "matrix.png", np.diag([3, 0]), ["bowl", "squat"])
    for name in ("curve", "blocks", "matrix"):
        assert is_drawn(tmp_path / f"{name}.png")


def trial_of(frames):
    return Trial("t", [f"s{i}" for i in range(len(frames))], lambda i: [None],
                 lambda i, view: {"frame": frames[i], "afmat": np.diag([.01, .01, 1])},
                 reduce=None)


def test_extremes_are_the_best_and_the_worst(tmp_path, monkeypatch):
    sheets = {}
    real = plots.contact_sheet

    def watched(pictures, columns, captions, **options):
        sheets[len(sheets)] = captions
        return real(pictures, columns, captions, **options)

    monkeypatch.setattr(plots, "contact_sheet", watched)
    monkeypatch.setattr(plots, "NUM_EXTREMES", 2)
    rows = Rows(5, index=[0, 1, 3, 4])      # sample 2 is missing
    plots.draw_extremes(
        tmp_path / "x", trial_of([np.zeros((8, 8, 3))] * 5), rows,
        np.array([3., np.nan, 1., 2.]),
        lambda row, data: Image.new("RGB", (8, 8)), lambda row: f"row {row}")
    assert sheets == {0: ["s3: row 2", "s4: row 3"], 1: ["s0: row 0", "s4: row 3"]}
    assert (tmp_path / "x-best.png").exists() and (tmp_path / "x-worst.png").exists()


def test_true_pose_left_predicted_pose_right(tmp_path, monkeypatch):
    """The drawn pose lies where the crop's matrix puts it."""
    kept = []
    monkeypatch.setattr(plots, "draw_pose", lambda frame, pose, layout: (
        kept.append(pose), Image.new("RGB", (64, 64)))[1])
    rng = np.random.default_rng(0)
    true, predicted = rng.uniform(0, 100, (2, 16, 2))
    true[3] = INVALID
    rows = Rows(1, [0], {"true_px": [true], "pose_px": [np.stack([true, predicted])]})
    plots.draw_pose_extremes(
        tmp_path / "x", trial_of([np.zeros((64, 64, 3), np.float32)]), rows,
        np.array([1.0]), "mm", pa16j2d)
    left, right = kept[:2]
    np.testing.assert_allclose(np.delete(left, 3, 0), np.delete(true, 3, 0) * .64)
    assert (left[3] == INVALID).all()
    np.testing.assert_allclose(right, predicted * .64)
    assert is_drawn(tmp_path / "x-best.png")


def test_small_pictures_are_enlarged_for_their_captions(tmp_path):
    plots.draw_extremes(
        tmp_path / "x", trial_of([None]), Rows(1, [0]), np.zeros(1),
        lambda row, data: Image.new("RGB", (64, 32), "red"), lambda row: "a caption")
    with Image.open(tmp_path / "x-best.png") as sheet:
        assert sheet.width >= plots.CELL


def test_side_by_side_keeps_the_order():
    both = plots.side_by_side([Image.new("RGB", (4, 2), "red"),
                               Image.new("RGB", (4, 2), "blue")])
    assert both.size == (8, 2)
    assert both.getpixel((0, 0)) == (255, 0, 0) and both.getpixel((7, 1)) == (0, 0, 255)


def test_nothing_to_draw_is_no_file(tmp_path):
    plots.draw_extremes(tmp_path / "x", trial_of([]), Rows(0), np.zeros(0), None, None)
    assert not list(tmp_path.iterdir())
