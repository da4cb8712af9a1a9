"""What a run writes down: CSV tables, TensorBoard events, the progress line.

Nothing here knows the trainer; any loop can use it.
"""
import csv
import io
import math
import time
from pathlib import Path
from typing import Mapping, Sequence

import tensorflow as tf

from deephar.utils.files import atomic_path
from deephar.utils.reading import check_file, read_text, reading
from deephar.utils.timing import duration

Row = Mapping[str, float]


# === Tables ===

def append_row(path: Path, row: Row) -> None:
    """Add a row to a CSV file; columns that it does not have yet are added."""
    columns = _columns(path)
    if set(row) - set(columns):
        rows = read_rows(path)
        columns += [name for name in row if name not in columns]
        _write_rows(path, columns, rows)
    with open(path, "a", newline="") as file:
        csv.DictWriter(file, columns).writerow(
            {name: f"{value:.9g}" for name, value in row.items()})


def read_rows(path: Path, most: int | None = None) -> list[dict[str, float]]:
    """The rows of a CSV file of numbers, without its empty cells.

    Args:
        most: of more rows, evenly spaced ones; the last is among them.
    """
    if not path.exists():
        return []
    text = _some_lines(path, most) if most else read_text(path)
    with reading(path):
        rows = [{name: float(text) for name, text in row.items() if text}
                for row in csv.DictReader(io.StringIO(text))]
        if any(math.isinf(value) for row in rows for value in row.values()):
            raise ValueError("a number is infinite")
        return rows


def _some_lines(path: Path, most: int) -> str:
    """The head of a table and so many of its lines; never all of a long one in memory."""
    check_file(path)
    with reading(path), open(path, encoding="utf-8", newline="") as file:
        count = sum(1 for _ in file) - 1
        apart = max(1, math.ceil(count / most))
        file.seek(0)
        return "".join(line for i, line in enumerate(file)
                       if i == 0 or (count - i) % apart == 0)


def drop_rows(path: Path, column: str, last: float) -> None:
    """Keep the rows of a CSV file in which `column` is at most `last`.

    Half a row, of a process that was killed in writing it, goes too.
    """
    rows = read_rows(path)
    kept = [row for row in rows if row.get(column, math.inf) <= last]
    if len(kept) < len(rows):
        _write_rows(path, _columns(path), kept)


def _columns(path: Path) -> list[str]:
    if not path.exists():
        return []
    with open(path, newline="") as file:
        return next(csv.reader(file), [])


def _write_rows(path: Path, columns: Sequence[str], rows: Sequence[Row]) -> None:
    with atomic_path(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({name: f"{value:.9g}" for name, value in row.items()}
                         for row in rows)


# === TensorBoard ===

class Events:
    """Numbers for TensorBoard, which itself need not be installed here."""

    def __init__(self, folder: Path):
        self._writer = tf.summary.create_file_writer(str(folder))
        plugin = tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars")
        self._metadata = tf.compat.v1.SummaryMetadata(plugin_data=plugin)

    def write(self, step: int, values: Row) -> None:
        with self._writer.as_default():
            for name, value in values.items():
                tf.summary.write(name, tf.constant(value, tf.float32), step,
                                 self._metadata)
        self._writer.flush()


# === The progress line ===

class Meter:
    """Speed, share of the time that was spent waiting for data, time left.

    Args:
        images_per_step: pictures in one step of all tasks.
        steps_left: steps until the end of the training.
    """

    def __init__(self, images_per_step: int, steps_left: int):
        self._images_per_step = images_per_step
        self._steps_left = steps_left
        self._warm = False
        self.restart()

    def restart(self) -> None:
        """Begin an epoch: what came between two epochs does not count."""
        self._start = self._last_line = time.perf_counter()
        self._steps, self._waited = 0, 0.0

    def add(self, steps: int, waited: float) -> None:
        """`steps` steps are over, of which `waited` seconds without data."""
        self._steps_left -= steps
        if not self._warm:      # the first call traced and compiled the steps
            self._warm = True
            self.restart()
            return
        self._steps += steps
        self._waited += waited

    def figures(self) -> dict[str, float]:
        """Of the present epoch; empty before its second execution."""
        seconds = time.perf_counter() - self._start
        if not self._steps:
            return {}
        figures = {"images_per_s": self._steps * self._images_per_step / seconds}
        if not math.isnan(self._waited):        # it is not always measured
            figures["data_wait"] = min(self._waited / seconds, 1.0)
        return figures

    def is_due(self, seconds: float) -> bool:
        """Whether the last line is that old; if so, the clock starts anew."""
        now = time.perf_counter()
        due = now - self._last_line >= seconds
        if due:
            self._last_line = now
        return due

    def line(self) -> str:
        """`31.2 images/s  data wait 2%  1:05 min left`."""
        figures = self.figures()
        if not figures:
            return ""
        left = self._steps_left * self._images_per_step / figures["images_per_s"]
        parts = [f"{figures['images_per_s']:.1f} images/s"]
        if "data_wait" in figures:
            parts.append(f"data wait {figures['data_wait']:.0%}")
        return "  ".join(parts + [f"{duration(left)} left"])


def pairs(values: Row) -> str:
    """`pose 0.1312  action 1.204`."""
    return "  ".join(f"{name} {value:.4g}" for name, value in values.items())
