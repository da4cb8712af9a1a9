"""Takes of the public key-point files: what is read of them, and what is refused."""
import json

import numpy as np
import pytest

from deephar.data.keypoints import files
from deephar.data.keypoints import takes as loading
from deephar.data.keypoints.batches import Symmetry
from deephar.data.keypoints.cameras import CALIBRATION
from deephar.data.keypoints.files import write_keypoints, write_video_keypoints
from deephar.utils.pose import H36M17_NAMES
from tests.fakes.lifting import GOLDEN

EXPECTED = json.loads((GOLDEN / "mini_expected.json").read_text())
ARRAYS = np.load(GOLDEN / "mini_expected.npz")
POSES = GOLDEN / "data_3d_h36m.npz"
POINTS = GOLDEN / "data_2d_h36m_mini.npz"
ACTIONS = json.loads((GOLDEN / "actionwise.json").read_text())["selection"]


@pytest.fixture
def mini():
    return (files.read_poses(POSES, allow_pickle=True),
            files.read_keypoints(POINTS, allow_pickle=True))


def test_golden_loader(mini):
    takes = loading.load_takes(*mini, EXPECTED["subjects"])
    lengths = {}
    for take in takes:
        assert len(take.keypoints) == len(take.poses)
        lengths.setdefault(take.subject, {})[take.name] = len(take.poses)
    assert lengths == EXPECTED["lengths"]
    for subject, name, view in EXPECTED["checked_sequences"]:
        take, = [t for t in takes if (t.subject, t.name, t.view) == (subject, name, view)]
        key = f"seq_{subject}_{name.replace(' ', '-')}_{view}"
        np.testing.assert_allclose(take.poses, ARRAYS[f"{key}_3d"], atol=5e-6)
        assert take.poses.dtype == take.keypoints.dtype == np.float32
        np.testing.assert_allclose(take.keypoints, ARRAYS[f"{key}_2d"], atol=1e-6)
    assert list(loading.H36M17_PARENTS) == EXPECTED["parents"]
    assert list(loading.H36M17_SYMMETRY.left) == EXPECTED["joints_left"]
    assert list(loading.H36M17_SYMMETRY.right) == EXPECTED["joints_right"]
    assert mini[1].symmetry == loading.H36M17_SYMMETRY


def test_symmetries_follow_the_names():
    for left, right in zip(*loading.H36M17_SYMMETRY):
        assert H36M17_NAMES[left][2:] == H36M17_NAMES[right][2:]
    assert sorted(zip(*loading.MPII16_SYMMETRY)) == [
        (3, 2), (4, 1), (5, 0), (13, 12), (14, 11), (15, 10)]


@pytest.mark.parametrize("rule", ["exact", "prefix"])
def test_golden_selection(rule):
    for action, chosen in ACTIONS[rule].items():
        assert [n for n in ACTIONS["names"]
                if loading.is_selected(n, [action], rule == "prefix")] == chosen


def test_actions_are_selected(mini):
    names = lambda **o: {t.name for t in loading.load_takes(*mini, ["S9"], **o)}
    assert names(actions=["Walking"]) == {"Walking", "Walking 1"}
    assert names(actions=["Walk"], prefix=True) == {"Walking", "Walking 1", "WalkDog"}
    with pytest.raises(ValueError, match="known are Eating, WalkDog, Walking"):
        names(actions=["Dancing"])


