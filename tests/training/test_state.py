"""The state file is whole, exact and refuses strangers."""
import keras
import numpy as np
import pytest

from deephar.training.state import State, read_state, restore, save_state


def variables(shape=(2, 3)):
    return [keras.Variable(np.random.rand(*shape).astype("float32")),
            keras.Variable(np.int32(5))]


def test_round_trip(tmp_path):
    state = State(stage=1, epoch=3, total_steps=40, drawn={"pose": 80},
                  history=[{"loss": 0.1}])
    state.add_steps(4, {"loss": 0.5}, {"pose": 84})
    state.add_steps(2, {"loss": 0.25}, {"pose": 86})
    assert (state.step, state.total_steps, state.sums) == (6, 46, {"loss": 2.5})
    weights, slots = variables(), variables((4,))
    before = [v.numpy().copy() for v in weights + slots]
    path = tmp_path / "state.npz"
    save_state(path, state, weights, slots)
    for variable in weights + slots:
        variable.assign(variable * 0)
    restore(path, "weight", weights)
    restore(path, "slot", slots)
    for old, variable in zip(before, weights + slots):
        np.testing.assert_array_equal(old, variable.numpy())
    assert read_state(path) == state
    assert [p.name for p in tmp_path.iterdir()] == ["state.npz"]


def test_a_damaged_file_is_not_gone_on_from(tmp_path):
    path = tmp_path / "state.npz"
    save_state(path, State(epoch=1), variables(), [])
    whole = path.read_bytes()
    for damage in (whole[:200], b"", whole.replace(b'"epoch": 1', b'"epoch": 3')):
        path.write_bytes(damage)
        with pytest.raises(ValueError, match="state.npz is damaged"):
            read_state(path)


def test_end_of_epoch():
    state = State(step=6, sums={"loss": 3.0})
    state.end_epoch({"loss": 0.5})
    assert (state.epoch, state.step, state.sums) == (1, 0, {})
    assert state.history == [{"loss": 0.5}]


def test_another_model_is_refused_and_untouched(tmp_path):
    path = tmp_path / "state.npz"
    save_state(path, State(), variables(), [])
    others = [keras.Variable(np.ones((2, 3), "float32")), keras.Variable(np.ones(2))]
    with pytest.raises(ValueError, match=r"weight .* has shape \(2,\), the file \(\)"):
        restore(path, "weight", others)
    np.testing.assert_array_equal(others[0].numpy(), 1)
    with pytest.raises(ValueError, match="2 weights, this run has 1"):
        restore(path, "weight", others[:1])
