"""What the writers write, the readers read."""
import numpy as np
import pytest

from deephar.data.keypoints import files as writers
from deephar.data.keypoints.files import read_cameras, read_keypoints, read_poses
from deephar.data.keypoints.sources import rig_for
from deephar.data.keypoints.takes import H36M17_SYMMETRY, load_takes, load_videos
from deephar.utils.pose import H36M17, pa16j2d
from deephar.utils.rig import rotate


def load(folder, subjects, name="gt"):
    return load_takes(
        read_poses(folder / "data_3d_h36m.npz", allow_pickle=True),
        read_keypoints(folder / f"data_2d_h36m_{name}.npz", allow_pickle=True),
        subjects, cameras=read_cameras(folder / "cameras.json"))


def test_motion_through_virtual_cameras(tmp_path):
    world = np.random.default_rng(0).normal(0, 0.3, (6, 17, 3)) + [0, 0, 1]
    cameras = rig_for(["S1", "S2"], like=["S1", "S9"])
    motions = {"S1": {"Box": world}, "S2": {"Box": world, "Jog 1": world[:4]}}
    writers.write_motion(tmp_path, motions, cameras)
    takes = load(tmp_path, ["S1", "S2"])
    assert len(takes) == 12
    for take in takes:
        place = cameras["subjects"][take.subject][take.view]
        seen = take.poses.copy()
        seen[:, 1:] += seen[:, :1]
        back = rotate(place["orientation"], seen) + np.array(place["translation"]) / 1000
        np.testing.assert_allclose(back, motions[take.subject][take.name], atol=1e-5)
        assert np.abs(take.keypoints).max() < 1.2
    assert takes[0].action == "Box" and takes[-1].action == "Jog"


def test_pixel_noise_is_reproducible_and_of_its_size(tmp_path):
    motions = {"S1": {"Box": np.zeros((50, 17, 3)) + [0, 0, 1]}}
    for name, noise in (("gt", 0), ("a", 5), ("b", 5)):
        writers.write_motion(tmp_path, motions, rig_for(["S1"]), name=name,
                             noise_px=noise, seed=3)
    exact, a, b = (np.stack([t.keypoints for t in load(tmp_path, ["S1"], n)])
                   for n in ("gt", "a", "b"))
    np.testing.assert_array_equal(a, b)
    assert (a - exact).std() == pytest.approx(5 * 2 / 1000, rel=0.05)


def test_behind_a_camera(tmp_path):
    with pytest.raises(ValueError, match="behind a camera"):
        writers.write_motion(tmp_path, {"S1": {"Box": np.full((2, 17, 3), 20.0)}},
                             rig_for(["S1"]))


def test_public_layout(tmp_path):
    writers.write_motion(tmp_path, {"S1": {"Box": np.ones((2, 17, 3))}},
                         rig_for(["S1"]))
    with np.load(tmp_path / "data_3d_h36m.npz", allow_pickle=True) as file:
        array = file["positions_3d"].item()["S1"]["Box"]
    assert array.shape == (2, 32, 3) and array.dtype == np.float32
    assert (array[:, H36M17] == 1).all() and array.sum() == 2 * 17 * 3
    with np.load(tmp_path / "data_2d_h36m_gt.npz", allow_pickle=True) as file:
        views, metadata = file["positions_2d"].item()["S1"]["Box"], file["metadata"].item()
    assert [v.shape for v in views] == [(2, 17, 2)] * 4 and views[0].dtype == np.float32
    assert metadata == {"layout_name": "h36m", "num_joints": 17, "keypoints_symmetry": [
        list(H36M17_SYMMETRY.left), list(H36M17_SYMMETRY.right)]}


def test_predictions_of_our_networks(tmp_path):
    poses = np.random.default_rng(0).uniform(0, 400, (5, 16, 2))
    writers.write_video_keypoints(tmp_path / "v", "a.mp4", poses, (400, 200), pa16j2d)
    keypoints = read_keypoints(tmp_path / "v", allow_pickle=True)
    assert keypoints.symmetry == H36M17_SYMMETRY and keypoints.layout_name == "h36m"
    take, = load_videos(keypoints)
    np.testing.assert_allclose(take.keypoints[:, 0], poses[:, 0] / 200 - [1, 0.5], atol=1e-6)
    np.testing.assert_allclose(take.keypoints[:, 9], poses[:, 2:4].mean(1) / 200 - [1, 0.5],
                               atol=1e-6)


def test_one_number_of_joints_per_file(tmp_path):
    with pytest.raises(ValueError, match="one number of joints, got \\[16, 17\\]"):
        writers.write_keypoints(tmp_path / "x.npz", {"S1": {
            "a": [np.zeros((1, 16, 2)), np.zeros((1, 17, 2))]}})


def test_sets(tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="data_3d_h36m.npz is not there"):
        writers.open_set(tmp_path, "gt")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(writers, "H36M_COLUMNS", ("Walking",))
    made = writers.open_set("synthetic", "cpn")
    assert len(made.takes(["S1", "S9"])) == 8
    with pytest.raises(ValueError, match="allow_pickle"):       # permission is for our own
        writers.open_set(writers.SYNTHETIC, "gt")
    stamp = (writers.SYNTHETIC / "cameras.json").stat().st_mtime_ns
    writers.open_set("synthetic", "gt")
    assert (writers.SYNTHETIC / "cameras.json").stat().st_mtime_ns == stamp
