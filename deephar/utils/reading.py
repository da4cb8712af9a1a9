"""Reading files that anybody may have written, or a disk have damaged.

Whatever is wrong with a file is one ValueError that names it.  What a file says
of its own size is compared with what is there before memory is taken for it.
"""
import contextlib
import io
import json
import math
import os
import pickle
import re
import stat
import zipfile
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np

LARGEST = 2 << 30           # bytes of the numbers in a file
LARGEST_TEXT = 256 << 20    # bytes of a JSON or CSV file
DEEPEST = 32                # groups within groups
# What the pickled dictionaries of the key-point files are made of.
PICKLED = re.compile(r"numpy\._?core\.multiarray (_reconstruct|scalar)|numpy (dtype|ndarray)"
                     r"|_codecs encode")


@contextlib.contextmanager
def reading(path: object) -> Iterator[None]:
    """Whatever the content of `path` does to the code of this block is a ValueError.

    Raises:
        FileNotFoundError, PermissionError: as they come.
        ValueError: names the file and says what is wrong with it.
    """
    try:
        yield
    except (FileNotFoundError, PermissionError, ImportError):
        raise
    except Exception as error:      # a damaged file ends its reader in many ways
        words = repr(error) if isinstance(error, (KeyError, TypeError)) else error
        if isinstance(error, ValueError) and str(path) in str(error):
            raise
        raise damaged(path, f"{words or type(error).__name__}") from error


def damaged(path: object, why: object) -> ValueError:
    """The error of a file that cannot be trusted."""
    return ValueError(f"{path} is damaged ({str(why)[:300]}): take a copy of it, or make it "
                      "again")


def check_file(path: str | os.PathLike, largest: int = LARGEST) -> Path:
    """`path`, if it is a file of a bearable size: no folder, device or loop.

    A place that is not on the disk (see `deephar.utils.places`) answers for itself.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is something else, or too large.
    """
    if not isinstance(path, (str, os.PathLike)):
        return path
    path = Path(path)
    try:
        found = path.stat()
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path}: no such file") from error
    except OSError as error:                # a link to itself, a file as a folder
        raise ValueError(f"{path} cannot be opened ({error.strerror})") from error
    if not stat.S_ISREG(found.st_mode):
        raise ValueError(f"{path} is no file, but a folder or a device")
    if found.st_size > largest:
        raise ValueError(f"{path} has {found.st_size >> 20} MB, more than the "
                         f"{largest >> 20} MB that are read of such a file")
    return path


def numbers_of(value: Any, shape: tuple[int, ...], where: str) -> np.ndarray:
    """A list of finite numbers as an array of `shape`."""
    try:
        array = np.asarray(value, np.float64)
    except (ValueError, TypeError, OverflowError):
        array = np.array(np.nan)
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f"{where} must be finite numbers of shape {shape}, "
                         f"got {str(value)[:100]}")
    return array


# === JSON and tables ===

def read_text(path: str | os.PathLike) -> str:
    """A UTF-8 file of bearable size."""
    path = check_file(path, LARGEST_TEXT)
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8: {error}") from error


def parse_json(text: str | bytes) -> Any:
    """JSON without NaN or numbers that are none.

    Raises:
        ValueError: it is not; says where.
    """
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _no_number(text)


def _no_number(text: str):
    raise ValueError(f"{text} is no number")


# === NumPy ===

def read_npz(path: str | os.PathLike, wanted: Callable[[str], bool] = lambda name: True,
             *, pickled: bool = False) -> dict[str, Any]:
    """The arrays of an npz whose names are `wanted`.

    Args:
        pickled: dictionaries, lists, text and arrays may be pickled in it;
            nothing else is made of it, whatever the pickle asks for.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged or too large; says where.
    """
    path = check_file(path)
    with reading(path), zipfile.ZipFile(path) as file:
        strange = [name for name in file.namelist() if not name.endswith(".npy")]
        if strange:
            raise ValueError(f"{strange[0]!r} is no array")
        members = [m for m in file.infolist() if wanted(m.filename.removesuffix(".npy"))]
        if sum(member.file_size for member in members) > LARGEST:
            raise ValueError(f"its arrays have more than {LARGEST >> 20} MB")
        return {member.filename.removesuffix(".npy"):
                _read_array(file.read(member), pickled) for member in members}


