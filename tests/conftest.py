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

# Warnings of our own code are errors.  Not ours: what Keras does with NumPy 2, and
# that tf.data stays a graph in the scripts' tests, which run eagerly to be quick.
WARNINGS = (
    "error:::deephar",
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",
    "ignore:Even though the `tf.config.experimental_run_functions_eagerly`:UserWarning",
)


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
    for line in WARNINGS:
        config.addinivalue_line("filterwarnings", line)


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


@pytest.fixture(autouse=True)
def no_detector(monkeypatch):
    """Nothing is downloaded: pictures are scanned unless a test names a detector."""
    monkeypatch.setattr("deephar.inference.predictor.is_installed", lambda: False)


# === Synthetic data, made once for all tests; do not change them ===

@pytest.fixture(scope="session")
def synthetic_home(tmp_path_factory):
    """A folder in which `--data synthetic --synthetic-size tiny` is quick."""
    return tmp_path_factory.mktemp("synthetic_home")


@pytest.fixture
def at_home(synthetic_home, monkeypatch):
    """The test runs there."""
    monkeypatch.chdir(synthetic_home)
    return synthetic_home


@pytest.fixture(scope="session")
def tiny_set(synthetic_home):
    """The folder of a set in size tiny, by its name."""
    from deephar.data import DATASETS
    from deephar.data.synthetic import synthesize
    root = synthetic_home / "datasets" / "synthetic-tiny"
    return lambda name: synthesize(name, root / DATASETS[name].folder, "tiny")


@pytest.fixture(scope="session")
def tiny(tiny_set):
    """A data root with all sets in size tiny."""
    from deephar.data import DATASETS
    return [tiny_set(name) for name in DATASETS][0].parent
