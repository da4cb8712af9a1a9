"""`SaveModel` called as published: by position, by a function, after another callback."""
from types import SimpleNamespace

import pytest

from deephar.callbacks import SaveModel
from tests.training.toys import toy_models


@pytest.fixture(scope="module")
def model():
    return toy_models()[1]


@pytest.mark.parametrize("ending", [".hdf5", ".h5", ".weights.h5"])
def test_every_epoch(tmp_path, model, ending):
    SaveModel(f"{tmp_path}/w_{{epoch:03d}}{ending}", model).on_epoch_end(0)
    assert [path.name for path in tmp_path.iterdir()] == ["w_001.weights.h5"]


def test_only_when_the_other_callback_has_a_new_best_epoch(tmp_path, model):
    other = SimpleNamespace(best_epoch=None)
    save = SaveModel(tmp_path / "w{epoch}.h5", model, True, other, 0)
    for epoch, best in enumerate([None, 1, 1, 3]):
        other.best_epoch = best
        save.on_epoch_end(epoch)
    assert save.best_epoch == 3
    assert sorted(p.name for p in tmp_path.iterdir()) == ["w2.weights.h5", "w4.weights.h5"]
    with pytest.raises(ValueError, match="save_best_only needs callback_to_monitor"):
        SaveModel(tmp_path / "w.h5", model, True)
