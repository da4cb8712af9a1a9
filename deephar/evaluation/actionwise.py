"""Action-wise training: how long, on how much, and what it is worth.

A unit epoch (UE) is one pass over one action; a pass over all `n` actions is
`n` unit epochs.  Equation numbers are those of the method's text.
"""
from dataclasses import astuple, dataclass, replace
from typing import Mapping

SLACK = 1.2                 # k of eq. (4)


def factors(frames: Mapping[str, int], rule: str = "equal") -> dict[str, int]:
    """Passes over each action that count as one pass over all.

    Args:
        frames: of each action.
        rule: "equal", eq. (1): as many as there are actions; "frames", eq. (2):
            all frames over the action's, rounded down.
    """
    if rule not in ("equal", "frames"):
        raise ValueError(f"rule must be 'equal' or 'frames', got {rule!r}")
    if rule == "equal":
        return dict.fromkeys(frames, len(frames))
    total = sum(frames.values())
    return {action: total // count for action, count in frames.items()}


def plan(frames: Mapping[str, int], ue: float, rule: str = "equal") -> dict[str, int]:
    """Epochs of each action's own network for a budget of `ue` unit epochs."""
    return {action: max(round(ue / len(frames) * factor), 1)
            for action, factor in factors(frames, rule).items()}


def reference_epochs(frames: Mapping[str, int], ue: float) -> int:
    """Epochs of the one network on everything for the same budget."""
    return max(round(ue / len(frames)), 1)


def budget_shares(available: Mapping[str, int], budget: int, action: str | None = None
                  ) -> dict[str, int]:
    """Training samples of each action when their number is limited, eq. (3).

    Args:
        available: samples that exist of each action.
        budget: samples in all.
        action: the wanted one gets everything; None: evenly spread.
    """
    if action is not None and action not in available:
        raise KeyError(f"no action {action!r}; known are {', '.join(sorted(available))}")
    share = budget if action is not None else budget // len(available)
    wanted = available if action is None else [action]
    return {a: min(share, available[a]) for a in wanted}


@dataclass(frozen=True)
class Training:
    """Errors at half time and at the end of a training, and its seconds."""
    half: float
    final: float
    seconds: float


def starting_error(reference: Training, ours: Training, k: float = SLACK) -> float:
    """eps0 of eq. (4), from where precision is counted."""
    return k * (reference.half + ours.half) / 2


def time_precision_rate(training: Training, eps0: float) -> float:
    """Eq. (5): error taken away per second."""
    return (eps0 - training.final) / training.seconds


def compare_rates(reference: Training, ours: Mapping[str, Training]) -> dict[str, float]:
    """The rates of both, by both ways to count the method's time.

    Args:
        reference: the one network.
        ours: every action's network.

    Returns:
        eps0, the reference's rate, ours with the seconds of one job (as
        published: the mean job here) and with those of all jobs, and gains in %.
    """
    jobs = list(ours.values())
    half, final, seconds = (sum(values) for values in zip(*map(astuple, jobs)))
    one_job = Training(half / len(jobs), final / len(jobs), seconds / len(jobs))
    eps0 = starting_error(reference, one_job)
    rate = time_precision_rate(reference, eps0)
    rates = {"one_job": time_precision_rate(one_job, eps0),
             "all_jobs": time_precision_rate(replace(one_job, seconds=seconds), eps0)}
    return {"eps0": eps0, "reference": rate, **rates,
            **{f"gain_percent_{name}": 100 * (value / rate - 1)
               for name, value in rates.items()}}
