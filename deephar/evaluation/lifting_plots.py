"""Figures of lifting runs: errors per action side by side, errors against time."""
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from deephar.evaluation.plots import figure

SCORE = "P1/test"           # as the training logs it
Curve = tuple[Sequence[float], Sequence[float]]


def plot_actions(path: Path | str, errors: Mapping[str, Mapping[str, float]]) -> None:
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
        axes.set(ylabel="P1 (mm)")
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


def history_of(rows: Sequence[Mapping[str, float]]) -> dict[str, np.ndarray]:
    """The curve in the rows of an `epochs.csv`.

    Returns:
        epochs, seconds of training until then, and the values, (E,) each; of
        the epochs that were evaluated.
    """
    seconds = np.cumsum([row.get("seconds", 0.0) for row in rows])
    scored = [i for i, row in enumerate(rows) if SCORE in row]
    return {"epochs": np.array([rows[i]["epoch"] for i in scored]),
            "seconds": seconds[scored],
            "errors": np.array([rows[i][SCORE] for i in scored])}
