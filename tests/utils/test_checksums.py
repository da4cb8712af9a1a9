"""A flipped bit anywhere in the numbers is an error that names the file."""
import h5py
import numpy as np
import pytest

from deephar.utils.checksums import (
    SUMS, add_checksums, check_hdf5, read_arrays, write_arrays)

ARRAYS = {"a": np.arange(200, dtype=np.float32).reshape(2, 100), "b": np.int64(7)}


def flip(path, byte):
    content = bytearray(path.read_bytes())
    content[byte] ^= 1
    path.write_bytes(content)


def test_round_trip_and_files_of_old(tmp_path):
    write_arrays(tmp_path / "new.npz", ARRAYS)
    np.savez(tmp_path / "old.npz", **ARRAYS)
    for name in ("new.npz", "old.npz"):
        found = read_arrays(tmp_path / name)
        assert set(found) == set(ARRAYS)
        for key, array in ARRAYS.items():
            np.testing.assert_array_equal(found[key], array)
    assert set(read_arrays(tmp_path / "new.npz", lambda name: name == "b")) == {"b"}
    with pytest.raises(FileNotFoundError):
        read_arrays(tmp_path / "none.npz")


def test_a_flipped_bit_is_never_another_number(tmp_path):
    path = tmp_path / "a.npz"
    write_arrays(path, ARRAYS)
    whole, errors = path.read_bytes(), 0
    for byte in range(0, len(whole), 7):
        path.write_bytes(whole)
        flip(path, byte)
        try:
            found = read_arrays(path)
        except ValueError as error:
            assert str(path) in str(error)
            errors += 1
        else:       # a bit that nobody reads
            assert all(np.array_equal(found[key], ARRAYS[key]) for key in ARRAYS)
    assert errors > len(whole) // 7 // 2


def test_an_array_that_was_replaced_is_found(tmp_path):
    """Whose zip checksum is right."""
    path = tmp_path / "a.npz"
    write_arrays(path, ARRAYS)
    with np.load(path) as file:
        np.savez(path, **{**file, "a": ARRAYS["a"] + 1})
    with pytest.raises(ValueError, match="a.npz is damaged .a is not as it was written"):
        read_arrays(path)


def test_hdf5(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["layer/vars/0"] = ARRAYS["a"]
    check_hdf5(path)        # one of old
    add_checksums(path)
    check_hdf5(path)
    with h5py.File(path, "r") as file:
        place = file["layer/vars/0"].id.get_offset()
        assert SUMS in file["layer/vars/0"].attrs
    flip(path, place + 90)
    with pytest.raises(ValueError, match="a.h5 is damaged ./layer/vars/0 is not as it"):
        check_hdf5(path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ValueError, match="a.h5 is damaged"):
        check_hdf5(path)
