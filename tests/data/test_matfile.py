import h5py
import numpy as np
import pytest
import scipy.io

from deephar.data import matfile
from tests.fakes.datasets import cells, structs


@pytest.mark.parametrize("count", [1, 2, 3])
def test_struct_arrays_and_cells_of_structs_read_alike(tmp_path, count):
    rows = [{"n": float(i), "name": f"row{i}"} for i in range(count)]
    scipy.io.savemat(tmp_path / "a.mat", {
        "struct": structs(rows), "cell": cells([structs([row]) for row in rows]),
        "one": rows[0], "words": cells(["a", "bc"])})
    content = matfile.load_mat(tmp_path / "a.mat", ("struct", "cell"))
    for key in ("struct", "cell"):
        found = matfile.records(content[key])
        assert [matfile.number(r["n"]) for r in found] == list(range(count))
        assert [matfile.text(r["name"]) for r in found] == [r["name"] for r in rows]
    assert len(matfile.records(content["one"])) == 1
    assert matfile.texts(content["words"]) == ["a", "bc"]
    assert matfile.records(np.zeros((0, 0))) == []


def test_joints_by_row_or_by_column():
    joints = np.arange(26.0).reshape(2, 13)
    np.testing.assert_array_equal(matfile.points(joints, 13), joints.T)
    np.testing.assert_array_equal(matfile.points(joints.T, 13), joints.T)
    with pytest.raises(ValueError, match=r"joints must be \(D, 16\), got shape \(2, 13\)"):
        matfile.points(joints, 16)


def test_bad_mat_files(tmp_path):
    path = tmp_path / "annotations.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["a"] = 1
    header = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    path.write_bytes(header + path.read_bytes()[128:])
    with pytest.raises(ValueError, match=r"annotations.mat is a MATLAB file of version 7.3"):
        matfile.load_mat(path, ())
    scipy.io.savemat(tmp_path / "good.mat", {"a": np.zeros((50, 50))})
    whole = (tmp_path / "good.mat").read_bytes()
    for content in (b"", b"text", whole[:200], whole[:len(whole) // 2]):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="annotations.mat is empty.*again"):
            matfile.load_mat(path, ("a",))
    with pytest.raises(ValueError, match="no variable annot_tr, only a; is it another set's"):
        matfile.load_mat(tmp_path / "good.mat", ("annot_tr",))


def test_bad_npy_files(tmp_path):
    path = tmp_path / "a.npy"
    with pytest.raises(FileNotFoundError, match="a.npy: no such annotation file"):
        matfile.load_npy(path)
    np.save(path, np.array([{"run": "me"}]), allow_pickle=True)
    with pytest.raises(ValueError, match="pickled files are refused"):
        matfile.load_npy(path)
    for content in (b"", b"text"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="a.npy is no plain array"):
            matfile.load_npy(path)
    np.save(path, np.arange(4))
    assert matfile.load_npy(path).tolist() == [0, 1, 2, 3]


def test_where_annotations_are(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such data set folder.*README"):
        matfile.find_annotations(tmp_path / "none")
    with pytest.raises(FileNotFoundError, match="has no annotations"):
        matfile.find_annotations(tmp_path)
