"""Motions of archives, made-up people and Human3.6M; maps of joints."""
import json

import numpy as np
import pytest

from deephar.config import human36m_dataconf
from deephar.data.human36m import Human36M
from deephar.data.keypoints import sources
from deephar.data.keypoints.files import open_set, write_motion
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.pose import H36M17, H36M17_NAMES, pa17j3d


def test_joint_maps_are_checked():
    with pytest.raises(ValueError, match="unknown are \\['head'\\]"):
        sources.map_joints(np.zeros((1, 1, 3)), ["pelvis"], [("head",)] * 17)
    with pytest.raises(ValueError, match="it has 1"):
        sources.map_joints(np.zeros((1, 1, 3)), ["pelvis"], [("pelvis",)])


def archive(path):
    names = sorted({n for entry in sources.CMU31 for n in entry})
    xyz = np.zeros((60, len(names), 3), "float32")
    xyz[:, names.index("head_end")] = [0.1, 1.7, 0.2]           # y up
    labels = np.repeat([1, 2, 1, 0], [20, 15, 20, 5]).astype("uint8")
    np.savez(path, **{"13_29/xyz": xyz, "13_29/label": labels},
             joint_names=np.array(names), action_names=np.array(["none", "Jog", "Box"]))


def test_motion_archive(tmp_path):
    archive(tmp_path / "a.npz")
    motions = sources.read_motion(tmp_path / "a.npz")
    assert {k: len(v) for k, v in motions["S13"].items()} == {
        "Jog": 20, "Box": 15, "Jog 1": 20}
    head = H36M17_NAMES.index("head")
    np.testing.assert_allclose(motions["S13"]["Box"][0, head], [0.1, -0.2, 1.7], rtol=1e-6)


def test_synthetic_people():
    motions = sources.synthetic_motion(["Walking", "Sitting"], 2, seconds=1)
    assert {s: {t: a.shape for t, a in takes.items()} for s, takes in motions.items()} == {
        s: {"Walking": (50, 17, 3), "Sitting": (50, 17, 3)} for s in ("S1", "S2")}
    walk = motions["S1"]["Walking"]
    shin = np.linalg.norm(walk[:, 3] - walk[:, 2], axis=-1)
    assert 0.2 < shin.mean() < 0.6 and np.ptp(shin) < 1e-6
    assert (walk[:, 10, 2] > walk[:, 3, 2]).all()
    again = sources.synthetic_motion(["Walking"], 1, seconds=1)
    np.testing.assert_array_equal(again["S1"]["Walking"], walk)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
def test_takes_of_no_frames_are_refused(seconds):
    with pytest.raises(ValueError, match="a take lasts a frame at least, 0.02 s, got"):
        sources.synthetic_motion(["Walking"], 1, seconds=seconds)


def test_human36m_set(tmp_path, tiny_set):
    dataset = Human36M(tiny_set("h36m"), human36m_dataconf, pa17j3d)
    motions, cameras = sources.from_human36m(dataset, TRAIN_MODE)
    write_motion(tmp_path, motions, cameras)
    takes = open_set(tmp_path, "gt", allow_pickle=True).takes(sorted(motions))
    names = {s.name for s in dataset.sequences[TRAIN_MODE]}
    assert {int(n[1:3]) for n in names} == {
        dataset.action_labels.index(t.action) + 1 for t in takes}
    assert len(takes) >= len(names)     # every camera of a subject sees every take
    sequence = next(s for s in dataset.sequences[TRAIN_MODE] if s.name.endswith("c02"))
    uvd = sequence.camera.project(sequence.pose_w[:, list(H36M17)])
    subject = f"S{int(sequence.name[5:7])}"
    w, h = sequence.size
    expected = uvd[..., :2] / w * 2 - [1, h / w]
    depth = uvd[:, 0, 2] / 1000
    match = [t for t in takes if t.subject == subject and t.view == 1
             and len(t.poses) == len(depth) and np.allclose(t.poses[:, 0, 2], depth, atol=1e-4)]
    assert match
    np.testing.assert_allclose(match[0].keypoints, expected, atol=1e-4)
    json.loads((tmp_path / "cameras.json").read_text())
