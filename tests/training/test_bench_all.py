"""The bench of everything runs, on a network of seconds."""
import pytest

from deephar.models import reception
from deephar.training.bench_all import bench_all


@pytest.mark.slow
def test_every_work_has_a_row_and_its_rate():
    told = []
    result = bench_all({"small": lambda: reception.build((32, 32, 3), 16, 2, num_blocks=1)},
                       [2], runs=2, progress=told.append)
    assert [row["work"] for row in result["rows"]] == [
        "forward", "Keras' step", "trainer's step"]
    assert told == result["rows"]
    for row in told:
        assert row["pictures_per_s"] == pytest.approx(2e3 / row["ms"])
        assert row["of_published"] == pytest.approx(20 / row["ms"])
