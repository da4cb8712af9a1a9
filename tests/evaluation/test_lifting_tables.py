"""The printed rows of the lifting works agree with their averages, or say why not."""
import numpy as np
import pytest

from deephar.evaluation import lifting_tables as tables
from deephar.evaluation.paper_tables import PAPER_TABLES

# What rounding does not explain, and the row's note does.
KNOWN = {"actions-243-reference-velocity": 0.39, "actions-243-velocity": -0.19}


@pytest.mark.parametrize("key", [k for k, row in tables.ROWS.items() if row.get("parts")])
def test_average_of_the_row(key):
    row = PAPER_TABLES[key]
    assert len(row.parts) == 15
    difference = np.mean(list(row.parts.values())) - row.value
    assert difference == pytest.approx(KNOWN.get(key, 0), abs=0.11)
    if key in KNOWN:
        assert "own mean" in row.note
