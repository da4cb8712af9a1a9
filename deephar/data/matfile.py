"""Reading MATLAB and NumPy annotation files, whatever MATLAB collapsed in them.

A cell or struct array of one element may arrive as the element itself, and a
column as a row.  The helpers below give lists and flat arrays in every case.
"""
import os
import struct
import zlib
from pathlib import Path
from typing import Any, Callable

import numpy as np
import scipy.io

from deephar.utils.places import Place, opened, place
from deephar.utils.reading import LARGEST, check_file, check_npy

ANNOTATION_FILE = "annotations.mat"
ADVICE = "see datasets/README.md for the layout, `deephar dataset check` for the rest"


def find_annotations(dataset_path: str | os.PathLike | Place, name: str = ANNOTATION_FILE
                     ) -> Path | Place:
    """The annotation file of a data set's folder, or an error that says what to do."""
    folder = place(dataset_path)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such data set folder; {ADVICE}")
    path = folder / name
    if not path.exists():
        raise FileNotFoundError(f"{path}: the data set has no annotations; {ADVICE}")
    return path


def load_mat(path: str | os.PathLike | Place, keys: tuple[str, ...]) -> dict:
    """The variables of a `.mat` file.

    Raises:
        ValueError: not a readable file of version 7 or older, or a key of
            `keys` is missing.
    """
    path = check_file(path)
    try:
        check_mat(path)
        content = scipy.io.loadmat(opened(path))
    except PermissionError:
        raise
    except NotImplementedError as error:
        raise ValueError(
            f"{path} is a MATLAB file of version 7.3 (HDF5), version 7 is read; "
            "save it in MATLAB with save(..., '-v7')") from error
    except Exception as error:      # a damaged file ends its reader in many ways
        raise ValueError(f"{path} is empty, damaged or no MATLAB file ({error}); "
                         "download or copy it again") from error
    missing = [key for key in keys if key not in content]
    if missing:
        found = sorted(key for key in content if not key.startswith("__"))
        raise ValueError(f"{path} has no variable {', '.join(missing)}, only "
                         f"{', '.join(found) or 'none'}; is it another set's file?")
    return content


HEADER, COMPRESSED, MATRIX = 128, 15, 14
CELL, STRUCT, OBJECT = 1, 2, 3
DEEPEST = 32                    # cells within cells


def check_mat(path: Path) -> None:
    """Raises ValueError for what would bring the reader of `.mat` files down.

    It trusts the sizes in the file: parts that claim more than is there,
    damaged compression and endless nesting end the process, not the call.
    """
    data = memoryview(path.read_bytes())
    order = {b"IM": "<", b"MI": ">"}.get(bytes(data[126:HEADER]))
    if order is None or 0 in bytes(data[:4]):
        raise ValueError("it has no header of version 5 to 7")
    if struct.unpack_from(f"{order}H", data, 124)[0] >> 8 != 1:
        raise NotImplementedError("version 7.3")
    at, total = HEADER, 0
    while at < len(data):
        kind, start, end, at = _element(data, at, len(data), order, padded=False)
        part = data[start:end]
        if kind == COMPRESSED:
            unpacker = zlib.decompressobj()
            part = memoryview(unpacker.decompress(part, LARGEST - total + 1))
            total += len(part)
            if total > LARGEST:
                raise ValueError(f"it holds more than {LARGEST >> 20} MB")
            if not unpacker.eof:
                raise ValueError("a compressed part is not whole")
            kind, start, end, _ = _element(part, 0, len(part), order)
            part = part[start:end]
        if kind != MATRIX:
            raise ValueError(f"a variable has the type {kind}")
        _check_matrix(part, order, 0)


def _element(data, at: int, limit: int, order: str, padded: bool = True
             ) -> tuple[int, int, int, int]:
    """(type, start, end, place of the next) of the element at a place."""
    if at + 8 > limit:
        raise ValueError("it ends early")
    kind, size = struct.unpack_from(f"{order}II", data, at)
    if kind >> 16:              # up to 4 bytes lie in the tag itself
        kind, size, start, following = kind & 0xffff, kind >> 16, at + 4, at + 8
        if size > 4:
            raise ValueError(f"a small part claims {size} bytes")
    else:
        start = at + 8
        following = start + size + (-size % 8 if padded else 0)
    if start + size > limit:
        raise ValueError(f"a part claims {size} bytes where {limit - start} are")
    return kind, start, start + size, following


