"""A check says what is there and names the first thing that is wrong."""
import numpy as np
import pytest
import scipy.io

from deephar.data.check import check, read_index
from deephar.data.prepare import PREPARE
from deephar.data.prepare.annotations import mpii_columns, save_mat
from tests.fakes.owners import write_jpeg, write_mpii, write_ntu, write_pennaction


@pytest.fixture
def penn(tmp_path):
    write_pennaction(tmp_path / "owner")
    PREPARE["pennaction"](tmp_path / "owner", tmp_path / "PennAction")
    return tmp_path / "PennAction"


def test_good_sets(tmp_path, penn):
    found = check("pennaction", penn)
    assert found.ok
    assert found.facts == [
        "test: 1 sequences, 1 pictures (a part: the full set has 1068)",
        "train: 2 sequences, 7 pictures (a part: the full set has 1258)"]
    write_mpii(tmp_path / "mpii")
    PREPARE["mpii"](tmp_path / "mpii", tmp_path / "MPII")
    found = check("mpii", tmp_path / "MPII")
    assert found.ok and found.facts == ["train: 2 pictures, 3 people",
                                        "valid: 1 pictures, 1 people"]


def test_index_counts_joints(penn):
    entries = read_index("pennaction", penn)["train"]
    assert [(e.name, e.samples, e.joints) for e in entries] == [
        ("0001", 3, 20), ("0003", 4, 26)]
    assert entries[0].pictures[2] == "frames/0001/000003.jpg"
    with pytest.raises(KeyError, match="mpii, h36m"):
        read_index("penn", penn)


def test_missing_pictures(penn):
    (penn / "frames/0001/000002.jpg").unlink()
    (penn / "frames/0003/000001.jpg").unlink()
    found = check("pennaction", penn, quick=True)
    assert not found.ok and len(found.problems) == 1
    assert "0001/000002.jpg and 1 more missing" in found.problems[0]


def test_a_split_without_any_picture_is_a_fact(penn):
    (penn / "frames/0002/000001.jpg").unlink()
    found = check("pennaction", penn)
    assert found.ok and any("test: none of its pictures" in f for f in found.facts)


def test_a_picture_that_is_listed_twice(tmp_path):
    person = {"head": np.array([[1, 1, 5, 5.]]), "objpos": np.ones((1, 2)), "scale": 1.0,
              "pose": np.ones((2, 16))}
    columns = mpii_columns([("a.jpg", [1], [person])] * 2)
    save_mat(tmp_path / "annotations.mat", {"annot_tr": columns, "annot_val": columns})
    write_jpeg(tmp_path / "images/a.jpg")
    assert check("mpii", tmp_path).facts[0] == "train: 2 pictures, 2 people"


def test_first_broken_picture(penn):
    whole = (penn / "frames/0001/000003.jpg").read_bytes()
    for name in ("0001/000003.jpg", "0003/000001.jpg"):
        (penn / "frames" / name).unlink()       # hard links: leave the owner's alone
        (penn / "frames" / name).write_bytes(whole[:len(whole) // 2])
    done = []
    found = check("pennaction", penn, progress=lambda d, t: done.append((d, t)))
    assert len(found.problems) == 1
    assert "0001/000003.jpg" in found.problems[0] and "1 more" in found.problems[0]
    assert done == [(i, 8) for i in range(1, 9)]
    assert check("pennaction", penn, quick=True).ok


def test_pictures_without_annotations(penn):
    write_jpeg(penn / "frames/0099/000001.jpg")
    assert "not used, for want of annotations: 0099" in check("pennaction", penn).facts


@pytest.mark.parametrize("name, folder, message", [
    ("mpii", "MPII", "no such data set folder"), ("ntu", "NTU", "no such folder")])
def test_no_folder(tmp_path, name, folder, message):
    found = check(name, tmp_path / folder)
    assert message in found.problems[0] and f"prepare {name}" in found.problems[1]


def test_annotations_missing_damaged_or_of_another_set(penn, tmp_path):
    annotations = penn / "annotations.mat"
    assert "sequences_val" in check("h36m", penn).problems[0]
    content = annotations.read_bytes()
    for part in (b"", content[:100], content[:len(content) // 2]):
        annotations.write_bytes(part)
        assert "annotations.mat" in check("pennaction", penn).problems[0]
    annotations.unlink()
    found = check("pennaction", penn)
    assert "no annotations" in found.problems[0]
    assert "download penn_annotations" in found.problems[1]


def test_empty_annotations_and_no_joints(tmp_path, penn):
    content = scipy.io.loadmat(penn / "annotations.mat")
    keep = {k: v for k, v in content.items() if not k.startswith("__")}
    for frame in keep["sequences_tr"][0, 1]["frames"].ravel():
        frame["visible"] = np.zeros((13, 1))
    scipy.io.savemat(penn / "annotations.mat", keep)
    assert "train: 0003 without a single joint" in check("pennaction", penn).problems
    for key in ("sequences_tr", "sequences_te"):
        keep[key] = keep[key][:, :0]
    scipy.io.savemat(penn / "annotations.mat", keep)
    assert "annotations are empty" in check("pennaction", penn).problems[0]


def test_ntu_tables(tmp_path):
    pytest.importorskip("av")
    write_ntu(tmp_path / "owner")
    PREPARE["ntu"](tmp_path / "owner", tmp_path / "NTU")
    found = check("ntu", tmp_path / "NTU")
    assert found.ok and found.facts[0].startswith("all: 2 sequences, 8 pictures")
    table = tmp_path / "NTU" / "nturgb+d_numpy" / "S001C001P001R001A004.npy"
    np.save(table, np.zeros((4, 150)))
    assert "151 numbers" in check("ntu", tmp_path / "NTU").problems[0]
    np.save(table, np.array([{}]), allow_pickle=True)
    assert "pickled" in check("ntu", tmp_path / "NTU").problems[0]
