"""Options and markers of the test suite.

`pytest` runs everything but the slow tests, `pytest --slow` everything,
`pytest --slow-only` only the slow ones.
"""
import os
import signal

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "Agg")

import pytest

# A shell starts what it puts in the background deaf to Ctrl-C; tests press it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true",
                     help="also run the tests marked slow")
    parser.addoption("--slow-only", action="store_true",
                     help="run only the tests marked slow")


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "slow: full-size networks, long runs, benchmarks")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow"):
        return
    only_slow = config.getoption("--slow-only")
    kept, dropped = [], []
    for item in items:
        is_slow = item.get_closest_marker("slow") is not None
        (kept if is_slow == only_slow else dropped).append(item)
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept
