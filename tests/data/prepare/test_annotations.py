"""Structures and cells as MATLAB has them; the sets' classes read the rest in their tests."""
from deephar.data.matfile import load_mat, records, text, texts
from deephar.data.prepare.annotations import (
    cells, h36m_sequence, save_sequences, struct_array)


def test_arrays():
    array = struct_array([{"a": 1, "b": "x"}], ("a", "b"))
    assert array.shape == (1, 1) and array["b"][0, 0] == "x"
    assert struct_array([], ("a",)).shape == (1, 0)
    assert cells("ab").tolist() == [["a", "b"]]


def test_splits_without_videos_are_there_too(tmp_path):
    camera = dict.fromkeys("Tfcpk", [1.0, 2.0]) | {"R": [[3.0]]}
    rows = [h36m_sequence("a02_s01_e01_c01", camera, [], (8, 6), [])]
    save_sequences(tmp_path, {"tr": rows, "te": []}, ["Eating"], ["hip"])
    content = load_mat(tmp_path / "annotations.mat", ("sequences_tr", "sequences_te"))
    (video,) = records(content["sequences_tr"])
    assert text(video["name"]) == "a02_s01_e01_c01" and not records(content["sequences_te"])
    (saved,) = records(video["camera_parameters"])
    assert saved["T"].tolist() == [[1], [2]] and saved["f"].tolist() == [[1, 2]]
    assert texts(content["action_labels"]) == ["Eating"]

    save_sequences(tmp_path, {"tr": []}, [], [])
    assert not records(load_mat(tmp_path / "annotations.mat", ())["sequences_tr"])
