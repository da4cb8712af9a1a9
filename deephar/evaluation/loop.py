"""The loop of every evaluation: read ahead, predict, keep the results.

A `Trial` cuts a data set into samples and a sample into views (crops, flips,
clips): what the network sees.  `evaluate` streams the views through the
network and keeps a few small arrays per sample, its row; scores are made of
rows only, so that a resumed run scores as an uninterrupted one.

A sample that cannot be read or predicted is never scored: it goes to
`missing`, with the reason.
"""
import itertools
import json
import logging
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Generator, Iterator, Mapping, Sequence

import numpy as np

from deephar.utils.checksums import read_arrays, write_arrays
from deephar.utils.reading import reading
from deephar.utils.timing import duration

log = logging.getLogger(__name__)

LOG_EVERY_S, SAVE_EVERY_S = 10, 60
Predict = Callable[[np.ndarray], list[np.ndarray]]


@dataclass(frozen=True)
class Trial:
    """What to evaluate.

    Args:
        name: of the trial's files.
        samples: a name for each sample.
        views: sample number to its views.
        read: (sample number, view) to a dictionary with the network's input
            under "frame", and whatever `reduce` needs.
        reduce: (sample number, the views' dictionaries without their frames,
            outputs stacked over the views) to the sample's row.
    """
    name: str
    samples: Sequence[str]
    views: Callable[[int], Sequence[Any]]
    read: Callable[[int, Any], dict]
    reduce: Callable[[int, list[dict], list[np.ndarray]], dict[str, Any]]


@dataclass
class Rows:
    """What is kept of the samples, and how the time was spent.

    Args:
        total: number of samples of the trial.
        index: numbers of the evaluated samples, in order.
        columns: name to one array per evaluated sample.
        missing: name of a sample to the reason why it has no row.
        next_sample: where to go on.
        seconds: in the network (after its first batch), waiting for data,
            in the first batch, over all.
    """
    total: int
    index: list[int] = field(default_factory=list)
    columns: dict[str, list] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    next_sample: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict(
        network=0.0, waiting=0.0, first_batch=0.0, total=0.0))

    @property
    def complete(self) -> bool:
        return self.next_sample >= self.total

    def __getitem__(self, name: str) -> np.ndarray:
        return np.array(self.columns[name])

    def __len__(self) -> int:
        return len(self.index)

    def forget_after_next(self) -> None:
        """Drop what an interruption left of the samples from `next_sample` on."""
        keep = sum(i < self.next_sample for i in self.index)
        del self.index[keep:]
        for values in self.columns.values():
            del values[keep:]

    def save(self, path: Path, settings: Mapping) -> None:
        """Write everything, with the settings that made it."""
        facts = {"missing": self.missing, "next_sample": self.next_sample,
                 "settings": dict(settings)}
        write_arrays(path, {
            "index": self.index, "facts": json.dumps(facts),
            **{f"row_{k}": np.array(v) for k, v in self.columns.items()}})

    @classmethod
    def load(cls, path: Path, total: int, settings: Mapping) -> "Rows":
        """Read what `save` wrote.

        Raises:
            ValueError: it was made with other settings; names them.
        """
        arrays = read_arrays(path)
        with reading(path):
            facts = json.loads(str(arrays["facts"]))
            made, missing = dict(facts["settings"]), dict(facts["missing"])
            index, following = arrays["index"].tolist(), int(facts["next_sample"])
            columns = {name.removeprefix("row_"): list(array)
                       for name, array in arrays.items() if name.startswith("row_")}
            if any(len(column) != len(index) for column in columns.values()):
                raise ValueError("its columns have different lengths")
        settings = json.loads(json.dumps(dict(settings)))
        other = [f"{key} {made.get(key)!r}, now {settings.get(key)!r}"
                 for key in sorted({*made, *settings})
                 if made.get(key) != settings.get(key)]
        if other:
            raise ValueError(f"cannot resume: {path} was made with other settings: "
                             + "; ".join(other))
        return cls(total, index, columns, missing, following)


