"""Tables III and IV of the action-wise paper, beside the trainings of ours."""
from typing import Mapping, Sequence

import numpy as np

from deephar.evaluation.actionwise import Training
from deephar.evaluation.lifting_plots import history_of
from deephar.evaluation.lifting_tables import TABLE_3, TABLE_3_COLUMNS, TABLE_4
from deephar.evaluation.report import number, table

Log = Sequence[Mapping[str, float]]         # the rows of an `epochs.csv`
SHOWN = "Eating"                            # of Table IV


def training_of(log: Log, score: str = "P1") -> Training:
    """Error at half time and at the end, and seconds, of a run."""
    half, final = (moment(log, score, share) for share in (0.5, 1))
    return Training(half[1], final[1], final[0])


def moment(log: Log, score: str, share: float) -> tuple[float, float]:
    """(seconds, error) of the evaluated epoch that is nearest to a share of the run."""
    curve = history_of(log, score)
    if not len(curve["epochs"]):
        raise ValueError(f"the training has no epoch with {score} of the test subjects: "
                         "train with --eval-every at most --epochs")
    at = np.abs(curve["epochs"] - share * curve["epochs"][-1]).argmin()
    return float(curve["seconds"][at]), float(curve["errors"][at])


def time_tables(reference: Log, jobs: Mapping[str, Log]) -> list[str]:
    """Both tables as text, published and ours; ours by the mean job, as published."""
    return ["\n".join(["Table III, 243 frames, and ours", *table_3(reference, jobs)]),
            "\n".join(["Table IV, P1 (mm) by epochs of as many unit epochs as actions, "
                       "243 frames, and ours", *table_4(reference, jobs)])]


def table_3(reference: Log, jobs: Mapping[str, Log]) -> list[str]:
    """Seconds and errors at half time and at the end."""
    cells = [["", *(f"{c}, {w}" for c in TABLE_3_COLUMNS for w in ("published", "ours"))]]
    for (when, whose), published in TABLE_3.items():
        logs = jobs.values() if whose.endswith("per action") else [reference]
        ours = [[moment(log, score, 0.5 if when == "half time" else 1) for log in logs]
                for score in ("P1", "MPJVE")]
        found = [np.mean([seconds for seconds, _ in ours[0]]),
                 *(np.mean([error for _, error in column]) for column in ours)]
        cells.append([f"{when}, {whose}", *(
            number(value) for pair in zip(published, found) for value in pair)])
    return table(cells)


def table_4(reference: Log, jobs: Mapping[str, Log]) -> list[str]:
    """Mean P1 and that of Eating, by epochs; empty where ours has no such epoch."""
    every = len(jobs)               # an epoch of each job is one unit epoch
    curves = [_by_epoch([reference], "P1"), _by_epoch(jobs.values(), "P1", every),
              _by_epoch([reference], f"P1 of {SHOWN}"),
              _by_epoch([jobs[SHOWN]] if SHOWN in jobs else [], "P1", every)]
    titles = ("reference", "per action", f"reference, {SHOWN}", f"per action, {SHOWN}")
    cells = [["epoch", *(f"{t}{w}" for t in titles for w in ("", ", ours"))]]
    for epoch, published in TABLE_4.items():
        cells.append([str(epoch), *(number(value) for p, curve in zip(published, curves)
                                    for value in (p, curve.get(epoch)))])
    return table(cells)


def _by_epoch(logs, score, every: int = 1) -> dict[int, float]:
    """{epoch: mean error of the logs}, where an epoch is `every` of theirs."""
    curves = [history_of(log, score) for log in logs]
    found = [{int(e) // every: float(v) for e, v in zip(c["epochs"], c["errors"])
              if int(e) % every == 0} for c in curves]
    shared = set.intersection(*map(set, found)) if found else set()
    return {epoch: float(np.mean([curve[epoch] for curve in found]))
            for epoch in sorted(shared)}
