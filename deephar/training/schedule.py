"""Learning-rate plans: plain objects, asked for the rate of a moment.

A plan is a function of where the run stands, `plan(epoch, history)`, and keeps
nothing itself: a resumed run finds the same rate.  `epoch` may be a fraction;
`history` holds what was logged at the end of each epoch so far.
"""
import math
from dataclasses import dataclass
from typing import Mapping, Sequence

History = Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class Constant:
    """Always `rate`."""
    rate: float

    def __call__(self, epoch: float, history: History = ()) -> float:
        return self.rate


@dataclass(frozen=True)
class Steps:
    """`rate`, multiplied by `factor` when each of `epochs` is over.

    `Steps(1e-3, 0.2, (80, 100))`: epochs 1 to 80 run at 1e-3.
    """
    rate: float
    factor: float
    epochs: tuple[int, ...]

    def __call__(self, epoch: float, history: History = ()) -> float:
        return self.rate * self.factor ** sum(epoch >= e for e in self.epochs)


@dataclass(frozen=True)
class Decay:
    """`rate`, multiplied by `factor` after every epoch, or little by little.

    Args:
        epochs: that the factor is for.
        smooth: within the epochs too.
    """
    rate: float
    factor: float
    epochs: float = 1
    smooth: bool = False

    def __call__(self, epoch: float, history: History = ()) -> float:
        passed = epoch / self.epochs
        return self.rate * self.factor ** (passed if self.smooth else int(passed))


@dataclass(frozen=True)
class Plateau:
    """`rate`, multiplied by `factor` after `patience` epochs without a new best.

    Args:
        monitor: the logged value that is watched, e.g. "mpii/pckh".
        higher_is_better: False for losses and errors.
        min_rate: never below it.
        after: epochs that do not count, those of earlier stages.
    """
    rate: float
    factor: float = 0.2
    patience: int = 5
    monitor: str = "loss"
    higher_is_better: bool = False
    min_rate: float = 0.0
    after: int = 0

    def __call__(self, epoch: float, history: History = ()) -> float:
        rate, best, waited = self.rate, -math.inf, 0
        for logs in history[self.after:]:
            if self.monitor not in logs:
                raise KeyError(f"the plan watches {self.monitor!r}, logged are "
                               f"{', '.join(logs)}")
            value = logs[self.monitor] * (1 if self.higher_is_better else -1)
            waited = 0 if value > best else waited + 1
            best = max(best, value)
            if waited >= self.patience:
                rate, waited = max(rate * self.factor, self.min_rate), 0
        return rate


@dataclass(frozen=True)
class Cosine:
    """Rises over the first `warmup` epochs to `rate`, then half a cosine to zero."""
    rate: float
    epochs: float
    warmup: float = 0.0

    def __call__(self, epoch: float, history: History = ()) -> float:
        if epoch < self.warmup:
            return self.rate * (epoch + 0.05) / (self.warmup + 0.05)
        part = (epoch - self.warmup) / (self.epochs - self.warmup)
        return self.rate * (1 + math.cos(math.pi * min(part, 1))) / 2
