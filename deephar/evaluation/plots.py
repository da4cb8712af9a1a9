"""Plots of an evaluation, as PNG files: curves, matrices, samples.

Files are drawn with matplotlib's own canvas: no window, no global state.
"""
from pathlib import Path
from typing import Any, Callable, Sequence

import numpy as np
from PIL import Image

from deephar.evaluation.loop import Rows, Trial
from deephar.evaluation.report import Score
from deephar.measures import valid_joints
from deephar.utils.files import write_picture
from deephar.utils.plot import contact_sheet, draw_pose
from deephar.utils.pose import INVALID, PoseLayout
from deephar.utils.transform import transform_pose_sequence

NUM_EXTREMES = 8
CELL = 320              # pixels of a sample in a sheet


def plot_curve(path: Path, x: np.ndarray, curves: dict[str, np.ndarray], *,
               xlabel: str, ylabel: str) -> None:
    """Shares of correct joints, in per cent, by threshold.

    Args:
        x: `(P,)`.
        curves: label to `(P,)`.
    """
    def draw(axes):
        for label, curve in curves.items():
            axes.plot(x, curve, label=label)
        axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, 100), xlim=(x[0], x[-1]))
        axes.legend(loc="upper left")

    figure(path, draw)


def plot_blocks(path: Path, score: Score) -> None:
    """The score of each prediction block."""
    names = list(score.block_names) or [str(i + 1) for i in range(len(score.blocks))]

    def draw(axes):
        axes.plot(range(len(names)), score.blocks, marker="o")
        axes.set_xticks(range(len(names)), names)
        axes.set(xlabel="block", ylabel=f"{score.name} ({score.unit})")

    figure(path, draw)


def plot_confusion(path: Path, matrix: np.ndarray, labels: Sequence[str]) -> None:
    """Shares of each true class's samples by predicted class.

    Args:
        matrix: `(A, A)` counts, true by predicted.
        labels: class names.
    """
    shares = matrix / np.maximum(matrix.sum(1, keepdims=True), 1)
    side = max(5.0, 0.2 * len(matrix))

    def draw(axes):
        image = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
        ticks = range(len(matrix))
        axes.set_xticks(ticks, labels, rotation=90, fontsize=7)
        axes.set_yticks(ticks, labels, fontsize=7)
        axes.set(xlabel="predicted", ylabel="true")
        axes.figure.colorbar(image, shrink=0.7)

    figure(path, draw, size=(side + 2, side + 1))


def draw_extremes(prefix: Path, trial: Trial, rows: Rows, errors: np.ndarray,
                  draw: Callable[[int, dict], Image.Image],
                  describe: Callable[[int], str]) -> None:
    """PREFIX-best.png and PREFIX-worst.png: samples of least and largest error.

    Args:
        prefix: folder and first part of the names.
        trial: reads the samples again, as their first view.
        rows: the evaluated samples.
        errors: `(N,)`, one per row; NaN is neither best nor worst.
        draw: (row, dictionary of the data set) to a picture.
        describe: row to a few words.
    """
    known = np.flatnonzero(np.isfinite(errors))
    order = known[np.argsort(errors[known], kind="stable")]
    for name, chosen in (("best", order), ("worst", order[::-1])):
        chosen = chosen[:NUM_EXTREMES].tolist()
        if not chosen:
            continue
        samples = [rows.index[row] for row in chosen]
        pictures = [_enlarged(draw(row, trial.read(sample, trial.views(sample)[0])))
                    for row, sample in zip(chosen, samples)]
        captions = [f"{trial.samples[sample]}: {describe(row)}"
                    for row, sample in zip(chosen, samples)]
        sheet = contact_sheet(pictures, min(4, len(pictures)), captions, cell=CELL)
        write_picture(prefix.with_name(f"{prefix.name}-{name}.png"), sheet)


def draw_pose_extremes(prefix: Path, trial: Trial, rows: Rows, errors: np.ndarray,
                       unit: str, layout: PoseLayout) -> None:
    """`draw_extremes` of poses: the true one to the left, ours to the right.

    Args:
        rows: with true_px `(J, 2)` and pose_px `(K, J, 2)`, in the picture.
        layout: of both.
    """
    true, predicted = rows["true_px"], rows["pose_px"][:, -1]
    draw_extremes(
        prefix, trial, rows, errors,
        lambda row, data: side_by_side([
            draw_pose(data["frame"], _in_crop(pose[row], data), layout)
            for pose in (true, predicted)]),
        lambda row: f"{errors[row]:.2f} {unit}")


def side_by_side(pictures: Sequence[Image.Image]) -> Image.Image:
    """Pictures of one height in a row."""
    return Image.fromarray(np.concatenate([np.asarray(p) for p in pictures], axis=1))


def _enlarged(picture: Image.Image) -> Image.Image:
    """The picture, no smaller than a cell: its caption needs the room."""
    factor = max(1.0, CELL / max(picture.size))
    return picture.resize([round(factor * side) for side in picture.size])


def _in_crop(pose_px: np.ndarray, data: dict) -> np.ndarray:
    """A pose in the picture in pixels of the crop; missing joints stay missing."""
    height, width = data["frame"].shape[:2]
    mapped = transform_pose_sequence(data["afmat"], pose_px, inverse=False)
    return np.where(valid_joints(pose_px)[:, None], mapped * [width, height], INVALID)


def figure(path: Path, draw: Callable[[Any], None], size=(6.0, 4.0)) -> None:
    """A figure of one pair of axes, filled by `draw`, as a PNG."""
    from matplotlib.figure import Figure
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    draw(axes)
    write_picture(path, figure, dpi=120)
