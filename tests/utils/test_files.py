import os
import subprocess
import sys

import pytest
from matplotlib.figure import Figure
from PIL import Image

from deephar.utils.files import (
    HOST, atomic_path, md5_of, natural_order, read_json, write_json, write_picture)


def test_json_round_trip(tmp_path):
    path = tmp_path / "new" / "a.json"
    write_json(path, {"b": [1, 2.5, None]})
    assert read_json(path) == {"b": [1, 2.5, None]}
    assert [p.name for p in path.parent.iterdir()] == ["a.json"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.weights.h5"
    path.write_text("old")
    with pytest.raises(KeyError):
        with atomic_path(path) as temporary:
            assert temporary.name.endswith(".weights.h5")
            temporary.write_text("half")
            raise KeyError
    assert path.read_text() == "old"
    assert len(list(tmp_path.iterdir())) == 1


def test_what_killed_processes_left_is_removed(tmp_path):
    """And nothing that a living process, or another machine, is writing."""
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    names = [f".a.{HOST}-{dead.pid}.tmp.weights.h5", f".b.{HOST}-{os.getppid()}.tmp",
             ".c.elsewhere-1.tmp.npz", ".d.tmp", f"e.{HOST}-{dead.pid}.tmp"]
    for name in names:
        (tmp_path / name).touch()
    write_json(tmp_path / "x.json", {})
    assert {p.name for p in tmp_path.iterdir()} == {"x.json", *names[1:]}


def test_broken_json_is_named(tmp_path):
    path = tmp_path / "a.json"
    path.write_text("{")
    with pytest.raises(ValueError, match="a.json is not a JSON file"):
        read_json(path)


def test_md5(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert md5_of(path) == "900150983cd24fb0d6963f7d28e17f72"


def test_numbers_in_names_count_as_numbers():
    names = ["b1.jpg", "a10.jpg", "a9.jpg", "a9b2.jpg", "a9b10.jpg", "10.jpg", "9.jpg"]
    assert sorted(names, key=natural_order) == [
        "9.jpg", "10.jpg", "a9.jpg", "a9b2.jpg", "a9b10.jpg", "a10.jpg", "b1.jpg"]


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.gif"])
def test_pictures_are_whole_or_an_error(tmp_path, name):
    """A disk that takes the first kilobyte only: Pillow alone would not notice."""
    picture = Image.effect_noise((64, 64), 90)
    write_picture(tmp_path / name, picture)
    with Image.open(tmp_path / name) as found:
        assert found.size == (64, 64) and found.format == {"a.jpg": "JPEG"}.get(
            name, name[2:].upper())
        found.load()
    old = (tmp_path / name).read_bytes()
    code = ("import resource, sys; from PIL import Image\n"
            "from deephar.utils.files import write_picture\n"
            "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
            "write_picture(sys.argv[1], Image.effect_noise((64, 64), 90))")
    done = subprocess.run([sys.executable, "-c", code, tmp_path / name], text=True,
                          capture_output=True)
    assert "File too large" in done.stderr
    assert (tmp_path / name).read_bytes() == old and len(list(tmp_path.iterdir())) == 1


def test_figures_take_the_format_of_their_name(tmp_path):
    figure = Figure(figsize=(1, 1))
    for name, start in (("a.png", b"\x89PNG"), ("a.pdf", b"%PDF"), ("a.svg", b"<?xml")):
        write_picture(tmp_path / name, figure, dpi=30)
        assert (tmp_path / name).read_bytes().startswith(start)


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(os, "fsync", lambda number: done.append(os.fstat(number).st_size))
    monkeypatch.setattr(os, "replace", lambda *paths: done.append(paths[1]))
    with atomic_path(tmp_path / "a") as temporary:
        temporary.write_bytes(b"abc")
    assert done == [3, tmp_path / "a"]
