from dataclasses import replace
from types import SimpleNamespace

import pytest

from deephar.checkpoints import CHECKPOINTS, load_checkpoint
from deephar.cli import main
from tests.fakes.weights import (
    assert_same, content_of, filled, small, write_published)


@pytest.fixture
def penn(monkeypatch):
    """The entry `penn_spnet`, with a small network."""
    entry = replace(CHECKPOINTS["penn_spnet"], description=SimpleNamespace(build=small))
    monkeypatch.setitem(CHECKPOINTS, "penn_spnet", entry)
    return entry


def test_the_report_is_shown(penn, tmp_path, capsys):
    source, out = tmp_path / penn.file, tmp_path / "penn_spnet.weights.h5"
    write_published(source, content_of(filled()))
    assert main(["convert", str(source), str(out), "--model", "penn_spnet"]) == 0
    text = capsys.readouterr().out
    assert "8 tensors used" in text and "0 unused, 0 missing" in text
    assert text.endswith(f"Written: {out}\n")
    assert_same(load_checkpoint(out), filled())


def test_nothing_is_written_of_a_file_that_does_not_fit(
        penn, tmp_path, capsys):
    source, out = tmp_path / penn.file, tmp_path / "penn_spnet.weights.h5"
    content = content_of(filled())
    del content["c"]
    write_published(source, content)
    assert main(["convert", str(source), str(out), "--model", "penn_spnet"]) == 2
    err = capsys.readouterr().err
    assert str(source) in err and "layer c is missing" in err
    assert [path.name for path in tmp_path.iterdir()] == [penn.file]


def test_an_unknown_model(tmp_path, capsys):
    assert main(["convert", "in.h5", str(tmp_path / "a.keras"), "--model", "spnet"]) == 2
    assert "no published checkpoint is called 'spnet'" in capsys.readouterr().err
