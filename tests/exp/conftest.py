"""Scripts as modules, and a folder in which `--data synthetic` is quick."""
import importlib.util
from pathlib import Path

import pytest

EXP = Path(__file__).resolve().parent.parent.parent / "exp"


def load_script(name: str):
    """The module of `exp/NAME`."""
    spec = importlib.util.spec_from_file_location(
        "exp_" + name.replace("/", "_").removesuffix(".py"), EXP / name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def synthetic_home(tmp_path_factory):
    """A folder whose datasets/synthetic-tiny/ is made once for all tests."""
    return tmp_path_factory.mktemp("synthetic_home")


@pytest.fixture
def at_home(synthetic_home, monkeypatch):
    """The test runs there."""
    monkeypatch.chdir(synthetic_home)
    return synthetic_home
