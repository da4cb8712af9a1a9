"""From a checkpoint's name, or a file of one's own, to a network that is ready."""
import os
import re
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import numpy as np

from deephar.checkpoints.description import FILE_NAME, Description, find_weights, read_description
from deephar.checkpoints.download import fetch
from deephar.checkpoints.legacy_file import HDF5_SIGNATURE
from deephar.checkpoints.table import CHECKPOINTS, Checkpoint, checkpoint
from deephar.checkpoints.variants import description_of
from deephar.utils.checksums import add_checksums, check_hdf5
from deephar.utils.files import atomic_path
from deephar.utils.reading import LARGEST, check_file, open_hdf5, parse_json, reading

if TYPE_CHECKING:
    import keras

    from deephar.checkpoints.legacy import LoadReport


# What a .keras file holds, and where what it asks for may come from.
ARCHIVED = ("metadata.json", "config.json", "model.weights.h5")
MODULES = re.compile(r"keras(\.(layers|initializers|regularizers|constraints|activations|models"
                     r"|src\.models\.\w+|src\.ops\.\w+))?|builtins|deephar(\.\w+)*")
DEEPEST = 64


def load_checkpoint(name: str | os.PathLike, folder: str | os.PathLike = "weights", *,
                    model: str | None = None,
                    progress: Callable[[int, int | None], None] | None = None
                    ) -> "keras.Model":
    """A network with its weights.

    Args:
        name: a key of `CHECKPOINTS`, whose file is taken from `folder` and
            downloaded if it is not there; or the folder of a training run; or
            the path of a file: `.keras`, `.weights.h5`, or a published one.
        folder: where the published files are.
        model: the key of the network that a file holds the weights of.  Not
            needed where the file's name tells it (`penn_spnet.weights.h5`, or
            as published).
        progress: of a download, called with (bytes so far, bytes in all or None).

    Raises:
        FileNotFoundError: `name` is none of these.
        ValueError: the file is damaged or belongs to another network.
        DownloadError: the file is not there and cannot be downloaded.
    """
    return load_described(*find_checkpoint(name, folder, model=model, progress=progress))


def find_checkpoint(name: str | os.PathLike, folder: str | os.PathLike = "weights", *,
                    model: str | None = None,
                    progress: Callable[[int, int | None], None] | None = None
                    ) -> tuple[Description | None, Path]:
    """What a network is, and its weights; see `load_checkpoint`.

    Nothing but the file can describe a `.keras` file of an unknown name: None.
    """
    path = Path(name)
    if name in CHECKPOINTS:
        entry = checkpoint(name)
        return entry.description, find_file(entry, folder, progress)
    if path.is_dir():
        return read_description(path), find_weights(path)
    if not path.is_file():
        raise FileNotFoundError(f"{name} is no file, no folder and no published "
                                f"checkpoint; of those there are {', '.join(CHECKPOINTS)}")
    if path.suffix == ".keras" and not model:
        return None, path
    return (description_of(model) if model else _entry_of(path).description), path


def load_described(description: Description | None, path: Path) -> "keras.Model":
    """The network of a description with the weights of a file."""
    if path.suffix == ".keras":
        return _load_keras(path)
    network = build_beside(path, description)
    load_weights(network, path)
    return network


def build_beside(path: Path, description: Description) -> "keras.Model":
    """The network of a description that stands beside `path`, with fresh weights.

    Raises:
        ValueError: no network is like that; names the description's file.
    """
    with reading(path.with_name(FILE_NAME)):
        return description.build()


def find_file(entry: Checkpoint, folder: str | os.PathLike = "weights",
              progress: Callable[[int, int | None], None] | None = None) -> Path:
    """The checked file of `entry` in `folder`, downloaded if it is not there."""
    return fetch(entry.url, Path(folder) / entry.file, entry.md5,
                 check=hdf5_fault, progress=progress)


def load_weights(model: "keras.Model", path: str | os.PathLike) -> None:
    """Load `path` into `model`: all of it into all of it, or an error.

    `.weights.h5` is Keras' own layout, everything else the published one.
    """
    if not str(path).endswith(".weights.h5"):
        from deephar.checkpoints.legacy import load_legacy_weights
        load_legacy_weights(model, path)
        return
    # Keras pairs by position, and does not notice what only the file has.
    count = _count_weights(check_file(path))
    if count != len(model.weights):
        raise ValueError(f"{path} holds {count} weights, {model.name} has "
                         f"{len(model.weights)}: it belongs to another network")
    check_hdf5(path)
    with reading(path):
        model.load_weights(path)


