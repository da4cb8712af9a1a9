"""Damage to files: seeded, of every kind that disks, networks and strangers do.

`mutate(path, rng)` changes the file in place and says what it did.  Half of the
damage is blind, of bytes; the other half knows the format and damages what is
in it, so that the file itself stays whole.
"""
import csv
import io
import json
import os
import zipfile
from pathlib import Path

import numpy as np

ODD_VALUES = (None, True, -1, 0, 3, 1e30, 4 * 10 ** 18, float("nan"), float("inf"), "", "x",
              "../../etc/passwd", "ŧ\u202e\ud83d\ude00", [], [1], {}, {"a": []}, [[[]]])


# === Bytes ===

def truncated(data: bytearray, rng) -> bytearray:
    return data[:int(rng.integers(0, max(len(data), 1)))]


def flipped(data: bytearray, rng) -> bytearray:
    for _ in range(int(rng.integers(1, 9))):
        if data:
            data[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
    return data


def zeroed(data: bytearray, rng) -> bytearray:
    start = int(rng.integers(0, max(len(data), 1)))
    end = min(start + 64, len(data))
    data[start:end] = bytes(end - start)
    return data


def huge(data: bytearray, rng) -> bytearray:
    """A number somewhere in the file becomes as large as can be."""
    size = int(rng.choice([2, 4, 8]))
    if len(data) > size:
        start = int(rng.integers(0, len(data) - size))
        data[start:start + size] = b"\xff" * (size - 1) + b"\x7f"
    return data


def cut_out(data: bytearray, rng) -> bytearray:
    start = int(rng.integers(0, max(len(data), 1)))
    del data[start:start + int(rng.integers(1, 200))]
    return data


def repeated(data: bytearray, rng) -> bytearray:
    start = int(rng.integers(0, max(len(data), 1)))
    return data[:start] + data[start:start + 100] + data[start:]


def noise(data: bytearray, rng) -> bytearray:
    start = int(rng.integers(0, max(len(data), 1)))
    end = min(start + int(rng.integers(1, 100)), len(data))
    data[start:end] = rng.bytes(end - start)
    return data


BLIND = (truncated, flipped, zeroed, huge, cut_out, repeated, noise)


def _blind(path: Path, rng) -> str:
    how = BLIND[int(rng.integers(len(BLIND)))]
    path.write_bytes(how(bytearray(path.read_bytes()), rng))
    return how.__name__


# === The file itself ===

def _replaced(path: Path, rng) -> str:
    """Something else under the file's name."""
    kind = ("empty", "text", "folder", "loop", "dangling", "endless")[int(rng.integers(6))]
    path.unlink()
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("ŧhis is nø such file\n" * 3, "utf-8")
    elif kind == "folder":
        path.mkdir()
    else:
        os.symlink({"loop": path, "dangling": path.with_name("nowhere"),
                    "endless": "/dev/zero"}[kind], path)
    return kind


# === JSON ===

def _places(node, found=None) -> list:
    """(container, key) of everything in a JSON value."""
    found = [] if found is None else found
    pairs = (node.items() if isinstance(node, dict)
             else enumerate(node) if isinstance(node, list) else ())
    for key, item in list(pairs):
        found.append((node, key))
        _places(item, found)
    return found


def _damage_json(content, rng):
    """(the damaged value, what was done)."""
    places = _places(content)
    if not places:
        return None, "json None"
    container, key = places[int(rng.integers(len(places)))]
    kind = ("delete", "odd", "odd", "swap", "deep", "scale")[int(rng.integers(6))]
    if kind == "delete":
        del container[key]
    elif kind == "swap":
        other, name = places[int(rng.integers(len(places)))]
        container[key], other[name] = other[name], container[key]
        try:
            json.dumps(content)
        except (ValueError, RecursionError):    # it holds itself now
            return [], "json []"
    elif kind == "deep":
        nest = []
        for _ in range(500):
            nest = [nest]
        container[key] = nest
    elif kind == "scale" and isinstance(container[key], (int, float)):
        container[key] *= 10 ** int(rng.integers(3, 15))
    else:
        container[key] = ODD_VALUES[int(rng.integers(len(ODD_VALUES)))]
    return content, f"json {kind} {key}"


def _json(path: Path, rng) -> str:
    if rng.random() < 0.05:
        path.write_text("[" * 200_000, "utf-8")
        return "json nest"
    content, what = _damage_json(json.loads(path.read_text("utf-8")), rng)
    path.write_text(json.dumps(content), "utf-8")
    return what


# === Arrays ===

def _damage_array(array: np.ndarray, rng) -> tuple[np.ndarray, str]:
    if array.dtype.kind == "O" and array.size == 1 and isinstance(array.item(), dict):
        return _damage_pickle(array, rng)
    kind = ("dtype", "shape", "nan", "inf", "empty", "object", "huge",
            "sign")[int(rng.integers(8))]
    if kind == "dtype":
        array = np.array(["x"] * 3) if rng.random() < 0.5 else array.astype(bool)
    elif kind == "shape":
        array = array[..., None] if rng.random() < 0.5 else array.ravel()[:-1]
    elif kind in ("nan", "inf") and array.dtype.kind == "f" and array.size:
        array = array.copy()
        array.flat[int(rng.integers(array.size))] = float(kind)
    elif kind == "empty":
        array = array[:0] if array.ndim else np.zeros(0, array.dtype)
    elif kind == "object":
        array = np.array({"a": 1}, object)
    elif kind == "huge" and array.dtype.kind in "fiu" and array.size:
        array = array.copy()
        array.flat[int(rng.integers(array.size))] = np.finfo(np.float32).max if (
            array.dtype.kind == "f") else np.iinfo(array.dtype).max
    elif array.dtype.kind in "fi":
        array = -array
    return array, f"array {kind}"


def _damage_pickle(array, rng):
    """The dictionaries of the key-point files."""
    content = array.item()
    places = _places(content)
    container, key = places[int(rng.integers(len(places)))]
    item = container[key]
    if isinstance(item, np.ndarray) and rng.random() < 0.6:
        container[key], what = _damage_array(item, rng)
    elif rng.random() < 0.5:
        del container[key]
        what = f"delete {key}"
    else:
        container[key] = ODD_VALUES[int(rng.integers(len(ODD_VALUES)))]
        what = f"odd {key}"
    return np.array(content, object), f"pickled {what}"


def _npy_with(shape: str) -> bytes:
    """The header of an array of that shape, and hardly any numbers."""
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64)


