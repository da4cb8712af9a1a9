"""Arrays in files with checksums: a flipped bit is an error, not another number.

Files without checksums, which were written before there were any, are read too.
"""
import json
import os
import zlib
from typing import Any, Callable, Mapping

import numpy as np

from deephar.utils.files import atomic_path
from deephar.utils.reading import damaged, open_hdf5, parse_json, read_npz, reading

SUMS = "checksums"          # the member of an npz; the attribute of an HDF5 data set


def checksum(array: np.ndarray) -> str:
    """CRC-32 of an array's type, shape and numbers."""
    array = np.asarray(array)
    head = zlib.crc32(f"{array.dtype.str} {array.shape}".encode())
    return f"{zlib.crc32(np.ascontiguousarray(array).tobytes(), head):08x}"


def write_arrays(path: str | os.PathLike, arrays: Mapping[str, Any]) -> None:
    """Write an npz, whole or not at all, with the checksums of its arrays."""
    arrays = {name: np.asarray(array) for name, array in arrays.items()}
    sums = json.dumps({name: checksum(array) for name, array in arrays.items()})
    with atomic_path(path) as temporary:
        np.savez(temporary, **arrays, **{SUMS: np.frombuffer(sums.encode(), np.uint8)})


def read_arrays(path: str | os.PathLike,
                wanted: Callable[[str], bool] = lambda name: True) -> dict[str, np.ndarray]:
    """The arrays of an npz whose names are `wanted`, checked.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged; says where.
    """
    arrays = read_npz(path, lambda name: name == SUMS or wanted(name))
    with reading(path):
        sums = parse_json(arrays.pop(SUMS).tobytes()) if SUMS in arrays else {}
    for name in sums:
        if wanted(name) and (name not in arrays or checksum(arrays[name]) != sums[name]):
            raise damaged(path, f"{name} is not as it was written")
    return arrays


def add_checksums(path: str | os.PathLike) -> None:
    """Give every data set of an HDF5 file the checksum of its numbers."""
    import h5py
    with h5py.File(path, "r+") as file:
        for dataset in _datasets(file):
            dataset.attrs[SUMS] = checksum(dataset[()])


def check_hdf5(path: str | os.PathLike) -> None:
    """Compare the data sets of an HDF5 file with their checksums.

    Raises:
        ValueError: the file is damaged; says where.
    """
    with open_hdf5(path) as file:
        broken = [d.name for d in _datasets(file)
                  if SUMS in d.attrs and d.attrs[SUMS] != checksum(d[()])]
    if broken:
        raise damaged(path, f"{broken[0]} is not as it was written")


def _datasets(file) -> list:
    import h5py
    found = []
    file.visititems(lambda name, item: found.append(item)
                    if isinstance(item, h5py.Dataset) else None)
    return found
