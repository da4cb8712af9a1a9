"""Learning-rate plans: plain objects, asked for the rate of a moment.

A plan is a function of where the run stands, `plan(epoch, history)`, and keeps
nothing itself: a resumed run finds the same rate.  `epoch` may be a fraction;
`history` holds what was logged at the end of each epoch so far.
"""
import math
from dataclasses import dataclass
from typing import Callable, Mapping, Sequence

History = Sequence[Mapping[str, float]]


@dataclass(frozen=True)
class Constant:
    """Always `rate`."""
    rate: float

    def __call__(self, epoch: float, history: History = ()) -> float:
        return self.rate


@dataclass(frozen=True)
class Steps:
    """`rate`, multiplied by `factor` when so many epochs are over as `epochs` has.

    `Steps(1e-3, 0.2, (80, 100))`: the first 80 epochs run at 1e-3.  The published
    scripts count epochs from 0: what they call "after epoch 15" is 16 here.
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
        reload: where the rate falls, go on from the weights of the best epoch, as
            the published trainer did; it ended the training at a small rate too.
    """
    rate: float
    factor: float = 0.2
    patience: int = 5
    monitor: str = "loss"
    higher_is_better: bool = False
    min_rate: float = 0.0
    after: int = 0
    reload: bool = False

    def __call__(self, epoch: float, history: History = ()) -> float:
        return self._look_back(history)[0]

    def has_new_best(self, history: History) -> bool:
        """Whether no epoch before the last one was as good."""
        return self._look_back(history)[1]

    def falls(self, history: History) -> bool:
        """Whether the rate is lower than it was before the last epoch."""
        return self._look_back(history)[2]

    def _look_back(self, history: History) -> tuple[float, bool, bool]:
        """The rate; whether the last epoch was the best one; whether the rate fell after it."""
        rate, best, waited, is_best, falls = self.rate, -math.inf, 0, False, False
        for logs in history[self.after:]:
            if self.monitor not in logs:
                raise KeyError(f"the plan watches {self.monitor!r}, logged are "
                               f"{', '.join(logs)}")
            value = logs[self.monitor] * (1 if self.higher_is_better else -1)
            is_best = value > best
            waited = 0 if is_best else waited + 1
            best = max(best, value)
            falls = waited >= self.patience
            if falls:
                rate, waited = max(rate * self.factor, self.min_rate), 0
        return rate, is_best, falls


@dataclass(frozen=True)
class Share:
    """`factor` of the rate that `plan` ended with, after `epochs` epochs of the run."""
    plan: Callable
    factor: float
    epochs: int

    def __call__(self, epoch: float, history: History = ()) -> float:
        return self.factor * self.plan(self.epochs, history[:self.epochs])


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
