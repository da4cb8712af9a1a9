"""The benches of data and training run, and their figures hang together."""
import pytest

from deephar.data import MpiiSinglePerson
from deephar.models import reception
from deephar.training.bench import bench_data, bench_train, training_crops


@pytest.mark.slow
def test_data_and_training(tiny_set):
    people = MpiiSinglePerson(tiny_set("mpii"), training_crops(32))
    data = bench_data(people, pictures=8)
    assert data["crop"] == [32, 32, 3]
    assert len(data["rows"]) == 4
    assert all(row["per_s"] > 0 and row["per_core_s"] > 0 for row in data["rows"])

    model = reception.build((32, 32, 3), 16, 2, num_blocks=1)
    before = model.get_weights()[0].copy()
    result = bench_train(model, people, steps=2, batch_size=2)
    assert (model.get_weights()[0] != before).any()         # it did train
    for key in ("trainer_in_memory_ms", "trainer_ms"):
        assert 0 <= result[key]["data_wait"] <= 1 and result[key]["mean"] > 0
    assert result["train_on_batch_ms"]["median"] > 0
