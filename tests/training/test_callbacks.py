"""Scores reach the logs; only better weights replace the best ones."""
import numpy as np
import pytest

from deephar.checkpoints.load import load_weights
from deephar.training.callbacks import EvalCallback, SaveModel
from tests.training.toys import toy_models


def test_scores_are_logged():
    model = toy_models()[0]
    callback = EvalCallback("mpii", lambda m: {"pckh": 50.0 if m is model else 0.0},
                            model, every=2)
    logs = {}
    callback.on_epoch_end(0, logs)
    assert logs == {}
    callback.on_epoch_end(1, logs)
    assert logs == {"mpii/pckh": 50.0}


def test_best_weights(tmp_path):
    model = toy_models()[0]
    path = tmp_path / "best.weights.h5"
    save = lambda: SaveModel(path, model, save_best_only=True, monitor="pckh",
                             higher_is_better=True)
    kernel = model.layers[1].kernel
    for epoch, score in enumerate([10.0, 30.0, 20.0, 30.0]):
        kernel.assign(np.full(kernel.shape, score))
        save().on_epoch_end(epoch, {"pckh": score})     # a fresh one: as resumed
    assert save().best() == 30.0
    kernel.assign(kernel * 0)
    model.load_weights(path)
    assert np.all(kernel.numpy() == 30.0)
    save().on_epoch_end(4, {"loss": 1.0})       # nothing was evaluated
    assert sorted(p.name for p in tmp_path.iterdir()) == ["best.json", "best.weights.h5"]


def test_a_flipped_bit_in_saved_weights_is_an_error(tmp_path):
    model, path = toy_models()[1], tmp_path / "last.weights.h5"
    SaveModel(path, model).on_epoch_end(0)
    load_weights(model, path)
    numbers = model.layers[1].kernel.numpy().tobytes()
    content = bytearray(path.read_bytes())
    content[content.index(numbers) + 10] ^= 16
    path.write_bytes(content)
    with pytest.raises(ValueError, match="last.weights.h5 is damaged .*not as it was written"):
        load_weights(model, path)


def test_braces_in_a_folder_s_name_are_its_own(tmp_path):
    folder = tmp_path / "{run} {0}"
    SaveModel(folder / "best.weights.h5", toy_models()[0], save_best_only=True,
              monitor="mm").on_epoch_end(0, {"mm": 1.0})
    assert {p.name for p in folder.iterdir()} == {"best.json", "best.weights.h5"}


def test_lower_can_be_better(tmp_path):
    model = toy_models()[0]
    callback = SaveModel(tmp_path / "best.weights.h5", model, save_best_only=True,
                         monitor="mm")
    for epoch, error in enumerate([90.0, 50.0, 60.0]):
        callback.on_epoch_end(epoch, {"mm": error})
    assert callback.best() == 50.0


def test_with_fit_and_epoch_in_the_name(tmp_path):
    model = toy_models()[1]
    model.compile("sgd", "mse")
    x, y = np.zeros((4, 8, 8, 3)), np.zeros((4, 2))
    model.fit(x, y, epochs=2, verbose=0,
              callbacks=[SaveModel(tmp_path / "w{epoch:02d}.weights.h5")])
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "w01.weights.h5", "w02.weights.h5"]
