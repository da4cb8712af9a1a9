"""Which script a published row runs, and what it needs."""
import functools
import subprocess
import sys

import pytest

from deephar.cli import main, reproduce
from deephar.evaluation.paper_tables import IMAGES_AND_CLIPS, PAPER_TABLES
from deephar.utils.files import write_json
from deephar.utils.flags import parse_config
from tests.exp.conftest import EXP, load_script

ROWS = [key for key, row in PAPER_TABLES.items() if row.script]


@pytest.fixture
def calls(monkeypatch):
    """Commands that would have run."""
    kept = []
    monkeypatch.setattr(subprocess, "call", lambda command: kept.append(command) or 0)
    return kept


def test_every_row_is_listed(capsys):
    assert main(["reproduce"]) == 0
    text = capsys.readouterr().out
    assert all(key in text for key in PAPER_TABLES)
    assert "89.1 %" in text and "not verified" in text


@pytest.mark.parametrize("key", ROWS)
def test_a_row_runs_its_script_with_flags_that_it_knows(key, calls, tmp_path):
    tiny = ["--tiny", "--limit", "2"] if key in IMAGES_AND_CLIPS else []
    assert main(["reproduce", key, "--data", "synthetic", "--output", str(tmp_path),
                 *tiny]) == 0
    (python, script, *flags), = calls
    assert python == sys.executable and script == str(EXP / PAPER_TABLES[key].script)
    cfg = parse_config(config_class(PAPER_TABLES[key].script), flags)
    assert (cfg.output, cfg.data) == (str(tmp_path), "synthetic")
    assert not tiny or (cfg.tiny, cfg.limit) == (True, 2)


@functools.cache
def config_class(script):
    return load_script(script).Config


def test_missing_files_are_named_with_the_way_to_get_them(
        calls, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "penn", "--data", "data"]) == 1
    text = capsys.readouterr().out
    assert "deephar download penn_merge" in text
    assert "deephar download penn_annotations" in text
    assert calls == []


def test_a_missing_box_file_is_named(calls, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "PennAction").mkdir(parents=True)
    (tmp_path / "data" / "PennAction" / "annotations.mat").write_bytes(b"")
    flags = ["--data", "data", "--weights", "random"]
    assert main(["reproduce", "penn", *flags]) == 1
    assert "deephar download penn_pred_bboxes" in capsys.readouterr().out
    write_json(tmp_path / "data" / "PennAction" / "penn_pred_bboxes_16f.json", [])
    assert main(["reproduce", "penn", *flags]) == 0
    assert calls[0][-2:] == ["--weights", "random"]


def test_a_dry_run_runs_nothing(calls, capsys):
    assert main(["reproduce", "mpii-val", "--data", "synthetic", "--dry-run"]) == 0
    assert "eval_mpii_singleperson.py" in capsys.readouterr().out and calls == []


def test_a_row_that_nobody_can_measure_says_why(capsys):
    assert main(["reproduce", "mpii-test"]) == 1
    assert "not public" in capsys.readouterr().out


def test_an_unknown_row_lists_the_known_ones(capsys):
    assert main(["reproduce", "coco"]) == 1
    assert "mpii-val" in capsys.readouterr().err


def test_a_broken_installation_lacks_the_scripts(monkeypatch, tmp_path):
    monkeypatch.setattr(reproduce.deephar, "__file__", str(tmp_path / "d" / "x.py"))
    with pytest.raises(FileNotFoundError, match="install deephar again"):
        reproduce.script_path("mpii/eval_mpii_singleperson.py")