def _check_matrix(data, order: str, depth: int) -> None:
    """A matrix's parts lie within it, and what is in cells and structs too."""
    if depth > DEEPEST:
        raise ValueError("cells are nested too deeply")
    if not len(data):
        return
    _, start, _, at = _element(data, 0, len(data), order)
    kind = struct.unpack_from(f"{order}I", data, start)[0] & 0xff
    if kind not in (CELL, STRUCT, OBJECT):
        return
    _, start, end, at = _element(data, at, len(data), order)
    dims = struct.unpack_from(f"{order}{(end - start) // 4}i", data, start)
    if min(dims, default=0) < 0 or 8 * np.prod(dims, dtype=float) > len(data):
        raise ValueError(f"cells {dims} are more than there is room for")
    for _ in range({CELL: 1, STRUCT: 3, OBJECT: 4}[kind]):     # names and their length
        _, _, _, at = _element(data, at, len(data), order)
    while at < len(data):
        inside, start, end, at = _element(data, at, len(data), order)
        if inside != MATRIX:
            raise ValueError(f"a cell has the type {inside}")
        _check_matrix(data[start:end], order, depth + 1)


def load_npy(path: str | os.PathLike | Place) -> np.ndarray:
    """A plain `.npy` array; pickled objects are refused.

    Raises:
        ValueError: pickled, damaged, or no `.npy` file.
    """
    return _of_npy(path, lambda: np.load(opened(path), allow_pickle=False))


def npy_header(path: str | os.PathLike | Place) -> tuple[tuple[int, ...], np.dtype]:
    """(shape, type) of the array in a `.npy` file, which is not read itself."""
    if isinstance(path, Place) and path.facts:
        shape, dtype = path.facts
        return tuple(shape), np.dtype(dtype)
    return _of_npy(path, lambda: check_npy(path))


def _of_npy(path: str | os.PathLike | Place, read: Callable[[], Any]) -> Any:
    if not (path if isinstance(path, Place) else Path(path)).exists():
        raise FileNotFoundError(f"{path}: no such annotation file; {ADVICE}")
    try:
        check_npy(path)
        return read()
    except ValueError as error:
        raise ValueError(
            f"{path} is no plain array of numbers ({error}); pickled files are refused "
            "because they can run code: save it again with np.save") from error


def records(value: np.ndarray) -> list[dict]:
    """A struct array, or a cell array of structs, as a list of dictionaries."""
    value = np.asarray(value)
    if value.dtype.names:
        return [{name: item[name] for name in value.dtype.names}
                for item in value.ravel()]
    if value.dtype == object:
        return [record for item in value.ravel() for record in records(item)]
    return []


def numbers(value) -> np.ndarray:
    """Any nesting of one numeric array as a flat float array, which may hold NaN."""
    found = np.ravel(inner(value)).astype(float)
    if np.isinf(found).any():
        raise ValueError("a number is infinite")
    return found


def number(value) -> float:
    """The single number of a 1x1 array."""
    found = numbers(value)
    if found.size != 1:
        raise ValueError(f"there must be one number, got {found.size}")
    return float(found[0])


def points(value, count: int) -> np.ndarray:
    """Coordinates of `count` joints as (count, D), from (D, count) or (count, D)."""
    value = np.asarray(inner(value), float)
    if np.isinf(value).any():
        raise ValueError("a joint is at infinity")
    if value.ndim == 2 and value.shape[1] == count:
        return value.T
    if value.ndim == 2 and value.shape[0] == count:
        return value
    raise ValueError(f"joints must be (D, {count}), got shape {value.shape}")


def text(value) -> str:
    """The string of a cell."""
    return str(np.ravel(inner(value))[0])


def texts(value) -> list[str]:
    """The strings of a cell array."""
    return [text(item) for item in np.ravel(value)]


def inner(value):
    """The content of a cell that holds one thing."""
    value = np.asarray(value)
    while value.dtype == object and value.size == 1:
        value = np.asarray(value.ravel()[0])
    return value
