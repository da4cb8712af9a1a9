"""Clocks that agree with what was done."""
import time

import numpy as np
import pytest

from deephar.utils.timing import duration, machine, measure, peak_memory_mb


def test_sleep_takes_time_but_no_processor():
    calls = []
    timing = measure(lambda: (calls.append(1), time.sleep(0.02)), runs=5, warm_up=2)
    assert len(calls) == 7 and timing["runs"] == 5
    assert 20 <= timing["fastest"] <= timing["median"] < 500
    assert timing["cpu"] < 10


def test_one_run_at_least():
    with pytest.raises(ValueError, match="runs must be ≥ 1, got 0"):
        measure(lambda: None, runs=0)


def test_the_machine_is_told():
    told = machine()
    assert told["versions"]["numpy"] == np.__version__
    assert told["cores"] >= 1 and told["processor"]


def test_memory_that_was_held_counts():
    before = peak_memory_mb()
    block = np.ones(40_000_000)                 # 320 MB
    assert block.sum() == 40_000_000
    assert peak_memory_mb() >= max(before, 300)


@pytest.mark.parametrize("seconds, wanted", [
    (5.4, "0:05 min"), (65, "1:05 min"), (7400, "2 h 03 min")])
def test_durations_in_words(seconds, wanted):
    assert duration(seconds) == wanted