def _npz(path: Path, rng) -> str:
    with np.load(path, allow_pickle=True) as file:
        arrays = {name: file[name] for name in file.files}
    name = sorted(arrays)[int(rng.integers(len(arrays)))]
    kind = ("delete", "rename", "array", "array", "array", "bomb", "json")[int(rng.integers(7))]
    array = arrays[name]
    if kind == "bomb":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for other in arrays:
                content = _npy_with("(40000000000,)" if rng.random() < 0.5 else "(-4,)")
                file.writestr(f"{other}.npy", content)
        return "npz bomb"
    if kind == "delete":
        del arrays[name]
    elif kind == "rename":
        arrays[f"ŧ{name}"] = arrays.pop(name)
    elif kind == "json" and array.dtype == np.uint8:
        content, kind = _damage_json(json.loads(array.tobytes()), rng)
        arrays[name] = np.frombuffer(json.dumps(content).encode(), np.uint8)
    else:
        arrays[name], kind = _damage_array(array, rng)
    np.savez(path, **arrays)
    return f"npz {kind} {name}"


def _npy(path: Path, rng) -> str:
    if rng.random() < 0.15:
        path.write_bytes(_npy_with("(40000000000,)"))
        return "npy bomb"
    array, what = _damage_array(np.load(path, allow_pickle=True), rng)
    np.save(path, array)
    return what


def _mat(path: Path, rng) -> str:
    import scipy.io
    content = {key: value for key, value in scipy.io.loadmat(path).items()
               if not key.startswith("__")}
    leaves = []

    def visit(array, depth=0):
        for index in np.ndindex(array.shape):
            for name in array.dtype.names or (None,):
                item = array[index] if name is None else array[index][name]
                leaves.append((array, index, name))
                if isinstance(item, np.ndarray) and item.dtype.kind in "OV":
                    visit(item)

    for value in content.values():
        if value.dtype.kind in "OV":
            visit(value)
    if not leaves or rng.random() < 0.1:
        name = sorted(content)[int(rng.integers(len(content)))]
        content[name], what = np.zeros((2, 2)), f"mat zeros {name}"
    else:
        array, index, name = leaves[int(rng.integers(len(leaves)))]
        item = array[index] if name is None else array[index][name]
        if isinstance(item, np.ndarray) and item.dtype.kind in "fiu" and rng.random() < 0.6:
            item, what = _damage_array(item, rng)
            item = np.zeros((0, 0)) if item.dtype.kind in "OU" else item
        else:
            odd = (np.zeros((0, 0)), np.array("ŧ"), np.full((3, 3), np.nan), np.eye(2) > 0)
            item, what = odd[int(rng.integers(len(odd)))], "odd"
        if name is None:
            array[index] = item
        else:
            array[index][name] = item
        what = f"mat {what} {name}"
    scipy.io.savemat(path, content, do_compression=True)
    return what


