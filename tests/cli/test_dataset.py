"""`deephar dataset`: prepare, check, show and synthesize from the command line."""
import numpy as np
import pytest
from PIL import Image

from deephar.cli import main
from tests.fakes.locks import taken
from tests.fakes.owners import write_mpii, write_pennaction


def test_prepare_and_check(tmp_path, capsys):
    write_pennaction(tmp_path / "owner")
    out = tmp_path / "PennAction"
    command = ["dataset", "prepare", "pennaction", str(tmp_path / "owner"), str(out)]
    with taken(out):
        assert main(command) != 0
    assert "in use by process 7" in capsys.readouterr().err
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "train: 2" in said and "test: 1" in said and f"{out}: written" in said
    assert main(["dataset", "check", "pennaction", str(out)]) == 0
    assert f"{out}: good to use" in capsys.readouterr().out
    (out / "frames/0001/000001.jpg").unlink()
    assert main(["dataset", "check", "pennaction", str(out)]) == 1
    said = capsys.readouterr().out
    assert "! train: " in said and "1 problem" in said


def test_check_of_nothing(tmp_path, capsys):
    assert main(["dataset", "check", "mpii", str(tmp_path / "MPII")]) == 1
    assert "download mpii_annotations" in capsys.readouterr().out


def test_prepare_with_a_list(tmp_path, capsys):
    write_mpii(tmp_path / "owner")
    names = tmp_path / "names.txt"
    names.write_text("002.jpg")
    source, out = str(tmp_path / "owner"), str(tmp_path / "out")
    assert main(["dataset", "prepare", "mpii", source, out,
                 "--valid-list", str(names)]) == 0
    assert "valid: 1" in capsys.readouterr().out
    assert main(["dataset", "prepare", "ntu", source, out,
                 "--valid-list", str(names)]) == 2
    assert "--valid-list is for mpii, got ntu" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [
    ["prepare", "coco", "x", "y"], ["check", "mpii"], ["check", "mpii", "x", "--workers", "0"], []])
def test_wrong_words_end_with_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as error:
        main(["dataset", *arguments])
    assert error.value.code == 2
    assert "usage: deephar dataset" in capsys.readouterr().err


def test_show_writes_a_picture(tmp_path, capsys, monkeypatch):
    write_pennaction(tmp_path / "owner")
    out = tmp_path / "PennAction"
    main(["dataset", "prepare", "pennaction", str(tmp_path / "owner"), str(out)])
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    assert main(["dataset", "show", "pennaction", str(out), "--index", "4"]) == 0
    assert capsys.readouterr().out == "pennaction_train_4.png\n"
    with Image.open(tmp_path / "pennaction_train_4.png") as picture:
        assert np.array(picture).std() > 20
    assert main(["dataset", "show", "pennaction", str(out), "--split", "valid"]) == 2
    assert "has 0 samples in the valid split" in capsys.readouterr().err


def test_synthesize_then_check(tmp_path, capsys):
    out = str(tmp_path / "MPII")
    assert main(["dataset", "synthesize", "mpii", out, "--size", "tiny"]) == 0
    assert main(["dataset", "check", "mpii", out]) == 0
    assert main(["dataset", "show", "mpii", out, "--split", "valid",
                 "--out", str(tmp_path / "sample.png")]) == 0
    assert (tmp_path / "sample.png").stat().st_size > 10_000
    assert main(["dataset", "synthesize", "mpii", out, "--size", "huge"]) == 2
    assert "huge" in capsys.readouterr().err


def test_crowds_are_made_and_checked_as_coco(tmp_path, capsys):
    out = str(tmp_path / "people")
    assert main(["dataset", "synthesize", "crowd", out, "--size", "4",
                 "--picture", "160x120"]) == 0
    assert main(["dataset", "check", "coco", out]) == 0
    said = capsys.readouterr().out
    assert "train: 4 pictures, 10 people" in said and "good to use" in said
    assert main(["dataset", "show", "coco", out, "--index", "5",
                 "--out", str(tmp_path / "sample.png")]) == 0
    with Image.open(tmp_path / "sample.png") as picture:
        assert np.array(picture).std() > 20


def test_synthesize_pictures_of_a_size(tmp_path, capsys):
    synthesize = ["dataset", "synthesize", "mpii", str(tmp_path / "MPII"), "--size", "1"]
    assert main([*synthesize, "--picture", "400x240"]) == 0
    with Image.open(next(tmp_path.glob("MPII/images/*.jpg"))) as picture:
        assert picture.size == (400, 240)
    with pytest.raises(SystemExit):
        main([*synthesize, "--picture", "400"])
    assert "must be WIDTHxHEIGHT, got 400" in capsys.readouterr().err
