"""Losses and scores of runs as a picture."""
import math
from pathlib import Path
from typing import Sequence

import numpy as np

from deephar.training.logs import read_rows
from deephar.utils.files import write_picture

NOT_CURVES = {"step", "epoch", "lr"}
POINTS = 400                    # of a curve; more steps are averaged


def plot_runs(folders: Sequence[Path], path: Path) -> Path:
    """Draw losses, scores and learning rate of one or more runs into a PNG.

    Args:
        folders: of runs; the same curve of different runs shares its axes.
        path: of the picture.

    Raises:
        FileNotFoundError: a folder holds no logs.
    """
    from matplotlib.figure import Figure
    steps = {Path(folder): _columns(Path(folder) / "steps.csv") for folder in folders}
    scores = {Path(folder): _columns(Path(folder) / "scores.csv", needed=False)
              for folder in folders}
    panels = [(name, runs) for runs in (steps, scores) for name in
              sorted({name for run in runs.values() for name in run} - NOT_CURVES)]
    panels.append(("lr", steps))
    columns = min(3, len(panels))
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(4.2 * columns, 3 * rows), layout="constrained")
    for i, (name, runs) in enumerate(panels):
        axes = figure.add_subplot(rows, columns, i + 1)
        for folder, run in runs.items():
            if name in run:
                x, y = run[name]
                axes.plot(*thinned(x, y), label=folder.name, linewidth=1,
                          marker="." if runs is scores else "")
        if runs is steps:
            axes.set_yscale("log")
        axes.set(title=name, xlabel="step")
        axes.grid(alpha=0.3)
        if i == 0 and len(folders) > 1:
            axes.legend(fontsize=8)
    write_picture(path, figure, dpi=120)
    return Path(path)


def _columns(path: Path, needed: bool = True) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """{column: (steps, values)} of a table."""
    rows = read_rows(path)
    if needed and not rows:
        raise FileNotFoundError(f"{path.parent} holds no {path.name} with rows: "
                                "it is not the folder of a run")
    names = {name for row in rows for name in row}
    if not all("step" in row for row in rows):
        raise ValueError(f"{path} has rows without a step")
    return {name: tuple(np.array(column) for column in zip(
        *[(row["step"], row[name]) for row in rows if name in row])) for name in names}


def thinned(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Means over neighbours, so that at most `POINTS` are left."""
    size = max(1, math.ceil(len(x) / POINTS))
    parts = range(0, len(x), size)
    return (np.array([x[i:i + size].mean() for i in parts]),
            np.array([y[i:i + size].mean() for i in parts]))
