"""A run to look at: `run.html` in its folder, written anew whenever its state is saved.

Losses, scores and speed so far, what the network says of the same few samples after
every epoch, the settings.  One page without outside parts.
"""
import time
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from deephar.evaluation.loop import spread
from deephar.training.curves import NOT_CURVES, thinned
from deephar.training.logs import read_rows
from deephar.training.samples import FOLDER
from deephar.utils.files import read_json
from deephar.utils.page import (
    Html, chart, details, facts, joined, picture, table, tag, write_page)
from deephar.utils.reading import reading

PAGE = "run.html"
SPEED = {"images_per_s": "images per second", "data_wait": "share of waiting for data"}
SHOWN_SAMPLES = 24              # pictures of each kind, spread over the epochs
SHOWN_STEPS = 2000              # rows of steps.csv, of which curves are drawn
SHOWN_EPOCHS = 12               # last lines of the table
LAST_WORDS = 4000               # characters of the log
LARGEST_TABLE = 64 << 20        # bytes of steps.csv; of longer runs epochs will do


def write_run_page(folder: Path | str, path: Path | str | None = None) -> None:
    """Write the page of a run from what its folder holds by now.

    Args:
        path: of the page; in the folder by default.
    """
    folder = Path(folder)
    path_of_config = folder / "config.json"
    made = read_json(path_of_config)
    with reading(path_of_config):
        made = dict(made)
        config = dict(made.get("config", {}))
    epochs = read_rows(folder / "epochs.csv")
    steps = folder / "steps.csv"
    is_short = steps.exists() and steps.stat().st_size < LARGEST_TABLE
    rows = read_rows(steps, SHOWN_STEPS) if is_short else epochs
    name = folder.resolve().name
    write_page(
        path or folder / PAGE, f"Run: {name}",
        tag("section", tag("h1", name), tag("p", _standing(config, epochs, rows)), facts({
            "command": " ".join(map(str, made.get("command", []))),
            "started": made.get("started", ""),
            "page of": time.strftime("%Y-%m-%d %H:%M:%S") + "; load it again for more"})),
        _curves(rows, epochs, read_rows(folder / "scores.csv")),
        _samples(folder / FOLDER), _epochs(epochs),
        tag("section", tag("h2", "Settings"), facts(config),
            details("Versions", facts(made.get("versions", {}))),
            details("The end of the log", tag("pre", _end_of(folder / "log.txt")))))


def _standing(config: Mapping, epochs: Sequence[Mapping], rows: Sequence[Mapping]) -> str:
    """How far the run is."""
    wanted = config.get("epochs")
    text = f"{len(epochs)} epochs are over" + (f" of {wanted}" if wanted else "")
    if rows:
        text += f"; step {rows[-1].get('step', 0):.0f}"
    speed = [row["images_per_s"] for row in epochs if "images_per_s" in row]
    if speed:
        text += f"; {speed[-1]:.0f} images per second in the last one"
    return text


def _curves(rows: Sequence[Mapping], epochs: Sequence[Mapping], scores: Sequence[Mapping]
            ) -> Html:
    losses = _columns(rows) - NOT_CURVES - set(SPEED) - _columns(scores)
    charts = [chart("losses", {name: _curve(rows, name) for name in sorted(losses)},
                    log=True)]
    charts += [chart(name, {name: _curve(scores, name)})
               for name in sorted(_columns(scores) - NOT_CURVES)]
    charts.append(chart("learning rate", {"lr": _curve(rows, "lr")}))
    charts += [chart(title, {name: _curve(epochs, name)}) for name, title in SPEED.items()]
    return tag("section", tag("h2", "So far, by step"), tag("div", *charts, class_="row"))


def _columns(rows: Sequence[Mapping]) -> set[str]:
    return {name for row in rows for name in row}


def _curve(rows: Sequence[Mapping], name: str) -> tuple[np.ndarray, np.ndarray]:
    known = [(row["step"], row[name]) for row in rows if name in row and "step" in row]
    return thinned(*np.array(known, float).reshape(-1, 2).T)


def _samples(folder: Path) -> Html:
    """What the network said of the same samples, epoch after epoch."""
    kinds: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("*.jpg")):
        kinds.setdefault(path.stem.partition("-")[2], []).append(path)
    sections = []
    for kind, paths in kinds.items():
        chosen = [paths[i] for i in spread(len(paths), SHOWN_SAMPLES)]
        pictures = [picture(path, f"after epoch {path.stem.partition('-')[0].lstrip('0')}")
                    for path in reversed(chosen)]
        sections.append(tag(
            "section", tag("h2", f"Samples of {kind}; true poses left, predicted ones right"),
            *(shown for shown in pictures if shown is not None)))
    return joined(*sections)


def _epochs(rows: Sequence[Mapping]) -> Html:
    """The last epochs in numbers."""
    if not rows:
        return tag("section", "No epoch is over yet.")
    names = [name for name in rows[-1] if name != "step"]
    cells = [names] + [[f"{row[name]:.4g}" if name in row else "" for name in names]
                       for row in rows[-SHOWN_EPOCHS:]]
    return tag("section", tag("h2", "Epochs"), details(
        f"The last {len(cells) - 1} of {len(rows)}", table(cells)))


def _end_of(path: Path) -> str:
    """The last words of a log."""
    if not path.exists():
        return ""
    return path.read_bytes()[-LAST_WORDS:].decode("utf-8", "replace")
