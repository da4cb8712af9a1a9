"""Errors of lifted poses, by the protocol of the tables.

The errors of a take are means over its frames, in millimetres; an action's
are means over its takes and cameras, weighted by frames; the headline is the
plain mean over the actions.  The root is predicted, its target is 0, and it
counts.

A sample of these trials is a take: `evaluate(..., batch_size=1)`.
"""
from dataclasses import dataclass
from typing import Mapping, Sequence

import numpy as np

from deephar.data.keypoints.takes import Take, root_relative
from deephar.evaluation.loop import Predict, Rows, Trial
from deephar.evaluation.paper_tables import PAPER_TABLES
from deephar.evaluation.report import Score
from deephar.measures import mpjpe, mpjve, n_mpjpe, p_mpjpe
from deephar.networks.lifting import PIECE, Lifter

METRICS = {"mpjpe": "P1", "p_mpjpe": "P2", "n_mpjpe": "P3", "mpjve": "MPJVE"}
_MEASURES = {"mpjpe": mpjpe, "p_mpjpe": p_mpjpe, "n_mpjpe": n_mpjpe, "mpjve": mpjve}


def lifting_trial(takes: Sequence[Take], metrics: Sequence[str] = tuple(METRICS),
                  name: str = "takes") -> Trial:
    """Whole takes; rows have `frames` and the errors in mm."""
    return Trial(
        name=name, samples=[str(take) for take in takes], views=lambda number: [None],
        read=lambda number, view: {"frame": takes[number].keypoints},
        reduce=lambda number, views, outputs: errors_of(
            takes[number], outputs[0][0], metrics))


def lifted_by(lifter: Lifter) -> Predict:
    """A lifter as `evaluate` wants networks."""
    return lambda batch: [np.stack([np.concatenate(list(lifter(keypoints)))
                                    for keypoints in batch])]


def errors_of(take: Take, predicted: np.ndarray,
              metrics: Sequence[str] = tuple(METRICS)) -> dict[str, float]:
    """The row of one take; MPJVE is NaN for a single frame."""
    if len(predicted) != len(take.poses):
        raise ValueError(f"{take}: {len(take.poses)} poses, {len(predicted)} were predicted")
    true = root_relative(take.poses)
    return {"frames": len(true), **{name: 1000 * _mean_over_pieces(
        _MEASURES[name], true, predicted, name == "mpjve") for name in metrics}}


def _mean_over_pieces(measure, true, predicted, overlap) -> float:
    """A mean over frames (or steps, with an overlap of 1), without copies of the whole."""
    pieces = [slice(first, first + PIECE + overlap)
              for first in range(0, len(true) - overlap, PIECE)]
    if not pieces:
        return float("nan")
    return np.average([measure(true[piece], predicted[piece]) for piece in pieces],
                      weights=[len(true[piece]) - overlap for piece in pieces])


@dataclass(frozen=True)
class TakeErrors:
    """One view's errors; those that were not asked for, or of no frames, are NaN."""
    take: Take
    frames: int
    errors: Mapping[str, float]


def take_errors(rows: Rows, takes: Sequence[Take]) -> list[TakeErrors]:
    """The rows of a trial of these takes, one by one."""
    return [TakeErrors(takes[number], int(rows.columns["frames"][i]), {
                name: float(values[i]) for name, values in rows.columns.items()
                if name != "frames"})
            for i, number in enumerate(rows.index)]


def weighted_errors(rows: Sequence[TakeErrors]) -> dict[str, float]:
    """Means over takes, weighted by frames; of MPJVE too."""
    weights = np.array([row.frames for row in rows], float)
    result = {}
    for name in rows[0].errors if rows else ():
        values = np.array([row.errors[name] for row in rows])
        known = np.isfinite(values)
        result[name] = (float(np.average(values[known], weights=weights[known]))
                        if known.any() else float("nan"))
    return result


def by_action(rows: Sequence[TakeErrors]) -> dict[str, dict[str, float]]:
    """{action: errors}, in the order of the takes."""
    return _grouped(rows, lambda take: take.action)


def by_subject(rows: Sequence[TakeErrors]) -> dict[str, dict[str, float]]:
    """{subject: errors}."""
    return _grouped(rows, lambda take: take.subject)


def action_average(rows: Sequence[TakeErrors]) -> dict[str, float]:
    """The headline: plain means over the actions."""
    table = list(by_action(rows).values())
    return {name: float(np.mean([row[name] for row in table]))
            for name in (table[0] if table else ())}


def _grouped(rows, key):
    groups = {}
    for row in rows:
        groups.setdefault(key(row.take), []).append(row)
    return {name: weighted_errors(members) for name, members in groups.items()}


def score_of(rows: Sequence[TakeErrors], protocol: Mapping, *, metric: str = "mpjpe",
             samples: int | None = None, missing: Mapping[str, str] = {},
             paper: Sequence[str] = (), notes: Sequence[str] = ()) -> Score:
    """The headline and all else of an evaluation, for its report.

    Args:
        metric: of `METRICS`, whose mean is the headline.
        samples: frames of all takes; None: of these.
        missing: takes without errors, and why.
    """
    average, frames = action_average(rows), sum(row.frames for row in rows)
    return Score(
        name=f"{METRICS[metric]}, mean over actions",
        unit="mm per frame" if metric == "mpjve" else "mm", value=average.get(metric),
        higher_is_better=False,
        parts={action: errors[metric] for action, errors in by_action(rows).items()},
        extras={METRICS[name]: value for name, value in average.items() if name != metric}
        | {f"{METRICS[metric]} of {subject}": errors[metric]
           for subject, errors in by_subject(rows).items()},
        protocol=protocol, samples=frames if samples is None else samples, evaluated=frames,
        missing=missing, paper=paper, notes=notes)


def scores_of(rows: Sequence[TakeErrors], protocol: Mapping, *, paper: Sequence[str] = (),
              **options) -> list[Score]:
    """P1, and whatever else the published rows are of, each beside its own rows."""
    wanted = {name: [key for key in paper if PAPER_TABLES[key].metric == label]
              for name, label in METRICS.items()}
    return [score_of(rows, protocol, metric=name, paper=keys, **options)
            for name, keys in wanted.items() if keys or name == "mpjpe"]