def evaluate(trial: Trial, predict: Predict, *, batch_size: int = 8, workers: int = 2,
             rows: Rows | None = None, save: Callable[[Rows], None] | None = None
             ) -> Rows:
    """Run the views of all samples through the network.

    On Ctrl-C too the rows so far are saved.

    Args:
        trial: what to evaluate.
        predict: network inputs `(B, ...)` to a list of outputs `(B, ...)`.
        batch_size: views per batch, and samples between two places to resume.
        workers: threads that read samples.
        rows: of an earlier, interrupted run.
        save: called with the rows every minute and at the end.
    """
    rows = Rows(len(trial.samples)) if rows is None else rows
    begin = said = saved = time.perf_counter()
    first = rows.next_sample
    views = _read_ahead(trial, rows, 2 * batch_size, workers)
    try:
        for number, group in itertools.groupby(views, lambda v: v[0] // batch_size):
            _evaluate_group(trial, group, predict, batch_size, rows)
            rows.next_sample = min((number + 1) * batch_size, rows.total)
            now = time.perf_counter()
            rows.seconds["total"] = now - begin
            if save and now - saved > SAVE_EVERY_S:
                save(rows)
                saved = now
            if now - said > LOG_EVERY_S:
                left = (now - begin) / (rows.next_sample - first) * (
                    rows.total - rows.next_sample)
                log.info("%s: %s, %s left", trial.name, describe(rows), duration(left))
                said = now
    finally:
        views.close()
        rows.forget_after_next()
        if save:
            save(rows)
    log.info("%s: %s", trial.name, describe(rows))
    return rows


def describe(rows: Rows) -> str:
    """One line: how far, how fast, how much of the time went where."""
    shares = time_shares(rows)
    return (f"{rows.next_sample} of {rows.total} samples, {len(rows.missing)} missing, "
            f"{rows.seconds['total']:.0f} s, network {shares['network']:.0%}, "
            f"waiting for data {shares['waiting_for_data']:.0%}")


def time_shares(rows: Rows) -> dict[str, float]:
    """Shares of the time without the first batch, in which the network is traced."""
    total = max(rows.seconds["total"] - rows.seconds["first_batch"], 1e-9)
    return {"network": rows.seconds["network"] / total,
            "waiting_for_data": rows.seconds["waiting"] / total}


def spread(total: int, limit: int | None) -> list[int]:
    """`limit` numbers below `total`, evenly spread; all of them without a limit."""
    if not limit or limit >= total:
        return list(range(total))
    return [int(i) for i in np.linspace(0, total - 1, limit).round()]


def _read_ahead(trial: Trial, rows: Rows, ahead: int, workers: int
                ) -> Generator[tuple[int, dict | Exception], None, None]:
    """Yield (sample, dictionary or error) of each view, in order.

    Pillow and NumPy release the interpreter while they work, so threads will
    do.  `ahead` views at most wait in memory.
    """
    waiting: deque[tuple[int, Future]] = deque()

    def first():
        sample, future = waiting.popleft()
        start = time.perf_counter()
        error = future.exception()
        rows.seconds["waiting"] += time.perf_counter() - start
        return sample, error or future.result()

    pool = ThreadPoolExecutor(workers)
    try:
        for sample in range(rows.next_sample, rows.total):
            for view in _views_of(trial, sample):
                waiting.append((sample, pool.submit(_read, trial, sample, view)))
                if len(waiting) > ahead:
                    yield first()
        while waiting:
            yield first()
    finally:
        pool.shutdown(cancel_futures=True)


def _views_of(trial: Trial, sample: int) -> Sequence[Any]:
    """The sample's views; if they cannot be told, the error in place of a view."""
    try:
        views = trial.views(sample)
        return views if len(views) else [ValueError("the sample has no views")]
    except Exception as error:      # whatever is wrong with it: it has no score
        return [error]


def _read(trial: Trial, sample: int, view: Any) -> dict:
    if isinstance(view, Exception):
        raise view
    return dict(trial.read(sample, view))


def _evaluate_group(trial: Trial, group: Iterator, predict: Predict, batch_size: int,
                    rows: Rows) -> None:
    """Evaluate neighbouring samples, whose views fill batches together."""
    seen: dict[int, tuple[list, list]] = {}         # dictionaries and outputs
    broken: dict[int, Exception] = {}
    while batch := list(itertools.islice(group, batch_size)):
        frames, owners = [], []
        for sample, data in batch:
            dictionaries, _ = seen.setdefault(sample, ([], []))
            if isinstance(data, Exception):
                broken.setdefault(sample, data)
                continue
            frames.append(data.pop("frame"))
            owners.append(sample)
            dictionaries.append(data)
        if frames:
            outputs = _timed(predict, np.stack(frames), rows)
            for i, sample in enumerate(owners):
                seen[sample][1].append([output[i] for output in outputs])
    for sample, (dictionaries, outputs) in seen.items():
        error = broken.get(sample) or _keep(trial, sample, dictionaries, outputs, rows)
        if error:
            reason = f"{type(error).__name__}: {error}"
            rows.missing[trial.samples[sample]] = reason
            log.warning("%s: sample %s is not scored: %s",
                        trial.name, trial.samples[sample], reason)


def _timed(predict: Predict, frames: np.ndarray, rows: Rows) -> list[np.ndarray]:
    start = time.perf_counter()
    outputs = predict(frames)
    key = "network" if rows.seconds["first_batch"] else "first_batch"
    rows.seconds[key] += time.perf_counter() - start
    return outputs


def _keep(trial: Trial, sample: int, dictionaries: list[dict],
          outputs: list[list[np.ndarray]], rows: Rows) -> Exception | None:
    """Add the sample's row; or return why it has none."""
    stacked = [np.stack(views) for views in zip(*outputs)]
    if not all(np.isfinite(output).all() for output in stacked):
        return ValueError("the network's output is not finite")
    try:
        row = trial.reduce(sample, dictionaries, stacked)
    except ValueError as error:         # an annotation that cannot be scored
        return error
    for name, value in row.items():
        rows.columns.setdefault(name, []).append(np.asarray(value))
    rows.index.append(sample)
    return None
