import hashlib
from dataclasses import replace

import numpy as np
import pytest

from deephar.checkpoints.table import ANNOTATIONS, CHECKPOINTS
from deephar.cli import main
from tests.fakes.server import MD5, serving
from tests.fakes.weights import write_published


@pytest.fixture
def server():
    with serving() as it:
        yield it


@pytest.fixture
def published(server, tmp_path, monkeypatch):
    """The tables, with every file on a server of this machine."""
    write_published(tmp_path / "source", {"a": {"a/kernel:0": np.ones((2, 3))}})
    server.content = (tmp_path / "source").read_bytes()
    (tmp_path / "source").unlink()
    md5 = hashlib.md5(server.content).hexdigest()
    for key, entry in CHECKPOINTS.items():
        monkeypatch.setitem(CHECKPOINTS, key, replace(
            entry, url=server.url(entry.file), md5=entry.md5 and md5))
    for key, entry in ANNOTATIONS.items():
        monkeypatch.setitem(ANNOTATIONS, key, replace(
            entry, url=server.url(key), md5=md5))
    return server


def names(folder):
    return sorted(path.name for path in folder.rglob("*"))


def run(tmp_path, *arguments):
    return main(["download", *arguments, "--folder", str(tmp_path / "w"),
                 "--data", str(tmp_path / "d")])


def test_one(published, tmp_path, capsys):
    assert run(tmp_path, "penn_merge") == 0
    file = CHECKPOINTS["penn_merge"].file
    assert names(tmp_path) == ["w", file]
    out, err = capsys.readouterr()
    assert out == f"penn_merge: {tmp_path / 'w' / file}\n"
    assert f"{file} [" in err


def test_all_of_both_kinds(published, tmp_path):
    assert run(tmp_path, "all", "annotations") == 0
    assert names(tmp_path / "w") == sorted(e.file for e in CHECKPOINTS.values())
    for entry in ANNOTATIONS.values():
        assert (tmp_path / "d" / entry.place).read_bytes() == published.content
    assert len(published.asked) == len(CHECKPOINTS) + len(ANNOTATIONS)


def test_one_failure_does_not_stop_the_others(published, tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(CHECKPOINTS, "penn_merge",
                        replace(CHECKPOINTS["penn_merge"], md5=MD5))
    assert run(tmp_path, "all") == 1
    assert len(names(tmp_path / "w")) == len(CHECKPOINTS) - 1
    err = capsys.readouterr().err
    assert f"in place of {MD5} and was deleted" in err
    assert "1 of 6 could not be downloaded" in err


def test_an_unknown_name_downloads_nothing(published, tmp_path, capsys):
    assert run(tmp_path, "penn_merge", "spnet") == 2
    assert "nothing to download is called 'spnet'; there are all, mpii" in (
        capsys.readouterr().err)
    assert published.asked == []
