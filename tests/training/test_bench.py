"""The benches of data and training run, and their figures hang together."""
from deephar.data import MpiiSinglePerson
from deephar.data.synthetic import synthesize
from deephar.models import reception
from deephar.training.bench import bench_data, bench_train, training_crops


def test_data_and_training(tmp_path):
    folder = synthesize("mpii", tmp_path / "MPII", "tiny")
    people = MpiiSinglePerson(folder, training_crops(32))
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
