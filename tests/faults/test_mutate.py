"""Damaged files at the doors, a few of each; `python -m tests.faults.mutate` does more."""

import numpy as np
import pytest

from tests.faults.doors import DOORS
from tests.faults.mutate import BAD, Child, digest, reference, run_case

# These may end their process before they are mended: they run in a child.
APART = ("MPII release", "mp4", "avi", "legacy groups")
SEEDS = range(1000, 1008)
LIGHT = [name for name, door in DOORS.items() if not door.heavy and name not in APART]


@pytest.mark.parametrize("name", LIGHT)
def test_damaged_files_end_in_clear_errors(name):
    good = reference(name)
    for seed in SEEDS:
        damage, outcome = run_case(name, seed, good)
        assert outcome.kind not in BAD, f"{name}, seed {seed}, {damage}: {outcome}"


def test_damaged_files_end_no_process():
    child = Child()
    try:
        for name in APART:
            for seed in SEEDS:
                damage, outcome = child.case(name, seed, 15)
                assert outcome.kind not in BAD, f"{name}, seed {seed}, {damage}: {outcome}"
    finally:
        child.close()


@pytest.mark.slow
def test_damaged_networks_end_in_clear_errors():
    child = Child()
    try:
        for name in [name for name, door in DOORS.items() if door.heavy]:
            for seed in SEEDS:
                damage, outcome = child.case(name, seed, 40)
                assert outcome.kind not in BAD, f"{name}, seed {seed}, {damage}: {outcome}"
    finally:
        child.close()


def test_what_a_digest_sees():
    value = {"a": [np.array([1.0, 2.0])], "b": "x"}
    assert digest(value) == digest({"a": [np.array([1.0, 2.0])], "b": "x"})
    for other in ({"a": [np.array([1.0, 3.0])], "b": "x"}, {"a": [np.array([1.0, 2.0])]},
                  {"a": [np.array([[1.0, 2.0]])], "b": "x"}):
        assert digest(other)[0] != digest(value)[0]
    assert digest([np.nan, np.array([np.inf, 1])])[1] == 2
