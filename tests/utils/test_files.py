import os
import subprocess
import sys

import pytest

from deephar.utils.files import (
    HOST, atomic_path, md5_of, natural_order, read_json, write_json)


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
