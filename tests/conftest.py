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
    config.addinivalue_line(
        "markers", "numeric: what networks compute; runs on other settings of the "
        "processor too (tests/test_processors.py)")
    # Warnings of our own code are errors; what Keras does with NumPy 2 is not ours.
    config.addinivalue_line("filterwarnings", "error:::deephar")
    config.addinivalue_line(
        "filterwarnings",
        "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")


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
