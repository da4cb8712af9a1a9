"""Reading MATLAB and NumPy annotation files, whatever MATLAB collapsed in them.

A cell or struct array of one element may arrive as the element itself, and a
column as a row.  The helpers below give lists and flat arrays in every case.
"""
import os
from pathlib import Path

import numpy as np
import scipy.io

ANNOTATION_FILE = "annotations.mat"
ADVICE = "see datasets/README.md for the layout, `deephar dataset check` for the rest"


def find_annotations(dataset_path: str | os.PathLike, name: str = ANNOTATION_FILE) -> Path:
    """The annotation file of a data set's folder, or an error that says what to do."""
    folder = Path(dataset_path)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such data set folder; {ADVICE}")
    path = folder / name
    if not path.exists():
        raise FileNotFoundError(f"{path}: the data set has no annotations; {ADVICE}")
    return path


def load_mat(path: str | os.PathLike, keys: tuple[str, ...]) -> dict:
    """The variables of a `.mat` file.

    Raises:
        ValueError: not a readable file of version 7 or older, or a key of
            `keys` is missing.
    """
    try:
        content = scipy.io.loadmat(path)
    except NotImplementedError as error:
        raise ValueError(
            f"{path} is a MATLAB file of version 7.3 (HDF5), version 7 is read; "
            "save it in MATLAB with save(..., '-v7')") from error
    except (ValueError, TypeError, OSError, EOFError, IndexError, KeyError) as error:
        if isinstance(error, PermissionError):
            raise
        raise ValueError(f"{path} is empty, damaged or no MATLAB file ({error}); "
                         "download or copy it again") from error
    except scipy.io.matlab.MatReadError as error:
        raise ValueError(f"{path} is empty or damaged ({error}); "
                         "download or copy it again") from error
    missing = [key for key in keys if key not in content]
    if missing:
        found = sorted(key for key in content if not key.startswith("__"))
        raise ValueError(f"{path} has no variable {', '.join(missing)}, only "
                         f"{', '.join(found) or 'none'}; is it another set's file?")
    return content


def load_npy(path: str | os.PathLike, mmap_mode: str | None = None) -> np.ndarray:
    """A plain `.npy` array; pickled objects are refused.

    With `mmap_mode="r"` only what is looked at is read.

    Raises:
        ValueError: pickled, damaged, or no `.npy` file.
    """
    try:
        return np.load(path, mmap_mode, allow_pickle=False)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{path}: no such annotation file; {ADVICE}") from error
    except (ValueError, EOFError) as error:
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
    """Any nesting of one numeric array as a flat float array."""
    return np.ravel(inner(value)).astype(float)


def number(value) -> float:
    """The single number of a 1x1 array."""
    return float(numbers(value)[0])


def points(value, count: int) -> np.ndarray:
    """Coordinates of `count` joints as (count, D), from (D, count) or (count, D)."""
    value = np.asarray(inner(value), float)
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
