"""Frames per second of a network that is left at its blocks."""
import numpy as np
import pytest

from deephar.evaluation.networks import load_network
from deephar.evaluation.run import Rows, evaluate
from deephar.evaluation.speed import frames_per_second, speed_score, speed_task


class Clock:
    """A model whose step takes 0.1 s, and much longer the first time."""
    name, input_shape = "clock", (None, 4, 2, 2, 3)

    def __init__(self, monkeypatch):
        self.now, self.calls = 0.0, 0
        monkeypatch.setattr("time.perf_counter", lambda: self.now)

    def predict_on_batch(self, x):
        self.now += 60 if self.calls == 0 else 0.1
        self.calls += 1


def test_pictures_per_second_without_the_warm_up(monkeypatch):
    """Two clips of four pictures in 0.1 s."""
    clock = Clock(monkeypatch)
    assert frames_per_second(clock, batch_size=2, repeats=5) == pytest.approx(80)
    assert clock.calls == 8


def test_exits_and_score():
    network = load_network("penn_spnet", tiny=True)         # four blocks
    task, measure = speed_task(network, (), 1, repeats=1)
    assert task.samples == ["1", "2", "3", "4"]
    task, measure = speed_task(network, (2, 4), 1, repeats=1)
    rows = evaluate(task, measure, batch_size=1)
    score = speed_score(rows, task, 1)
    assert score.block_names == ["2", "4"] and score.value == score.blocks[-1] > 0
    with pytest.raises(ValueError, match=r"from 1 to 4, got \[9\]"):
        speed_task(network, (9,), 1, 1)


def test_nothing_measured_is_no_score():
    task, _ = speed_task(load_network("penn_spnet", tiny=True), (1,), 1, 1)
    assert speed_score(Rows(1), task, 1).value is None
    assert np.size(speed_score(Rows(1), task, 1).blocks) == 0
