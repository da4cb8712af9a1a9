"""The data sets of the golden numbers, written once for all tests of this folder."""
import pytest

from tests.fakes.datasets import write_golden


@pytest.fixture(scope="session")
def golden_sets(tmp_path_factory):
    """A data root with MPII, Human3.6M, PennAction, NTU and COCO; do not change it."""
    root = tmp_path_factory.mktemp("golden")
    write_golden(root)
    return root
