"""The published rows hang together."""
import pytest

from deephar.data.labels import H36M_COLUMNS
from deephar.evaluation.paper_tables import PAPER_TABLES

ROWS = list(PAPER_TABLES.items())


@pytest.mark.parametrize("key, row", ROWS, ids=[key for key, _ in ROWS])
def test_a_row_says_where_it_is_from(key, row):
    assert row.title and row.metric and row.unit and row.source
    if row.value is None:
        assert not row.parts and not row.extras


@pytest.mark.parametrize("key", [k for k in PAPER_TABLES if k.startswith("h36m")])
def test_human36m_headlines_are_the_mean_of_their_columns(key):
    """Up to rounding: the papers pool samples, and print one decimal."""
    row = PAPER_TABLES[key]
    assert tuple(row.parts) == H36M_COLUMNS
    assert sum(row.parts.values()) / 15 == pytest.approx(row.value, abs=0.7)
