"""The one-euro filter: steady when somebody stands still, quick when they move.

Casiez, Roussel, Vogel, "1€ Filter", CHI 2012.
"""
import math
from dataclasses import replace
from typing import Any

import numpy as np

from deephar.inference.results import FrameResult


FORGET = 0.5                # seconds


class OneEuro:
    """A low-pass filter whose cut-off rises with the speed of the signal.

    Args:
        min_cutoff: Hz, of a signal at rest; lower is steadier.
        beta: rise of the cut-off per unit of speed; higher lags less.
        speed_cutoff: Hz, of the speed itself.
    """

    def __init__(self, min_cutoff: float = 1.0, beta: float = 0.02,
                 speed_cutoff: float = 1.0):
        if min_cutoff <= 0 or speed_cutoff <= 0 or beta < 0:
            raise ValueError("cut-offs must be > 0 and beta ≥ 0, got "
                             f"{min_cutoff}, {speed_cutoff}, {beta}")
        self.min_cutoff, self.beta, self.speed_cutoff = min_cutoff, beta, speed_cutoff
        self._time: float | None = None
        self._value: Any = None
        self._speed: Any = None

    def __call__(self, value: np.ndarray, time: float) -> np.ndarray:
        """The filtered value at `time` in seconds, which must grow."""
        value = np.asarray(value, np.float64)
        if self._time is None or time <= self._time or value.shape != self._value.shape:
            self._time, self._value, self._speed = time, value, np.zeros_like(value)
            return value
        step = time - self._time
        speed = (value - self._value) / step
        self._speed = self._speed + _weight(self.speed_cutoff, step) * (
            speed - self._speed)
        weight = _weight(self.min_cutoff + self.beta * np.abs(self._speed), step)
        self._value = self._value + weight * (value - self._value)
        self._time = time
        return self._value


def _weight(cutoff, step: float):
    """Share of a new value, for a cut-off in Hz and a step in seconds."""
    rate = 2 * math.pi * cutoff * step
    return rate / (1 + rate)


class Smoother:
    """Smooths the joints of everybody in a video, frame after frame.

    Joints in pixels and in millimetres are filtered; everything else stays. Who
    was away for longer than `FORGET` starts afresh.
    """

    def __init__(self):
        self._filters: dict[int, tuple[float, OneEuro, OneEuro]] = {}   # by person

    def __call__(self, result: FrameResult) -> FrameResult:
        self._filters = {id: filters for id, filters in self._filters.items()
                         if result.time - filters[0] <= FORGET}
        people = []
        for person in result.people:
            _, *filters = self._filters.get(person.id, (0, OneEuro(), OneEuro()))
            self._filters[person.id] = (result.time, *filters)
            in_pixels, in_mm = filters
            if person.joints is not None:
                person = replace(person, joints=in_pixels(person.joints, result.time))
            if person.joints_mm is not None:
                person = replace(person, joints_mm=in_mm(person.joints_mm, result.time))
            people.append(person)
        return replace(result, people=tuple(people))
