"""Figures of lifting runs: errors per action and over time, and the poses themselves."""
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from deephar.data.keypoints.takes import H36M17_PARENTS, H36M17_SYMMETRY
from deephar.evaluation.plots import figure
from deephar.utils.files import write_picture

Curve = tuple[Sequence[float], Sequence[float]]


def plot_actions(path: Path | str, errors: Mapping[str, Mapping[str, float]],
                 ylabel: str = "P1 (mm)") -> None:
    """Bars of every run side by side, one group per action, and their means.

    Args:
        errors: {run: {action: error}}; actions in the order of the first run.
    """
    actions = list(dict.fromkeys(a for row in errors.values() for a in row))
    width = 0.8 / len(errors)

    def draw(axes):
        for i, (label, row) in enumerate(errors.items()):
            values = [row.get(a, np.nan) for a in actions] + [np.mean(list(row.values()))]
            places = np.arange(len(values)) + (i - (len(errors) - 1) / 2) * width
            axes.bar(places, values, width, label=label)
        axes.axvline(len(actions) - 0.5, color="0.7", linewidth=1)
        axes.set_xticks(range(len(actions) + 1), actions + ["mean"], rotation=45, ha="right")
        axes.set(ylabel=ylabel)
        axes.legend(loc="upper left", ncols=2, fontsize=8)
        axes.margins(y=0.2)

    figure(Path(path), draw, size=(max(6.0, 0.6 * len(actions) + 2), 4.0))


def plot_progress(path: Path | str, curves: Mapping[str, Curve], xlabel: str,
                  ylabel: str = "P1 on the test subjects (mm)") -> None:
    """One line per run: an error against epochs or against seconds.

    Args:
        curves: {run: (x, y)}.
    """
    def draw(axes):
        for label, (x, y) in curves.items():
            axes.plot(x, y, label=label, marker="." if len(x) < 50 else None)
        axes.set(xlabel=xlabel, ylabel=ylabel)
        axes.set_xlim(left=0)
        axes.grid(alpha=0.3)
        axes.legend()

    figure(Path(path), draw)


def plot_poses(path: Path | str, rows: Sequence[tuple[str, np.ndarray, Mapping]]) -> None:
    """Key points and what was made of them, a row for each frame.

    Args:
        rows: of a title, key points (J, 2), y down, and {label: pose (17, 3)},
            camera space, whatever their unit.
    """
    from matplotlib.figure import Figure
    columns = 1 + max(len(poses) for _, _, poses in rows)
    sheet = Figure(figsize=(2.6 * columns, 2.7 * len(rows)), layout="constrained")
    for i, (title, points, poses) in enumerate(rows):
        flat = sheet.add_subplot(len(rows), columns, columns * i + 1)
        # Other files' 17 joints are in another order: no bones for these.
        _draw_bones(flat, points) if _is_h36m(points) else flat.scatter(*points.T, s=8)
        flat.set_aspect("equal")
        flat.invert_yaxis()
        flat.set_axis_off()
        flat.set_title(title, fontsize=8)
        reach = max(np.abs(pose - pose[0]).max() for pose in poses.values())
        for k, (label, pose) in enumerate(poses.items()):
            axes = sheet.add_subplot(len(rows), columns, columns * i + 2 + k,
                                     projection="3d")
            _draw_bones(axes, (pose - pose[0]) * [1, -1, 1], [0, 2, 1])
            axes.set(xlim=(-reach, reach), ylim=(-reach, reach), zlim=(-reach, reach),
                     xticklabels=[], yticklabels=[], zticklabels=[])
            axes.set_box_aspect((1, 1, 1), zoom=1.3)
            axes.view_init(12, -70)
            axes.set_title(label, fontsize=8)
    write_picture(path, sheet, dpi=100)


def _is_h36m(points) -> bool:
    """Whether the joints look like Human3.6M's: the root lies between the hips."""
    if len(points) != len(H36M17_PARENTS):
        return False
    hips = points[[1, 4]]
    return bool(np.linalg.norm(points[0] - hips.mean(0))
                <= 0.5 * np.linalg.norm(hips[0] - hips[1]) + 1e-6)


def _draw_bones(axes, points, order=(0, 1)) -> None:
    """Right bones red, left ones blue, others black."""
    for joint, parent in enumerate(H36M17_PARENTS):
        if parent >= 0:
            color = ("tab:red" if joint in H36M17_SYMMETRY.right else
                     "tab:blue" if joint in H36M17_SYMMETRY.left else "black")
            axes.plot(*points[[joint, parent]][:, list(order)].T, color=color, linewidth=2)


def history_of(rows: Sequence[Mapping[str, float]], score: str = "P1"
               ) -> dict[str, np.ndarray]:
    """The curve in the rows of an `epochs.csv`.

    Args:
        score: "P1", "MPJVE" or "P1 of ACTION", of the test subjects.

    Returns:
        epochs, seconds of training until then, and the values, (E,) each; of
        the epochs that were evaluated.
    """
    name = f"test/{score}"
    seconds = np.cumsum([row.get("seconds", 0.0) for row in rows])
    scored = [i for i, row in enumerate(rows) if np.isfinite(row.get(name, np.nan))]
    return {"epochs": np.array([rows[i]["epoch"] for i in scored]),
            "seconds": seconds[scored],
            "errors": np.array([rows[i][name] for i in scored])}
