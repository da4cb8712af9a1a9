"""What the writers write, the readers read: motions, Human3.6M, predictions."""
import json

import numpy as np
import pytest

from deephar.config import human36m_dataconf
from deephar.data import keypoint_files as writers
from deephar.data.h36m_keypoints import (
    FPS, H36M17, H36M17_NAMES, H36M17_SYMMETRY, load_takes, read_cameras,
    read_keypoints, read_poses)
from deephar.data.human36m import Human36M
from deephar.data.synthetic import synthesize
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.pose import pa16j2d, pa17j3d, pa20j3d
from deephar.utils.rig import camera_to_world


def load(folder, subjects, name="gt"):
    return load_takes(
        read_poses(folder / "data_3d_h36m.npz", allow_pickle=True),
        read_keypoints(folder / f"data_2d_h36m_{name}.npz", allow_pickle=True),
        subjects, cameras=read_cameras(folder / "cameras.json"))


def test_motion_through_virtual_cameras(tmp_path):
    world = np.random.default_rng(0).normal(0, 0.3, (6, 17, 3)) + [0, 0, 1]
    cameras = writers.rig_for(["S1", "S2"], like=["S1", "S9"])
    motions = {"S1": {"Box": world}, "S2": {"Box": world, "Jog 1": world[:4]}}
    writers.write_motion(tmp_path, motions, cameras)
    takes = load(tmp_path, ["S1", "S2"])
    assert len(takes) == 12
    for take in takes:
        place = cameras["subjects"][take.subject][take.view]
        seen = take.poses.copy()
        seen[:, 1:] += seen[:, :1]
        back = camera_to_world(seen, place["orientation"],
                               np.array(place["translation"]) / 1000)
        np.testing.assert_allclose(back, motions[take.subject][take.name], atol=1e-5)
        assert np.abs(take.keypoints).max() < 1.2
    assert takes[0].action == "Box" and takes[-1].action == "Jog"


def test_pixel_noise_is_reproducible_and_of_its_size(tmp_path):
    motions = {"S1": {"Box": np.zeros((50, 17, 3)) + [0, 0, 1]}}
    for name, noise in (("gt", 0), ("a", 5), ("b", 5)):
        writers.write_motion(tmp_path, motions, writers.rig_for(["S1"]), name=name,
                             noise_px=noise, seed=3)
    exact, a, b = (np.stack([t.keypoints for t in load(tmp_path, ["S1"], n)])
                   for n in ("gt", "a", "b"))
    np.testing.assert_array_equal(a, b)
    assert (a - exact).std() == pytest.approx(5 * 2 / 1000, rel=0.05)


def test_behind_a_camera(tmp_path):
    with pytest.raises(ValueError, match="behind a camera"):
        writers.write_motion(tmp_path, {"S1": {"Box": np.full((2, 17, 3), 20.0)}},
                             writers.rig_for(["S1"]))


def test_public_layout(tmp_path):
    writers.write_motion(tmp_path, {"S1": {"Box": np.ones((2, 17, 3))}},
                         writers.rig_for(["S1"]))
    with np.load(tmp_path / "data_3d_h36m.npz", allow_pickle=True) as file:
        array = file["positions_3d"].item()["S1"]["Box"]
    assert array.shape == (2, 32, 3) and array.dtype == np.float32
    assert (array[:, H36M17] == 1).all() and array.sum() == 2 * 17 * 3
    with np.load(tmp_path / "data_2d_h36m_gt.npz", allow_pickle=True) as file:
        views, metadata = file["positions_2d"].item()["S1"]["Box"], file["metadata"].item()
    assert [v.shape for v in views] == [(2, 17, 2)] * 4 and views[0].dtype == np.float32
    assert metadata == {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": [
        list(H36M17_SYMMETRY.left), list(H36M17_SYMMETRY.right)]}


@pytest.mark.parametrize("layout", [pa16j2d, pa17j3d, pa20j3d])
def test_joints_of_our_layouts(layout):
    """Each Human3.6M joint that the layout has arrives in its place."""
    h36m = np.arange(32.0)[:, None] * [1, 1]
    ours = h36m[list(layout.map_from_h36m)][None]
    np.testing.assert_array_equal(
        writers.from_layout(ours, layout)[0, :, 0],
        [14 if joint == 14 else joint for joint in H36M17])     # 14 = mean of 13 and 15


def test_joint_maps_are_checked():
    with pytest.raises(ValueError, match="unknown are \\['head'\\]"):
        writers.map_joints(np.zeros((1, 1, 3)), ["pelvis"], [("head",)] * 17)
    with pytest.raises(ValueError, match="it has 1"):
        writers.map_joints(np.zeros((1, 1, 3)), ["pelvis"], [("pelvis",)])


def archive(path):
    names = sorted({n for entry in writers.CMU31 for n in entry})
    xyz = np.zeros((60, len(names), 3), "float32")
    xyz[:, names.index("head_end")] = [0.1, 1.7, 0.2]           # y up
    labels = np.repeat([1, 2, 1, 0], [20, 15, 20, 5]).astype("uint8")
    np.savez(path, **{"13_29/xyz": xyz, "13_29/label": labels},
             joint_names=np.array(names), action_names=np.array(["none", "Jog", "Box"]))


def test_motion_archive(tmp_path):
    archive(tmp_path / "a.npz")
    motions = writers.read_motion(tmp_path / "a.npz")
    assert {k: len(v) for k, v in motions["S13"].items()} == {
        "Jog": 20, "Box": 15, "Jog 1": 20}
    head = H36M17_NAMES.index("head")
    np.testing.assert_allclose(motions["S13"]["Box"][0, head], [0.1, -0.2, 1.7], rtol=1e-6)


def test_synthetic_people():
    motions = writers.synthetic_motion(["Walking", "Sitting"], 2, seconds=1)
    assert {s: {t: a.shape for t, a in takes.items()} for s, takes in motions.items()} == {
        s: {"Walking": (FPS, 17, 3), "Sitting": (FPS, 17, 3)} for s in ("S1", "S2")}
    walk = motions["S1"]["Walking"]
    shin = np.linalg.norm(walk[:, 3] - walk[:, 2], axis=-1)
    assert 0.2 < shin.mean() < 0.6 and np.ptp(shin) < 1e-6
    assert (walk[:, 10, 2] > walk[:, 3, 2]).all()
    again = writers.synthetic_motion(["Walking"], 1, seconds=1)
    np.testing.assert_array_equal(again["S1"]["Walking"], walk)


def test_human36m_set(tmp_path):
    dataset = Human36M(synthesize("h36m", tmp_path / "h36m", size="tiny"),
                       human36m_dataconf, pa17j3d)
    motions, cameras = writers.from_human36m(dataset, TRAIN_MODE)
    writers.write_motion(tmp_path, motions, cameras)
    takes = load(tmp_path, sorted(motions))
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
