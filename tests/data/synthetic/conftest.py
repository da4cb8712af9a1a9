"""Tiny synthetic sets, made once for all tests of this folder."""
import pytest

from deephar.data.locate import FOLDERS
from deephar.data.synthetic import synthesize


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A data root with all four sets in size tiny."""
    root = tmp_path_factory.mktemp("synthetic")
    for name, folder in FOLDERS.items():
        synthesize(name, root / folder, "tiny")
    return root