def test_part_of_the_frames(mini):
    whole = loading.load_takes(*mini, ["S1"])[0]
    part = loading.load_takes(*mini, ["S1"], fraction=0.5, stride=2)[0]
    assert len(part.poses) == round(17 // 2 * 0.5)
    assert any((whole.poses == part.poses[0]).all((1, 2)))


def test_the_arrays_stay_as_they_are(mini):
    poses, points = mini
    before = {s: {t: a.copy() for t, a in takes.items()} for s, takes in poses.items()}
    first = points.positions["S1"]["Walking"][0].copy()
    loading.load_takes(*mini, EXPECTED["subjects"])
    for subject, takes in poses.items():
        for name, array in takes.items():
            np.testing.assert_array_equal(array, before[subject][name])
    np.testing.assert_array_equal(points.positions["S1"]["Walking"][0], first)


def test_pickles_need_permission():
    for read, path in ((files.read_poses, POSES), (files.read_keypoints, POINTS)):
        with pytest.raises(ValueError, match="allow_pickle=True"):
            read(path)
    with pytest.raises(ValueError, match="has no positions_3d; it has positions_2d"):
        files.read_poses(POINTS, allow_pickle=True)


def break_points(change):
    """Key points whose S9 Walking was changed."""
    def broken(points):
        takes = {s: {t: list(v) for t, v in takes.items()}
                 for s, takes in points.positions.items()}
        change(takes)
        return loading.Keypoints(takes, 17, points.symmetry, "h36m", {})
    return broken


def with_nan(takes):
    takes["S9"]["Walking"][2] = takes["S9"]["Walking"][2].copy()
    takes["S9"]["Walking"][2][3, 1] = np.nan


@pytest.mark.parametrize("change, message", [
    (lambda t: t.pop("S9"), "no 2D key points of subject S9; there are S1, S11"),
    (lambda t: t["S9"].pop("Walking"), "no 2D key points of take 'Walking' of S9"),
    (lambda t: t["S9"]["Walking"].pop(), "3 cameras, and 4 are calibrated"),
    (with_nan, "S9 Walking, camera 2: the key points of 1 frames hold NaN, frame 3"),
    (lambda t: t["S9"].update(Walking=[a[:, :16] for a in t["S9"]["Walking"]]),
     "\\(n, 17, 2 or 3\\), got \\(14, 16, 2\\)"),
    (lambda t: t["S9"].update(Walking=[a[:11] for a in t["S9"]["Walking"]]),
     "12 poses and only 11 frames"),
])
def test_bad_key_points(mini, change, message):
    poses, points = mini
    with pytest.raises(ValueError, match=message):
        loading.load_takes(poses, break_points(change)(points), ["S9"])


def test_missing_calibration_and_subject(mini):
    cameras = {**CALIBRATION, "subjects": {"S1": CALIBRATION["subjects"]["S1"]}}
    with pytest.raises(ValueError, match="no calibration of the cameras of S9"):
        loading.load_takes(*mini, ["S9"], cameras=cameras)
    with pytest.raises(ValueError, match="no 3D poses of subject S6"):
        loading.load_takes(*mini, ["S6"])
    with pytest.raises(ValueError, match="\\(n, 32, 3\\)"):
        files._h36m17(np.zeros((3, 15, 3)), "here")


def test_a_camera_without_detections_is_left_out(mini, caplog):
    poses, points = mini
    points = break_points(lambda t: t["S9"]["Walking"].__setitem__(1, None))(points)
    takes = loading.load_takes(poses, points, ["S9"], actions=["Walking"])
    assert [t.view for t in takes if t.name == "Walking"] == [0, 2, 3]
    assert "S9 Walking: camera 1 has no key points" in caplog.text


def test_mpii_pairs_are_corrected_on_request(tmp_path):
    path = tmp_path / "data_2d_h36m_sh.npz"
    write_keypoints(path, {"S1": {"Walking": [np.zeros((2, 16, 2))]}},
                    symmetry=loading.MPII16_AS_PUBLISHED, layout_name="mpii")
    read = lambda **o: files.read_keypoints(path, allow_pickle=True, **o).symmetry
    assert read() == loading.MPII16_AS_PUBLISHED
    assert read(fix_symmetry=True) == loading.MPII16_SYMMETRY


def test_videos(tmp_path):
    path = tmp_path / "data_2d_custom_x.npz"
    points = np.array([[960, 540], [0, 0], [1920, 1080]] + [[0, 540]] * 14, float)
    write_video_keypoints(path, "clip.mp4", np.stack([points] * 3), (1920, 1080))
    keypoints = files.read_keypoints(path, allow_pickle=True)
    take, = loading.load_videos(keypoints)
    assert (take.subject, take.name, take.poses, take.size) == (
        "clip.mp4", "custom", None, (1920, 1080))
    np.testing.assert_allclose(take.keypoints[0, :4], [
        [0, 0], [-1, -0.5625], [1, 0.5625], [-1, 0]], atol=1e-6)
    assert keypoints.symmetry == Symmetry((1, 3, 5, 7, 9, 11, 13, 15),
                                          (2, 4, 6, 8, 10, 12, 14, 16))


def test_missing_detections_are_interpolated():
    points = np.array([[[0.0, np.nan]], [[np.nan, 5]], [[4, 7]], [[np.nan, np.nan]]])
    np.testing.assert_allclose(loading.fill_missing(points),
                               [[[0, 5]], [[2, 5]], [[4, 7]], [[4, 7]]])
    assert np.isnan(points[0, 0, 1])
    with pytest.raises(ValueError, match="every frame"):
        loading.fill_missing(np.full((3, 1, 2), np.nan))
