"""Errors of lifted poses, by the protocol of the tables.

The errors of a take are means over its frames, in millimetres; an action's
are means over its takes and cameras, weighted by frames; the headline is the
plain mean over the actions.  The root is predicted, its target is 0, and it
counts.

Takes are predicted and scored in pieces, so that memory does not grow with
their length.
"""
from dataclasses import dataclass
from typing import Iterable, Mapping, Sequence

import numpy as np

from deephar.data.keypoints.takes import Take, root_relative
from deephar.evaluation.report import Score
from deephar.measures import mpjpe, mpjve, n_mpjpe, p_mpjpe
from deephar.networks.lifting import Lifter

METRICS = {"mpjpe": "P1", "p_mpjpe": "P2", "n_mpjpe": "P3", "mpjve": "MPJVE"}
_OF_FRAMES = {"mpjpe": mpjpe, "p_mpjpe": p_mpjpe, "n_mpjpe": n_mpjpe}


@dataclass(frozen=True)
class TakeErrors:
    """One view's errors in mm; those that were not asked for, or of no frames, are NaN."""
    take: Take
    frames: int
    errors: Mapping[str, float]


def errors_of(take: Take, pieces: Iterable[np.ndarray],
              metrics: Sequence[str] = tuple(METRICS)) -> TakeErrors:
    """The errors of one take, whose poses come in pieces."""
    sums = dict.fromkeys(metrics, 0.0)
    done, last = 0, None
    for predicted in pieces:
        true = root_relative(take.poses[done:done + len(predicted)])
        for name in set(metrics) & set(_OF_FRAMES):
            sums[name] += _OF_FRAMES[name](true, predicted) * len(true)
        if "mpjve" in metrics:
            pair = (true, predicted) if last is None else (
                np.concatenate([a, b]) for a, b in zip(last, (true, predicted)))
            joined_true, joined_pred = pair
            steps = len(joined_true) - 1
            if steps:
                sums["mpjve"] += mpjve(joined_true, joined_pred) * steps
            last = true[-1:], predicted[-1:]
        done += len(predicted)
    if done != len(take.poses):
        raise ValueError(f"{take}: {len(take.poses)} poses, {done} were predicted")
    count = {name: done - (name == "mpjve") for name in metrics}
    return TakeErrors(take, done, {
        name: 1000 * sums[name] / count[name] if count[name] else float("nan")
        for name in metrics})


def take_errors(lifter: Lifter, takes: Iterable[Take],
                metrics: Sequence[str] = tuple(METRICS)) -> list[TakeErrors]:
    """The errors of every take."""
    return [errors_of(take, lifter(take.keypoints), metrics) for take in takes]


def weighted_errors(rows: Sequence[TakeErrors]) -> dict[str, float]:
    """Means over takes, weighted by frames; of MPJVE too."""
    weights = np.array([row.frames for row in rows], float)
    result = {}
    for name in rows[0].errors:
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
    return {name: float(np.mean([row[name] for row in table])) for name in table[0]}


def _grouped(rows, key):
    groups = {}
    for row in rows:
        groups.setdefault(key(row.take), []).append(row)
    return {name: weighted_errors(members) for name, members in groups.items()}


def score_of(rows: Sequence[TakeErrors], protocol: Mapping, *,
             paper: Sequence[str] = (), notes: Sequence[str] = ()) -> Score:
    """The headline and all else of an evaluation, for its report."""
    average, frames = action_average(rows), sum(row.frames for row in rows)
    return Score(
        name="P1, mean over actions", unit="mm", value=average["mpjpe"],
        higher_is_better=False,
        parts={action: errors["mpjpe"] for action, errors in by_action(rows).items()},
        extras={METRICS[name]: value for name, value in average.items() if name != "mpjpe"}
        | {f"P1 of {subject}": errors["mpjpe"]
           for subject, errors in by_subject(rows).items()},
        protocol=protocol, samples=frames, evaluated=frames, paper=paper, notes=notes)