def names_in(path: str | os.PathLike) -> list[str]:
    """The names of the arrays of an npz."""
    path = check_file(path)
    with reading(path), zipfile.ZipFile(path) as file:
        return [name.removesuffix(".npy") for name in file.namelist()]


def _read_array(content: bytes, pickled: bool) -> Any:
    file = io.BytesIO(content)
    shape, dtype = _npy_header(file)
    if not dtype.hasobject:
        if math.prod(shape) * dtype.itemsize != len(content) - file.tell():
            raise ValueError(f"an array of shape {shape} is not whole")
        file.seek(0)
        return np.lib.format.read_array(file, allow_pickle=False)
    if not pickled:
        raise ValueError("it holds pickled objects, which are refused because they can run "
                         "code")
    return _Unpickler(file).load()


def check_npy(path: str | os.PathLike) -> tuple[tuple[int, ...], np.dtype]:
    """(shape, type) of the array in a .npy file; ValueError if the file is not as large."""
    path = check_file(path)
    with reading(path), (open(path, "rb") if isinstance(path, Path)
                         else io.BytesIO(path.read_bytes())) as file:
        shape, dtype = _npy_header(file)
        start = file.tell()
        size = file.seek(0, io.SEEK_END) - start
        if not dtype.hasobject and math.prod(shape) * dtype.itemsize != size:
            raise ValueError(f"an array of shape {shape} is not whole")
    return shape, dtype


def _npy_header(file) -> tuple[tuple[int, ...], np.dtype]:
    version = np.lib.format.read_magic(file)
    read = (np.lib.format.read_array_header_1_0 if version == (1, 0)
            else np.lib.format.read_array_header_2_0)
    shape, _, dtype = read(file)
    if any(side < 0 for side in shape):
        raise ValueError(f"no array has the shape {shape}")
    return shape, dtype


class _Unpickler(pickle.Unpickler):
    """Makes dictionaries, lists, text and arrays of a pickle, and nothing else."""

    def find_class(self, module, name):
        if not PICKLED.fullmatch(f"{module} {name}"):
            raise ValueError(f"it asks for {module}.{name}, which is no part of such a file")
        return _empty_array if name == "_reconstruct" else super().find_class(module, name)


def _empty_array(kind, shape, dtype) -> np.ndarray:
    """What an unpickled array is made from; the shape comes with its numbers."""
    return np.ndarray((0,), "b")


# === HDF5 ===

@contextlib.contextmanager
def open_hdf5(path: str | os.PathLike) -> Iterator[Any]:
    """An open HDF5 file whose numbers all lie within it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is damaged, too large, or points elsewhere.
    """
    import h5py
    path = check_file(path)
    with reading(path), h5py.File(path, "r") as file:
        _check_group(file, set(), [0], 0)
        yield file


def _check_group(group, seen: set, total: list[int], depth: int) -> None:
    import h5py
    address = h5py.h5o.get_info(group.id).addr
    if address in seen or depth > DEEPEST:
        raise ValueError(f"group {group.name} holds itself")
    seen.add(address)
    for name in group:
        where = f"{group.name}/{name}"
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{where} points to another place")
        item = group[name]
        if isinstance(item, h5py.Group):
            _check_group(item, seen, total, depth + 1)
        elif isinstance(item, h5py.Dataset):
            if item.is_virtual or item.external:
                raise ValueError(f"{where} points to another file")
            total[0] += item.nbytes
            if total[0] > LARGEST:
                raise ValueError(f"its numbers have more than {LARGEST >> 20} MB")