def _hdf5(path: Path, rng) -> str:
    import h5py
    with h5py.File(path, "r+") as file:
        names = []
        file.visititems(lambda name, item: names.append(name))
        name = names[int(rng.integers(len(names)))]
        kind = ("delete", "array", "external", "soft", "huge",
                "attribute")[int(rng.integers(6))]
        item = file[name]
        if kind == "attribute":
            owners = [file, *(file[n] for n in names)]
            owner = [o for o in owners if len(o.attrs)] or [file]
            owner = owner[int(rng.integers(len(owner)))]
            for key in owner.attrs:
                if rng.random() < 0.5:
                    del owner.attrs[key]
                else:
                    owner.attrs[key] = [3.5, float("nan")]
            return "hdf5 attribute"
        is_array = isinstance(item, h5py.Dataset)
        array = item[()] if is_array else None
        del file[name]
        if kind == "external":
            file[name] = h5py.ExternalLink("/etc/passwd", "/")
        elif kind == "soft":
            file[name] = h5py.SoftLink("/")
        elif kind == "huge":
            file.create_dataset(name, (40_000_000_000,), "f4", chunks=(1 << 16,))
        elif kind == "array" and is_array:
            array, what = _damage_array(np.asarray(array), rng)
            if array.dtype.kind in "OU":
                array = b"text"
            file[name] = array
            kind = what
    return f"hdf5 {kind} {name}"


def _keras(path: Path, rng) -> str:
    """The zip archive of a `.keras` file."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    kind = ("config", "config", "config", "delete", "weights", "path")[int(rng.integers(6))]
    if kind == "config":
        content, what = _damage_json(json.loads(members["config.json"]), rng)
        members["config.json"] = json.dumps(content).encode()
        kind = what
    elif kind == "delete":
        del members[sorted(members)[int(rng.integers(len(members)))]]
    elif kind == "path":
        members["../../outside.txt"] = b"x"
    else:
        inside = path.with_suffix(".h5")
        inside.write_bytes(members["model.weights.h5"])
        kind = _hdf5(inside, rng)
        members["model.weights.h5"] = inside.read_bytes()
        inside.unlink()
    with zipfile.ZipFile(path, "w") as file:
        for name, content in members.items():
            file.writestr(name, content)
    return f"keras {kind}"


# === Tables, text, pictures ===

def _csv(path: Path, rng) -> str:
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    row = rows[int(rng.integers(len(rows)))]
    cell = int(rng.integers(len(row)))
    kind = ("odd", "delete", "more", "column")[int(rng.integers(4))]
    if kind == "odd":
        row[cell] = str(ODD_VALUES[int(rng.integers(len(ODD_VALUES)))])
    elif kind == "delete":
        del row[cell]
    elif kind == "more":
        row += ["1", "2"]
    else:
        for line in rows:
            del line[min(cell, len(line) - 1)]
    with open(path, "w", newline="", encoding="utf-8", errors="surrogatepass") as file:
        csv.writer(file).writerows(rows)
    return f"csv {kind}"


def _words(path: Path, rng) -> str:
    words = path.read_text("utf-8").split(" ")
    at = int(rng.integers(len(words)))
    words[at] = str(ODD_VALUES[int(rng.integers(len(ODD_VALUES)))])
    path.write_text(" ".join(words), "utf-8", errors="surrogatepass")
    return f"word {words[at]!r}"


def _picture(path: Path, rng) -> str:
    """A bomb: a header of a picture that fills the memory, or one that is too wide."""
    import struct
    import zlib
    side = int(rng.choice([0, 1, 20_000, 60_000]))
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)

    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))

    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
                     + chunk(b"IDAT", zlib.compress(bytes(100_000))) + chunk(b"IEND", b""))
    return f"picture {side}"


FORMATS = {".json": _json, ".npz": _npz, ".npy": _npy, ".mat": _mat, ".h5": _hdf5,
           ".keras": _keras, ".csv": _csv, ".skeleton": _words, ".png": _picture,
           ".jpg": _picture}


def mutate(path: Path, rng: np.random.Generator) -> str:
    """Damage a file in one way; returns which."""
    knows = FORMATS.get(path.suffix)
    chance = rng.random()
    if chance < 0.06:
        return _replaced(path, rng)
    if knows and chance < (0.2 if path.suffix in (".png", ".jpg") else 0.6):
        return knows(path, rng)
    return _blind(path, rng)
