"""Boxes from files, detectors and poses."""
import json

import numpy as np
import pytest

from deephar.inference.boxes import (
    box_of_poses, boxes_for, check_boxes, detected, read_boxes, shrunk, square)


def test_squares_and_unions():
    assert np.allclose(square((10, 20, 30, 60)), (0, 20, 40, 60))
    assert np.allclose(square((10, 20, 30, 60), 1.5), (-10, 10, 50, 70))


def test_box_of_poses_is_the_papers_square_whatever_the_confidences_range():
    joints = np.array([[(10, 10), (30, 50), (500, 500)]], float)
    for scale in (1, 40):
        confidence = np.array([[0.9, 0.8, 0.1]]) * scale
        # The square around the sure joints, 1.5 times.
        assert np.allclose(box_of_poses(joints, confidence), (-10, 0, 50, 60))
    both = np.concatenate([joints, joints + (100, 0)])
    box = box_of_poses(both, np.array([[0.9, 0.8, 0.1]] * 2))
    assert np.allclose(box, (-10, -50, 150, 110))       # square about both


def test_json(tmp_path):
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps({"a.jpg": [[1, 2, 3, 4]], "7": [5, 6, 7, 8], "8": []}))
    boxes = read_boxes(path)
    assert boxes_for(boxes, "folder/a.jpg", 0) == [[1, 2, 3, 4]]
    assert boxes_for(boxes, "video.mp4", 7) == [[5, 6, 7, 8]]
    assert boxes_for(boxes, "video.mp4", 8) == []
    assert boxes_for(boxes, "video.mp4", 9) == []
    path.write_text("[[1, 2, 3, 4]]")                   # the same for all pictures
    assert boxes_for(read_boxes(path), "any.jpg", 3) == [[1, 2, 3, 4]]


@pytest.mark.parametrize("name", ["3.mp4", "3", "videos/3.avi"])
def test_a_number_is_the_frame_of_a_video_and_the_name_of_a_picture(name):
    boxes = {"3": ["third"], "5": ["fifth"]}
    assert [boxes_for(boxes, name, i) for i in (0, 3, 5)] == [[], ["third"], ["fifth"]]
    assert boxes_for(boxes, "frames/3.jpg", 2) == ["third"]
    assert boxes_for({"clip": ["all"], "3": ["third"]}, "clip.mp4", 3) == ["all"]


def test_csv(tmp_path):
    path = tmp_path / "boxes.csv"
    path.write_text("frame,x1,y1,x2,y2,score\n0,1,2,3,4,.9\n0,5,6,7,8,.8\na.png,1,1,2,2,1\n")
    boxes = read_boxes(path)
    assert boxes_for(boxes, "v.mp4", 0) == [[1, 2, 3, 4], [5, 6, 7, 8]]
    assert boxes_for(boxes, "a.png", 99) == [[1, 1, 2, 2]]


@pytest.mark.parametrize("name, content, message", [
    ("a.csv", "x,y\n1,2\n", "frame,x1,y1,x2,y2"),
    ("a.csv", "frame,x1,y1,x2,y2\n0,1,2,three,4\n", "line 2"),
    ("a.json", "{", "not a JSON file"), ("a.json", "3", "got int")])
def test_bad_files(tmp_path, name, content, message):
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=message):
        read_boxes(tmp_path / name)
    with pytest.raises(FileNotFoundError, match="no such file of boxes"):
        read_boxes(tmp_path / "none.json")


def test_check_names_the_place():
    assert check_boxes([], (9, 9)).shape == (0, 4)
    assert check_boxes((1, 2, 3, 4), (9, 9)).tolist() == [[1, 2, 3, 4]]
    with pytest.raises(ValueError, match="frame 3: a box needs"):
        check_boxes([(5, 5, 1, 1)], (9, 9), "frame 3")
    with pytest.raises(ValueError, match="four numbers"):
        check_boxes([[1, 2], [3]], (9, 9))


def test_shrunk_boxes_give_the_windows_back():
    boxes = shrunk({"a.jpg": [[0.0, 0, 100, 100]]}, 1.25)
    assert boxes == {"a.jpg": [[10, 10, 90, 90]]}
    assert np.allclose(square(boxes["a.jpg"][0], 1.25), (0, 0, 100, 100))


def test_a_detectors_bad_boxes_are_left_out_with_a_warning(caplog):
    nan = float("nan")
    found = detected([[1, 1, 9, 9], [nan, 1, 9, 9], [5, 5, 5, 9], [101, 0, 120, 9],
                      [-20, 0, 0, 9], [0, 0, 1e6, 9], [-5, -5, 4, 4]], (100, 50), "frame 3")
    assert found.tolist() == [[1, 1, 9, 9], [-5, -5, 4, 4]]
    assert len(caplog.records) == 5 and "frame 3: a box needs finite" in caplog.text
    assert "touch the picture of (100, 50)" in caplog.text
    assert detected([], (100, 50)).shape == detected([[nan] * 4], (9, 9)).shape == (0, 4)
    for wrong in (None, [[1, 2, 3]], "no", [[1, 2], 3]):
        with pytest.raises(ValueError, match="frame 3: boxes are"):
            detected(wrong, (100, 50), "frame 3")
