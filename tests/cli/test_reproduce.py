"""Which script a published row runs, what it needs, and that every row runs."""
import functools
import time

import pytest

from deephar.cli import main, reproduce
from deephar.evaluation.paper_tables import PAPER_TABLES, TRAININGS
from deephar.utils.files import read_json, write_json
from deephar.utils.flags import parse_config
from tests.exp.conftest import load_script

ROWS = [key for key, row in PAPER_TABLES.items() if row.script]


@pytest.fixture
def calls(monkeypatch):
    """(script, flags) of what would have run."""
    kept = []
    monkeypatch.setattr(reproduce, "run_script",
                        lambda script, flags: kept.append((script, flags)) or 0)
    return kept


def test_every_row_is_listed(capsys):
    assert main(["reproduce"]) == 0
    text = capsys.readouterr().out
    assert all(key in text for key in PAPER_TABLES)
    assert "89.1 %" in text and "not verified" in text


def test_a_row_has_a_script_or_a_reason():
    for key, row in PAPER_TABLES.items():
        assert row.script or row.why_not, key
        assert set(row.training) <= set(TRAININGS)
        assert not row.script or row.checkpoint or row.training or key == "speed"


@pytest.mark.parametrize("key", ROWS)
def test_a_row_runs_its_script_with_flags_that_it_knows(key, calls, tmp_path):
    row = PAPER_TABLES[key]
    assert main(["reproduce", key, "--data", "synthetic", "--output", str(tmp_path / key),
                 "--tiny", "--limit", "2"]) == 0
    *trainings, (script, flags) = calls
    assert script == row.script
    cfg = parse_config(config_class(script), flags)
    assert (cfg.output, cfg.data) == (str(tmp_path / key), "synthetic")
    assert cfg.limit == 2 and cfg.paper == (key,)
    assert getattr(cfg, "tiny", True)
    if "keypoints" in row.data:
        assert len(trainings) == len(row.training)
        for script, flags in trainings:
            assert parse_config(config_class(script), flags).logdir.startswith(str(tmp_path))
        assert cfg.weights == str(tmp_path / "tiny-networks" / row.training[0])
        assert cfg.keypoints in ("gt", "cpn_ft_h36m_dbb") or cfg.keypoints in row.flags


@functools.cache
def config_class(script):
    return load_script(script).Config


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_has_flags_that_its_script_knows(name):
    script, *flags = TRAININGS[name]
    cfg = parse_config(config_class(script), flags)
    assert cfg.logdir


@pytest.mark.slow
def test_all_rows_on_synthetic_data(at_home, tmp_path, capsys):
    start = time.monotonic()
    code = main(["reproduce", "--all", "--data", "synthetic", "--tiny",
                 "--output", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert code == 0, "\n".join(lines)
    assert time.monotonic() - start < 600
    assert [line.split()[0] for line in lines[:-1]] == list(PAPER_TABLES)
    for line, (key, row) in zip(lines, PAPER_TABLES.items()):
        if row.why_not:
            assert row.why_not in line
            continue
        assert "published" in line and "FAILED" not in line
        scores = read_json(tmp_path / key / "report.json")["scores"]
        score, = [s for s in scores if key in s["paper"]]
        # The row's metric is the one that is compared.
        assert row.metric in score["name"] and score["value"] is not None
        assert row.unit == score["unit"]
    assert (tmp_path / "mpii-test" / "pred.mat").exists()
    text = (tmp_path / "actions-243" / "report.txt").read_text()
    assert "Table III" in text and "Table IV" in text and "56921" in text


def test_missing_files_are_named_with_the_way_to_get_them(
        calls, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "penn", "--data", "data"]) == 1
    text = capsys.readouterr().out
    assert "deephar download penn_merge" in text
    assert "deephar download penn_annotations" in text
    assert calls == []
    assert main(["reproduce", "linear-gt", "--data", "data"]) == 1
    text = capsys.readouterr().out
    assert "train_label_generator.py --system baseline" in text
    assert "data_2d_h36m_gt.npz" in text and calls == []


def test_of_human36m_only_the_released_file_will_not_do(calls, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "weights_3DPE_H36M_cvpr18_Nov-2017.h5").touch()
    assert main(["reproduce", "h36m", "--data", "data"]) == 1
    assert "train_h36m_mpii.py --shares 24 0" in capsys.readouterr().out and calls == []


@pytest.mark.parametrize("key, name, file", [
    ("penn", "penn_pred_bboxes", "penn_pred_bboxes_16f.json"),
    ("penn-spnet", "penn_pred_bboxes_multitask", "penn_pred_bboxes_multitask.json")])
def test_a_missing_box_file_is_named(key, name, file, calls, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("PennAction", "MPII"):
        (tmp_path / "data" / folder).mkdir(parents=True)
        (tmp_path / "data" / folder / "annotations.mat").write_bytes(b"")
    flags = ["--data", "data", "--weights", "random"]
    assert main(["reproduce", key, *flags]) == 1
    assert f"deephar download {name}`" in capsys.readouterr().out
    write_json(tmp_path / "data" / "PennAction" / file, [])
    assert main(["reproduce", key, *flags]) == 0
    assert calls[0][1][-2:] == ["--weights", "random"]


def test_key_points_are_not_unpickled_unasked(calls, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("data_3d_h36m", "data_2d_h36m_gt"):
        (tmp_path / f"{name}.npz").touch()
    flags = ["reproduce", "lift-gt-243", "--data", ".", "--weights", "mine"]
    assert main(flags) == 1 and "--allow-pickle" in capsys.readouterr().out
    assert main([*flags, "--allow-pickle"]) == 0
    assert {"--allow-pickle", "mine"} <= set(calls[0][1])


def test_a_dry_run_runs_nothing(calls, capsys):
    assert main(["reproduce", "mpii-val", "--data", "synthetic", "--dry-run"]) == 0
    assert "eval_mpii_singleperson.py" in capsys.readouterr().out and calls == []


def test_a_row_that_nobody_can_measure_says_why(capsys):
    assert main(["reproduce", "labels-gt-unity"]) == 1
    assert "never published" in capsys.readouterr().out


def test_an_unknown_row_lists_the_known_ones(capsys):
    assert main(["reproduce", "coco"]) == 2
    assert "mpii-val" in capsys.readouterr().err


def test_a_row_that_fails_does_not_stop_the_others(monkeypatch, capsys, tmp_path):
    def fails(script, flags):
        raise ValueError("no luck")

    monkeypatch.setattr(reproduce, "run_script", fails)
    rows = {key: PAPER_TABLES[key] for key in ("mpii-val", "ntu")}
    monkeypatch.setattr("deephar.evaluation.paper_tables.PAPER_TABLES", rows)
    assert main(["reproduce", "--all", "--data", "synthetic", "--tiny", "--output",
                 str(tmp_path)]) == 1
    text = capsys.readouterr().out
    assert text.count("FAILED: ValueError: no luck") == 2
    assert "no luck" in (tmp_path / "ntu" / "report.txt").read_text()


def test_a_broken_installation_lacks_the_scripts(monkeypatch, tmp_path):
    monkeypatch.setattr(reproduce.deephar, "__file__", str(tmp_path / "d" / "x.py"))
    with pytest.raises(FileNotFoundError, match="install deephar again"):
        reproduce.script_path("mpii/eval_mpii_singleperson.py")
