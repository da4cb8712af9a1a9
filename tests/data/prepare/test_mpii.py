"""MPII: from a RELEASE struct to our cells."""
import numpy as np
import pytest
import scipy.io

from deephar.data.prepare.mpii import prepare
from tests.fakes.owners import write_mpii


@pytest.fixture
def source(tmp_path):
    write_mpii(tmp_path / "owner")
    return tmp_path / "owner"


def people_of(annotations, key):
    """[(picture, [person])] of a split, as a reader of the file sees them."""
    columns = annotations[key]
    return [(str(columns[1, i][0]), [p[0, 0] for p in columns[2, i].ravel()])
            for i in range(columns.shape[1])]


def test_release_becomes_samples(source, tmp_path):
    out = tmp_path / "MPII"
    outcome = prepare(source, out)
    assert outcome.sequences == {"train": 3, "valid": 1} and not outcome.problems
    annotations = scipy.io.loadmat(out / "annotations.mat")
    train = people_of(annotations, "annot_tr")
    assert [(name, len(people)) for name, people in train] == [
        ("000.jpg", 2), ("002.jpg", 1)]
    assert [name for name, _ in people_of(annotations, "annot_val")] == ["001.jpg"]
    assert annotations["annot_tr"][0, 0].tolist() == [[1], [2]]
    first, second = train[0][1]
    assert first["head"].tolist() == [[1, 2, 31, 42]]
    assert first["objpos"].tolist() == [[10, 20]] and first["scale"].tolist() == [[1.5]]
    assert first["pose"].tolist() == [[10.0 + j for j in range(16)],
                                      [2.0 * j for j in range(16)]]
    assert np.isnan(second["pose"][:, 9]).all()
    assert np.isnan(second["pose"]).sum() == 2
    assert sorted(p.name for p in (out / "images").iterdir()) == [
        "000.jpg", "001.jpg", "002.jpg"]


def test_own_list_of_validation_pictures(source, tmp_path):
    names = tmp_path / "valid.txt"
    names.write_text("000.jpg\n002.jpg\n")
    outcome = prepare(source, tmp_path / "MPII", valid_list=names)
    assert outcome.sequences == {"train": 1, "valid": 3}


def test_missing_pictures_are_reported(source, tmp_path):
    (source / "images" / "002.jpg").unlink()
    outcome = prepare(source, tmp_path / "MPII")
    assert outcome.sequences == {"train": 2, "valid": 1}
    assert len(outcome.problems) == 1 and "002.jpg" in outcome.problems[0]


def test_a_joint_without_a_place(source, tmp_path):
    path = source / "annotations" / "mpii_human_pose_v1_u12_1.mat"
    release = scipy.io.loadmat(path)["RELEASE"]
    person = release[0, 0]["annolist"][0, 0]["annorect"][0, 0]
    person["annopoints"][0, 0]["point"][0, 3]["y"][:] = np.nan
    scipy.io.savemat(path, {"RELEASE": release})
    with pytest.raises(ValueError, match=r"u12_1.mat.*joint 3 of a person is at \[13.0, nan\]"):
        prepare(source, tmp_path / "MPII")


def test_wrong_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="mpii_human_pose_v1_u12_1.mat"):
        prepare(tmp_path, tmp_path / "out")
    scipy.io.savemat(tmp_path / "mpii_human_pose_v1_u12_1.mat", {"other": 1})
    with pytest.raises(ValueError, match="RELEASE"):
        prepare(tmp_path, tmp_path / "out")
    assert not (tmp_path / "out").exists()