def convert(source: str | os.PathLike, out: str | os.PathLike, model: str) -> "LoadReport":
    """Write the published file `source` as `.weights.h5` or `.keras`.

    Args:
        model: the key of its network in `CHECKPOINTS`.
    """
    from deephar.checkpoints.legacy import load_legacy_weights
    out = Path(out)
    if not out.name.endswith((".weights.h5", ".keras")):
        raise ValueError(
            f"the converted file must end in .weights.h5 or .keras, got {out}")
    network = checkpoint(model).description.build()
    report = load_legacy_weights(network, source)
    with atomic_path(out) as temporary:
        if out.suffix == ".keras":
            network.save(temporary)
        else:
            network.save_weights(temporary)
            add_checksums(temporary)
    return report


def _entry_of(path: Path) -> Checkpoint:
    """The checkpoint that a file's name speaks of."""
    for entry in CHECKPOINTS.values():
        if path.name in (entry.file, f"{entry.key}.weights.h5"):
            return entry
    raise ValueError(f"the name {path.name} does not tell which network it belongs to: "
                     f"give model, one of {', '.join(CHECKPOINTS)}")


def _load_keras(path: Path) -> "keras.Model":
    import keras

    # Importing them makes the layers known to Keras.
    import deephar.layers  # noqa: F401
    import deephar.models.linear  # noqa: F401
    import deephar.models.temporal  # noqa: F401
    with tempfile.TemporaryDirectory() as folder:
        weights = check_archive(path, Path(folder))
        check_hdf5(weights)
    with reading(path):
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        if not all(np.isfinite(w).all() for w in model.get_weights() if w.dtype.kind == "f"):
            raise ValueError("its weights hold NaN or infinite values")
        return model


def check_archive(path: Path, folder: Path) -> Path:
    """Look into a `.keras` file before Keras does; its weights go to `folder`.

    Raises:
        ValueError: the file is damaged, or asks for more than layers.
    """
    path = check_file(path)
    with reading(path), zipfile.ZipFile(path) as file:
        sizes = {member.filename: member.file_size for member in file.infolist()}
        if set(sizes) != set(ARCHIVED):
            raise ValueError(f"a .keras file holds {', '.join(ARCHIVED)}, this one "
                             f"{', '.join(sizes)}")
        if sum(sizes.values()) > LARGEST:
            raise ValueError(f"it holds more than {LARGEST >> 20} MB")
        config = parse_json(file.read(ARCHIVED[1]))
        _check_config(config)
        return Path(file.extract(ARCHIVED[2], folder))


def _check_config(node: Any, depth: int = 0) -> None:
    """Everything that a configuration asks for is a layer, or a part of one."""
    if depth > DEEPEST:
        raise ValueError("its configuration is nested too deeply")
    if isinstance(node, dict):
        module = node.get("module")
        if "class_name" in node and not (
                module is None or MODULES.fullmatch(str(module))) or (
                node.get("class_name") in ("Lambda", "function")):
            raise ValueError(f"it asks for {module}.{node['class_name']}, which is no layer")
    elif isinstance(node, (int, float)) and abs(node) > 2 ** 32:
        raise ValueError(f"its configuration holds the number {node}")
    if isinstance(node, dict):
        items = [value for key, value in node.items() if key not in ("shared_object_id", "seed")]
    else:
        items = node if isinstance(node, list) else ()
    for item in items:
        _check_config(item, depth + 1)


def hdf5_fault(path: Path) -> str | None:
    """What is wrong with an HDF5 file, None if nothing can be seen from outside."""
    import h5py
    with open(path, "rb") as file:
        start = file.read(len(HDF5_SIGNATURE))
    if start != HDF5_SIGNATURE:
        return f"is no HDF5 file (it starts with {start!r})"
    try:
        h5py.File(path, "r").close()
    except OSError as error:
        return f"is truncated or damaged ({error})"
    return None


def _count_weights(path: str | os.PathLike) -> int:
    """How many variables a `.weights.h5` file holds."""
    import h5py
    fault = hdf5_fault(Path(path))
    if fault:
        raise ValueError(f"{path} {fault}")
    names = []
    with open_hdf5(path) as file:
        file.visititems(lambda name, item: names.append(name.rpartition("/")[2])
                        if isinstance(item, h5py.Dataset) else None)
    # Numbered: what a layer keeps beside its weights has a name.
    return sum(name.isdigit() for name in names)
