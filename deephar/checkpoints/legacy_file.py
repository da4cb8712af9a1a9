"""What a Keras 2.1.x weight file holds, and whether it can be believed.

Attribute `layer_names`, one group per layer, attribute `weight_names` per
group.  Every way in which a file can be damaged has its own message.
"""
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from deephar.utils.reading import check_file, open_hdf5

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"


@dataclass(frozen=True)
class Tensor:
    """One tensor of a file; `name` as stored, such as `conv2d_1/kernel:0`."""
    name: str
    value: np.ndarray

    @property
    def kind(self) -> str:
        return self.name.split("/")[-1].split(":")[0]

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    @property
    def layer(self) -> str:
        return self.name.split("/")[-2] if "/" in self.name else ""

    def __str__(self) -> str:
        return f"{self.name} {self.shape}"


def read_groups(path: Path) -> dict[str, list[Tensor]]:
    """The file's groups that hold tensors, in the file's order.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is empty, of another kind, truncated or damaged.
    """
    if not path.exists() and not path.is_symlink():
        raise FileNotFoundError(f"{path}: no such weight file")
    if check_file(path).stat().st_size == 0:
        raise ValueError(f"{path} is empty (0 bytes): download it again")
    with open(path, "rb") as file:
        if file.read(8) != HDF5_SIGNATURE:
            raise ValueError(f"{path} is not an HDF5 file: download it again")
    try:
        with open_hdf5(path) as file:
            root = file["model_weights"] if "model_weights" in file else file
            return _read_root(path, root)
    except ValueError as error:
        if isinstance(error.__cause__, ValueError) or error.__cause__ is None:
            raise
        raise ValueError(f"{path} is truncated or damaged: download it again "
                         f"({error.__cause__})") from error


def _read_root(path: Path, root) -> dict[str, list[Tensor]]:
    layer_names = _read_names(root, "layer_names")
    if layer_names is None:
        raise ValueError(
            f"{path} is not a Keras 2 weight file: it has no 'layer_names'. "
            "Load a Keras 3 .weights.h5 file with model.load_weights(path)")
    groups = {}
    for layer in layer_names:
        if layer not in root:
            raise ValueError(f"{path}: layer {layer} is listed, but it is not there")
        names = _read_names(root[layer], "weight_names") or []
        if names:
            groups[layer] = [_read_tensor(path, root[layer], layer, n) for n in names]
    groups.update(_read_unlisted(root, groups))
    return groups


def _read_unlisted(root, groups) -> dict[str, list[Tensor]]:
    """Tensors that are in the file, but in none of its lists of names."""
    listed = {f"{layer}/{t.name}" for layer, tensors in groups.items() for t in tensors}
    unlisted = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset) and name not in listed:
            layer, _, rest = name.partition("/")
            unlisted.setdefault(f"{layer} (not listed)", []).append(
                Tensor(rest, np.asarray(item[()])))

    root.visititems(visit)
    return unlisted


def _read_tensor(path: Path, group, layer: str, name: str) -> Tensor:
    if name not in group:
        raise ValueError(f"{path}: layer {layer} lists {name}, but it is not there")
    try:
        return Tensor(name, np.asarray(group[name][()]))
    except OSError as error:
        raise OSError(f"layer {layer}, {name}, shape {group[name].shape}: {error}"
                      ) from error


def _read_names(group, attribute: str) -> list[str] | None:
    """A list of names; long ones are split over `NAME0`, `NAME1`, ..."""
    if attribute in group.attrs:
        names = list(group.attrs[attribute])
    else:
        names, part = None, 0
        while f"{attribute}{part}" in group.attrs:
            names = (names or []) + list(group.attrs[f"{attribute}{part}"])
            part += 1
    if names is None:
        return None
    return [n.decode("utf-8") if isinstance(n, bytes) else str(n) for n in names]


def check_values(path: Path, groups: dict[str, list[Tensor]]) -> None:
    """Raises ValueError for values that no network can have."""
    for group, tensors in groups.items():
        for tensor in tensors:
            where = f"{path}: layer {group}, {tensor}"
            if not np.issubdtype(tensor.value.dtype, np.floating):
                raise ValueError(f"{where}: not floating-point numbers, but {tensor.value.dtype}")
            if not np.isfinite(tensor.value).all():
                raise ValueError(f"{where}: NaN or infinite values")
            if tensor.kind == "moving_variance" and (tensor.value < 0).any():
                raise ValueError(f"{where}: negative variance "
                                 f"{tensor.value.min():.3g}")
