"""Tiny synthetic sets, made once for all tests of this folder."""
import pytest

from deephar.data import DATASETS
from deephar.data.synthetic import synthesize


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A data root with all four sets in size tiny."""
    root = tmp_path_factory.mktemp("synthetic")
    for name, entry in DATASETS.items():
        synthesize(name, root / entry.folder, "tiny")
    return root
