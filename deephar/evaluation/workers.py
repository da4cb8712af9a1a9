"""Several processes evaluate one trial: each a part of its samples, all get all rows."""
import contextlib
import dataclasses
import pickle
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Callable, ContextManager, Iterator, Sequence

from deephar.evaluation.loop import Predict, Rows, Trial, evaluate


@dataclass(frozen=True)
class Workers:
    """This process among those that evaluate together.

    Args:
        index, count: it is number `index`, from 0, of `count`.
        gather: everybody's bytes, in order, from one's own; all must ask.
        scope: where a network is made that uses all devices of this process.
    """
    index: int = 0
    count: int = 1
    gather: Callable[[bytes], list[bytes]] = lambda own: [own]
    scope: Callable[[], ContextManager] = contextlib.nullcontext

    @property
    def is_first(self) -> bool:
        return self.index == 0


class Stopped(KeyboardInterrupt):
    """One of the workers was interrupted; `rows` are those that all have."""

    def __init__(self, rows: Rows):
        super().__init__()
        self.rows = rows


ALONE = Workers()
_present: ContextVar[Workers] = ContextVar("workers", default=ALONE)


@contextlib.contextmanager
def together(workers: Workers) -> Iterator[None]:
    """Within the block `evaluate_together` shares trials among `workers`."""
    token = _present.set(workers)
    try:
        yield
    finally:
        _present.reset(token)


def evaluate_together(trial: Trial, predict: Predict, *, batch_size: int,
                      among: Workers | None = None, **options) -> Rows:
    """The rows of a whole trial, on every worker.

    Args:
        among: all workers; those of `together` if None.
        options: as of `evaluate`; `rows` and `save` are of the own part.

    Raises:
        Stopped: on all workers, if one of them was interrupted.
    """
    workers = _present.get() if among is None else among
    if workers.count == 1:
        return evaluate(trial, predict, batch_size=batch_size, **options)
    start, stop = part_of(len(trial.samples), workers, batch_size)
    rows = options.pop("rows", None) or Rows(stop - start)
    stopped = False
    try:
        evaluate(_part(trial, start, stop), predict, batch_size=batch_size, rows=rows,
                 **options)
    except KeyboardInterrupt:
        stopped = True          # the others wait for what there is
    parts = [pickle.loads(own) for own in workers.gather(pickle.dumps((rows, stopped)))]
    whole = merged([part for part, _ in parts])
    if any(was_stopped for _, was_stopped in parts):
        raise Stopped(whole)
    return whole


def part_of(total: int, workers: Workers, batch_size: int) -> tuple[int, int]:
    """(first sample, the one after the last) of a worker: whole batches."""
    batches = -(-total // batch_size)
    return tuple(min(total, batch_size * (i * batches // workers.count))
                 for i in (workers.index, workers.index + 1))


def merged(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, in order; the time is that of the slowest."""
    rows = Rows(0)
    for part in parts:
        rows.index += [rows.total + i for i in part.index]
        for name, values in part.columns.items():
            rows.columns.setdefault(name, []).extend(values)
        rows.missing |= part.missing
        rows.total += part.total
    rows.next_sample = sum(part.next_sample for part in parts)
    rows.seconds = max((part.seconds for part in parts), key=lambda s: s["total"])
    return rows


def _part(trial: Trial, start: int, stop: int) -> Trial:
    return dataclasses.replace(
        trial, samples=trial.samples[start:stop],
        views=lambda sample: trial.views(start + sample),
        read=lambda sample, view: trial.read(start + sample, view),
        reduce=lambda sample, data, outputs: trial.reduce(start + sample, data, outputs))
