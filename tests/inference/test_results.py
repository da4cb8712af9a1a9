"""Results in files: everything is there, with its units, and comes back."""
import copy
import json
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from deephar.data.keypoints.files import read_keypoints
from deephar.inference.results import (
    COCO_JOINTS, FrameResult, Person, Spool, result_names, save_coco, save_json, save_keypoints, save_npz,
    to_coco, to_dict, video_keypoints)
from deephar.utils.pose import pa16j2d


def person(id=0, **changes):
    rng = np.random.default_rng(id)
    values = dict(
        joints=rng.uniform(0, 100, (16, 2)), confidence=rng.uniform(0, 1, 16),
        crop_pose=rng.uniform(0, 1, (16, 2)), joints_mm=None,
        box=np.array([1.0, 2, 3, 4]), box_source="given", crop_matrix=np.eye(3),
        actions={"moves": {c: i / 21 for i, c in enumerate("abcdefg")}}, id=id)
    return Person(**(values | changes))


@pytest.fixture
def results():
    return [FrameResult(0, 0.0, (640, 480), "v.mp4", (person(0), person(1))),
            FrameResult(3, 0.12, (640, 480), "v.mp4", ()),
            FrameResult(6, 0.24, (640, 480), "v.mp4",
                        (person(1, joints_mm=np.ones((16, 3))),))]


def test_best_action():
    assert person().best_action() == ("g", 6 / 21)
    assert person(actions={}).best_action() is None


def test_json(tmp_path, results):
    save_json(tmp_path / "r.json", results, pa16j2d, "net")
    content = json.loads((tmp_path / "r.json").read_text())
    assert content == to_dict(results, pa16j2d, "net")
    assert content["schema"] == "deephar-predictions/1"
    assert content["joints"] == list(pa16j2d.joint_names)
    assert {"joints", "joints_mm", "box", "crop_matrix", "time"} <= set(content["units"])
    frame = content["frames"][0]
    assert (frame["width"], frame["height"], frame["time"]) == (640, 480, 0.0)
    first = frame["people"][0]
    assert np.allclose(first["joints"], results[0].people[0].joints, atol=0.005)
    assert list(first["actions"]["moves"].items())[0] == ("g", 0.2857)
    assert len(first["actions"]["moves"]) == 5 and first["joints_mm"] is None
    assert content["frames"][1]["people"] == []


def test_no_frames_are_valid_json_too(tmp_path):
    save_json(tmp_path / "r.json", [], None, "net")
    assert json.loads((tmp_path / "r.json").read_text()) == to_dict([], None, "net")


def test_waiting_results_take_no_memory(tmp_path, results):
    spool = Spool()
    for result in results:
        spool.append(result)
    assert len(list(spool)) == len(spool) == 3
    tracemalloc.start()
    for _ in range(200):
        for result in results:
            spool.append(copy.deepcopy(result))
    save_json(tmp_path / "r.json", spool, pa16j2d, "net")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(spool) == 603 and peak < 300_000
    frames = json.loads((tmp_path / "r.json").read_text())["frames"]
    assert frames == to_dict(201 * results, pa16j2d, "net")["frames"]


def test_files_of_results_never_meet(tmp_path):
    names = lambda *sources, out="out": result_names(sources, tmp_path / out)
    assert names("a/p.jpg", "b/P.png", "p.jpg", "p-2.jpg") == ["p", "P-2", "p-3", "p-2-2"]
    assert names("v.a.mp4", "v.b.mp4", "predictions.mp4") == ["v.a", "v.b", "predictions-2"]
    assert names("0", "rtsp://host/1", "rtsp://host/2") == ["camera0", "stream", "stream-2"]
    (tmp_path / "run.1").mkdir()
    assert names(tmp_path / "run.1", tmp_path / "p.png", out=".") == ["run.1", "p-2"]


def test_arrays(tmp_path, results):
    save_npz(tmp_path / "r.npz", results, pa16j2d)
    with np.load(tmp_path / "r.npz", allow_pickle=False) as arrays:
        assert arrays["frame"].tolist() == [0, 0, 6]
        assert arrays["person"].tolist() == [0, 1, 1]
        assert arrays["joints"].shape == (3, 16, 2)
        assert np.allclose(arrays["joints"][1], results[0].people[1].joints)
        assert np.isnan(arrays["joints_mm"][:2]).all() and (arrays["joints_mm"][2] == 1).all()
        assert arrays["classes_moves"].tolist() == list("abcdefg")
        assert np.allclose(arrays["actions_moves"][0], np.arange(7) / 21)
        assert arrays["joint_names"].tolist() == list(pa16j2d.joint_names)


def test_nothing_found(tmp_path):
    empty = [FrameResult(0, None, (9, 9), "a.jpg", ())]
    save_npz(tmp_path / "r.npz", empty, pa16j2d)
    with np.load(tmp_path / "r.npz") as arrays:
        assert arrays["joints"].shape == (0, 16, 2)
    assert to_coco(empty, pa16j2d) == []


def test_coco(tmp_path, results):
    coco = to_coco(results, pa16j2d)
    assert [c["image_id"] for c in coco] == [0, 0, 6]
    keypoints = np.array(coco[0]["keypoints"]).reshape(17, 3)
    joints = results[0].people[0].joints
    for name, (x, y, v) in zip(COCO_JOINTS, keypoints):
        if name in pa16j2d.joint_names:
            assert np.allclose((x, y), joints[pa16j2d.joint_names.index(name)], atol=0.01)
            assert v == 2
        else:
            assert name in ("nose", "l_eye", "r_eye", "l_ear", "r_ear")
            assert (x, y, v) == (0, 0, 0)
    save_coco(tmp_path / "c.json", results, pa16j2d)
    assert json.loads((tmp_path / "c.json").read_text()) == coco


def test_key_points_follow_everybody_and_bridge_gaps():
    joints = np.arange(32.0).reshape(16, 2)
    frames = [FrameResult(i, None, (640, 480), "v", people) for i, people in enumerate([
        (person(3, joints=joints - 5), person(1, joints=joints)), (),
        (person(1, joints=joints + 10, confidence=np.full(16, 0.01)),)])]
    found = video_keypoints(frames)
    assert list(found) == [1, 3]
    np.testing.assert_allclose(found[1], [joints, joints + 5, joints + 10])
    np.testing.assert_allclose(found[3], [joints - 5] * 3)
    with pytest.raises(ValueError, match="no pose was found"):
        video_keypoints(frames[1:2])


def test_key_point_file_is_what_lifting_reads(tmp_path, results):
    save_keypoints(tmp_path / "mine.npz", results, pa16j2d)
    alone = [replace(result, people=result.people[:1]) for result in results[:1]]
    save_keypoints(tmp_path / "one.npz", alone, pa16j2d)
    for name, videos in (("mine", {"mine-0": 0, "mine-1": 1}), ("one", {"one": 0})):
        keypoints = read_keypoints(tmp_path / f"{name}.npz", allow_pickle=True)
        assert set(keypoints.positions) == set(videos) == set(keypoints.video_metadata)
        for video, k in videos.items():
            points, = keypoints.positions[video]["custom"]
            assert keypoints.video_metadata[video] == {"w": 640, "h": 480}
            np.testing.assert_allclose(points[0, 0], results[0].people[k].joints[0], rtol=1e-5)
