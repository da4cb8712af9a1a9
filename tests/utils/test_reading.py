import io
import pickle
import zipfile

import h5py
import numpy as np
import pytest

from deephar.utils import reading


@pytest.mark.parametrize("error", [
    KeyError("a"), TypeError("no"), IndexError(), AttributeError("x"), MemoryError(),
    RecursionError("deep"), zipfile.BadZipFile("zip"), ValueError("bad"), EOFError()])
def test_whatever_happens_is_a_value_error_that_names_the_file(error):
    with pytest.raises(ValueError, match="^here/a.json is damaged .*: take a copy"):
        with reading.reading("here/a.json"):
            raise error


@pytest.mark.parametrize("error", [
    FileNotFoundError("a"), PermissionError("a"), ValueError("here/a.json has no b")])
def test_what_says_enough_stays(error):
    with pytest.raises(type(error)) as caught:
        with reading.reading("here/a.json"):
            raise error
    assert caught.value is error


def test_files_of_bearable_size(tmp_path):
    path = tmp_path / "a"
    with pytest.raises(FileNotFoundError, match="a: no such file"):
        reading.check_file(path)
    path.write_bytes(bytes(10))
    assert reading.check_file(path, 10) == path
    with pytest.raises(ValueError, match="a has 0 MB, more than"):
        reading.check_file(path, 9)


def test_numbers_have_a_shape_and_are_finite():
    assert reading.numbers_of([1, 2.5], (2,), "box").tolist() == [1, 2.5]
    for value in ([1], [1, None], [1, "x"], [1, np.nan], [np.inf, 0], {}, [[1], [2, 3]]):
        with pytest.raises(ValueError, match=r"box must be finite numbers of shape \(2,\)"):
            reading.numbers_of(value, (2,), "box")


def test_arrays_and_their_names(tmp_path):
    arrays = {"a/b": np.arange(6.0).reshape(2, 3), "c": np.array("text")}
    np.savez_compressed(tmp_path / "a.npz", **arrays)
    assert reading.names_in(tmp_path / "a.npz") == list(arrays)
    found = reading.read_npz(tmp_path / "a.npz")
    assert list(found) == list(arrays) and found["c"] == "text"
    np.testing.assert_array_equal(found["a/b"], arrays["a/b"])
    assert list(reading.read_npz(tmp_path / "a.npz", lambda name: name == "c")) == ["c"]


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_unpickling_is_of_plain_things(protocol):
    thing = {"a": [1, "x", (2.5, None)], "b": np.arange(6.0).reshape(2, 3),
             "c": np.float32(3)}
    found = reading._Unpickler(io.BytesIO(pickle.dumps(thing, protocol))).load()
    assert found["a"] == thing["a"] and found["c"] == 3
    np.testing.assert_array_equal(found["b"], thing["b"])
    with pytest.raises(ValueError, match="asks for .*ValueError"):
        reading._Unpickler(io.BytesIO(pickle.dumps(ValueError("a"), protocol))).load()


def test_hdf5_groups_that_hold_themselves(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["x/y"] = np.ones(3)
    with reading.open_hdf5(tmp_path / "a.h5") as file:
        assert file["x/y"][()].tolist() == [1, 1, 1]
    with h5py.File(tmp_path / "a.h5", "a") as file:
        file["x/again"] = file["x"]
    with pytest.raises(ValueError, match="a.h5.*holds itself"):
        with reading.open_hdf5(tmp_path / "a.h5"):
            pass
