import importlib
from dataclasses import replace

import numpy as np
import pytest

from deephar.checkpoints import table
from deephar.checkpoints.description import ARCHITECTURES
from deephar.checkpoints.variants import VARIANTS
from deephar.cli import main
from deephar.cli.models import LIFTERS
from deephar.cli.models import table as aligned
from deephar.utils.files import md5_of
from tests.fakes.weights import write_published


def test_it_lists_what_there_is(tmp_path, capsys):
    entry = table.CHECKPOINTS["penn_spnet"]
    (tmp_path / entry.file).touch()
    assert main(["models", "--folder", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name in (*ARCHITECTURES, *(row[0] for row in LIFTERS)):
        assert any(line.split()[:1] == [name] for line in lines)
    for key, entry in table.CHECKPOINTS.items():
        line = next(line for line in lines if line.split()[:1] == [key])
        assert entry.title in line and entry.outputs in line
        assert f"{entry.parameters / 1e6:.1f} M" in line
        assert f" {entry.flops / 1e9:.1f} " in line
        assert line.endswith("here" if key == "penn_spnet" else "-")
    for key, variant in VARIANTS.items():
        line = next(line for line in lines if line.split()[:1] == [key])
        assert f"{variant.parameters / 1e6:.1f} M" in line
        assert line.endswith(f" {variant.flops / 1e9:.1f}")
    assert max(map(len, lines)) < 130


def test_it_tells_all_about_a_network_without_weights(capsys):
    assert main(["models", "ntu_keypoints3d"]) == 0
    told = capsys.readouterr().out
    for text in ("20x256x256x3", "pa20j3d", "exp/ntu/train_ntu_keypoints3d.py",
                 "weights/README.md"):
        assert text in told


def test_it_tells_all_about_one(tmp_path, capsys, monkeypatch):
    path = tmp_path / table.CHECKPOINTS["ntu_merge"].file

    def told():
        assert main(["models", "ntu_merge", "--folder", str(tmp_path)]) == 0
        return capsys.readouterr().out

    entry = table.CHECKPOINTS["ntu_merge"]
    for text in (entry.url, entry.md5, entry.expected, "pa20j3d", "20x256x256x3"):
        assert text in told()
    assert f"{path} (not here)" in told()
    write_published(path, {"a": {"a/kernel:0": np.ones((2, 3))}})
    assert f"{path} (here, but has md5" in told()
    monkeypatch.setitem(table.CHECKPOINTS, "ntu_merge", replace(entry, md5=md5_of(path)))
    assert f"{path} (here, checksum right)" in told()
    monkeypatch.setitem(table.CHECKPOINTS, "ntu_merge",
                        replace(entry, md5=None, no_md5="lost"))
    assert f"{path} (here, without a checksum)" in told() and "none: lost" in told()


def test_an_unknown_name(capsys):
    assert main(["models", "spnet"]) == 2
    assert "no published checkpoint is called 'spnet'; there are" in capsys.readouterr().err


def test_columns_are_aligned():
    assert aligned([("A", "BB", "C"), ("aaa", "b", "")]) == "  A    BB  C\n  aaa  b"


@pytest.mark.parametrize("built_by", [
    *(kind.built_by for kind in ARCHITECTURES.values()), *(row[-1] for row in LIFTERS)])
def test_the_builders_exist(built_by):
    module, _, name = built_by.rpartition(".")
    assert callable(getattr(importlib.import_module(f"deephar.models.{module}"), name))
