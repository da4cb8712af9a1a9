"""What a stranger's file may not do: each line of docs/security.md has its test here."""
import ast
import os
import re
import struct
import time
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from deephar.checkpoints.download import DownloadError, fetch
from deephar.checkpoints.load import check_archive
from deephar.checkpoints.table import CHECKPOINTS
from deephar.data.keypoints.files import read_keypoints
from deephar.data.matfile import load_mat, load_npy
from deephar.data.pictures import open_picture
from deephar.utils.files import read_json
from deephar.utils.reading import check_file, open_hdf5, read_npz

ROOT = Path(__file__).resolve().parents[2]


class Writes:
    """A pickle that makes a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_the_threat_model_names_tests_that_exist():
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text)
    rows = [line for line in text.splitlines() if line.startswith("| ") and "---" not in line]
    assert len(named) >= len(rows) - 1 >= 10
    for file, name in named:
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert name in {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}, name


def test_pickles_run_no_code_even_with_permission(tmp_path):
    path, mark = tmp_path / "data_2d_a.npz", tmp_path / "mark"
    np.savez(path, positions_2d=np.array({"S1": Writes(mark)}, object),
             metadata=np.array({}, object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_keypoints(path)
    with pytest.raises(ValueError, match="data_2d_a.npz.*asks for .*open"):
        read_keypoints(path, allow_pickle=True)
    with pytest.raises(ValueError, match="pickled objects, which are refused"):
        read_npz(path)
    np.save(tmp_path / "a.npy", np.array({"S1": Writes(mark)}, object))
    with pytest.raises(ValueError, match="pickled files are refused"):
        load_npy(tmp_path / "a.npy")
    assert not mark.exists()


def archive(path, config, **more):
    with zipfile.ZipFile(path, "w") as file:
        for name, content in {"metadata.json": "{}", "config.json": config,
                              "model.weights.h5": "", **more}.items():
            file.writestr(name, content)
    return path


@pytest.mark.parametrize("config, words", [
    ('{"module": "os", "class_name": "system"}', "asks for os.system"),
    ('{"module": "keras.layers", "class_name": "Lambda"}', "Lambda, which is no layer"),
    ('{"a": [{"module": "keras.utils", "class_name": "get_file"}]}', "get_file"),
    ('{"module": "builtins", "class_name": "function"}', "function, which is no layer"),
    ('{"units": 4000000000000000000}', "4000000000000000000"),
    ("[" * 100_000, "nested too deeply"),
])
def test_keras_files_hold_layers_only(tmp_path, config, words):
    with pytest.raises(ValueError, match=f"m.keras.*{words}"):
        check_archive(archive(tmp_path / "m.keras", config), tmp_path)


def test_archives_stay_in_their_folder(tmp_path):
    path = archive(tmp_path / "m.keras", "{}", **{"../outside": "x"})
    with pytest.raises(ValueError, match="m.keras.*outside"):
        check_archive(path, tmp_path / "in")
    assert not (tmp_path / "outside").exists()


@pytest.mark.parametrize("link", [h5py.ExternalLink("/etc/passwd", "/"), h5py.SoftLink("/")])
def test_hdf5_files_point_nowhere(tmp_path, link):
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file["a/b"] = np.ones(3)
        file["a/c"] = link
    with pytest.raises(ValueError, match="w.h5.*/a/c points to another place"):
        with open_hdf5(tmp_path / "w.h5"):
            pass


def test_hdf5_numbers_lie_in_the_file(tmp_path):
    (tmp_path / "raw").write_bytes(bytes(80))
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_dataset("a", (10,), "f8", external=[(str(tmp_path / "raw"), 0, 80)])
    with pytest.raises(ValueError, match="w.h5.*points to another file"):
        with open_hdf5(tmp_path / "w.h5"):
            pass


def png(side):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) + chunk(b"IEND", b"")


def test_bombs_are_refused_before_memory_is_taken(tmp_path):
    (tmp_path / "a.png").write_bytes(png(60_000))
    with pytest.raises(ValueError, match="a.png"):
        open_picture(tmp_path / "a.png")
    with h5py.File(tmp_path / "w.h5", "w") as file:
        file.create_dataset("a", (1 << 40,), "f4", chunks=(1 << 16,))
    with pytest.raises(ValueError, match="w.h5.*more than"):
        with open_hdf5(tmp_path / "w.h5"):
            pass
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (40000000000,)}\n"
    bomb = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(8)
    (tmp_path / "a.npy").write_bytes(bomb)
    with pytest.raises(ValueError, match="a.npy"):
        load_npy(tmp_path / "a.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        file.writestr("a.npy", bomb)
    with pytest.raises(ValueError, match="a.npz.*not whole"):
        read_npz(tmp_path / "a.npz")
    (tmp_path / "a.json").write_text("[" * 200_000)
    with pytest.raises(ValueError, match="a.json.*nested"):
        read_json(tmp_path / "a.json")


def test_mat_files_are_looked_into_before_scipy_reads_them(tmp_path):
    import scipy.io
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"a": np.arange(4000.0)}, do_compression=True)
    whole = path.read_bytes()
    for place in range(140, len(whole), 97):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1:])
        with pytest.raises(ValueError, match="a.mat"):
            load_mat(path, ())
    nest = np.zeros(1)
    for _ in range(40):
        nest = np.array([nest, 0], object)
    scipy.io.savemat(path, {"a": nest})
    with pytest.raises(ValueError, match="a.mat.*nested too deeply"):
        load_mat(path, ())


@pytest.mark.parametrize("kind", ["folder", "loop", "device", "pipe"])
def test_only_files_are_read(tmp_path, kind):
    path = tmp_path / "a.json"
    {"folder": path.mkdir, "loop": lambda: path.symlink_to(path),
     "device": lambda: path.symlink_to("/dev/zero"),
     "pipe": lambda: os.mkfifo(path)}[kind]()
    start = time.monotonic()
    for read in (check_file, read_json, open_picture, read_npz):
        with pytest.raises(ValueError, match="a.json"):
            read(path)
    assert time.monotonic() - start < 5


def test_pictures_start_no_other_program(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    with pytest.raises(ValueError, match="a.jpg cannot be read as a picture"):
        open_picture(tmp_path / "a.jpg")
    Image.new("RGB", (4, 4)).save(tmp_path / "b.webp")
    assert open_picture(tmp_path / "b.webp")[1] == (4, 4)


def test_json_numbers_are_numbers(tmp_path):
    for text in ("[NaN]", "[Infinity]", "[1e999]", '{"a": -Infinity}'):
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(ValueError, match="a.json.*is no number"):
            read_json(tmp_path / "a.json")


def test_downloads_are_https_with_checksums(tmp_path):
    for entry in CHECKPOINTS.values():
        assert entry.url.startswith("https://")
        assert entry.no_md5 if entry.md5 is None else len(entry.md5) == 32
    for url in ("http://example.org/a", "file:///etc/passwd", "ftp://example.org/a"):
        with pytest.raises(DownloadError, match="https"):
            fetch(url, tmp_path / "a", "0" * 32)
    assert not list(tmp_path.iterdir())


def test_nothing_is_evaluated():
    for path in [*(ROOT / "deephar").rglob("*.py"), *(ROOT / "exp").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(getattr(node, "func", None), "id", "")
            assert name not in ("eval", "exec", "__import__", "compile"), path
            loads = isinstance(node, ast.Call) and ast.unparse(node.func) in (
                "pickle.load", "pickle.loads")
            # Our own processes and files without a name.
            assert not loads or path.name in ("workers.py", "processes.py", "results.py"), path
            keywords = {k.arg: k.value for k in getattr(node, "keywords", ())}
            given = keywords.get("allow_pickle")
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.load":
                assert given is not None and given.value is False, path
