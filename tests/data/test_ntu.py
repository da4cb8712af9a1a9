import numpy as np
import pytest

from deephar.config import DataConfig, ntu_dataconf
from deephar.data import Ntu
from deephar.utils import TEST_MODE, TRAIN_MODE, VALID_MODE, pa17j3d, pa20j3d
from tests.data.golden_samples import AUGMENTATIONS, assert_golden
from tests.fakes.datasets import VALUES, ntu_rows, write_ntu

CONF = DataConfig(crop_resolution=(32, 32))


def test_golden_samples(golden_sets):
    folder = golden_sets / "NTU"
    ntu = Ntu(folder, ntu_dataconf, pa17j3d, use_gt_bbox=True, clip_size=6)
    assert [ntu.get_length(mode) for mode in (0, 1)] == VALUES["ntu/lengths"].tolist()
    assert ntu.get_length(VALID_MODE) == 0
    for key in range(2):
        assert_golden(ntu.get_data(key, TEST_MODE), f"ntu/test/{key}")
    for name, augmentation in AUGMENTATIONS.items():
        sample = ntu.get_data(0, TRAIN_MODE, list(range(0, 12, 2)), augmentation=augmentation)
        assert_golden(sample, f"ntu/train/{name}/0")
    frames = Ntu(folder, ntu_dataconf, pa20j3d, "frames", use_gt_bbox=True)
    assert_golden(frames.get_data(3, TEST_MODE), "ntu/test20/3")


def test_splits(tmp_path):
    """Persons 1 and 2 train, 3 tests; cameras 2 and 3 train, 1 tests."""
    names = {f"S{s:03d}C{c:03d}P{p:03d}R001A001": 4
             for s, c, p in ((1, 1, 1), (1, 2, 3), (2, 3, 2), (3, 1, 3))}
    write_ntu(tmp_path, names, pictures=False)
    split = lambda **options: [
        [video.name[:12] for video in Ntu(tmp_path, CONF, **options).sequences[mode]]
        for mode in (TRAIN_MODE, TEST_MODE)]
    assert split() == [["S001C001P001", "S002C003P002"], ["S001C002P003", "S003C001P003"]]
    assert split(eval_mode="cv") == [["S001C002P003", "S002C003P002"],
                                     ["S001C001P001", "S003C001P003"]]
    assert split(num_S=1) == [["S001C001P001"], ["S001C002P003"]]
    with pytest.raises(ValueError, match="'cs'.*'cv'.*got 'xs'"):
        Ntu(tmp_path, CONF, eval_mode="xs")


def test_the_published_persons_of_the_training_set(tmp_path):
    names = {f"S001C001P{p:03d}R001A001": 1 for p in range(1, 41)}
    found = Ntu(write_ntu(tmp_path, names, pictures=False), CONF).sequences[TRAIN_MODE]
    assert [video.person for video in found] == [
        1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31, 34, 35, 38]


def test_coordinates_are_halved_and_every_second_row_is_used(tmp_path):
    ntu = Ntu(write_ntu(tmp_path), CONF, pa20j3d)
    numbers, joints = ntu.sequences[TRAIN_MODE][0].read()
    assert numbers.tolist() == list(range(1, 25, 2))
    np.testing.assert_allclose(joints[0, 0], [400, 150, 2900])


def test_joints_at_the_origin_are_missing_even_with_depth(tmp_path):
    def rows_of(count):
        rows = ntu_rows(count)
        rows[:, [76, 101]] = 0                  # x and y of the pelvis
        return rows
    ntu = Ntu(write_ntu(tmp_path, rows_of=rows_of), CONF, pa17j3d, clip_size=4)
    pose = ntu.get_data(0, TEST_MODE)["pose"]
    assert (pose[:, 0] == (-1e9, -1e9, -1e9, 0)).all()
    assert (pose[:, 1:, 3] == 1).all()
    # Without a root joint the depth range is about the mean of all joints.
    _, joints = ntu.sequences[TEST_MODE][0].read()
    known = joints[0, list(pa17j3d.map_from_ntu)[1:], 2]
    np.testing.assert_allclose(pose[0, 1:, 2], (known - known.mean() + 1000) / 2000)


def test_nothing_known_at_all(tmp_path, caplog):
    nothing = lambda count: ntu_rows(count) * (np.arange(151) < 1)
    ntu = Ntu(write_ntu(tmp_path, rows_of=nothing), CONF, clip_size=4, use_gt_bbox=True)
    pose = ntu.get_data(0, TEST_MODE)["pose"]
    assert (pose[..., :3] == -1e9).all() and (pose[..., 3] == 0).all()
    assert "using the whole image" in caplog.text


def test_depths_have_one_scale_in_every_window_if_asked(tmp_path):
    write_ntu(tmp_path, pictures=False)
    conf = DataConfig(crop_resolution=(32, 32), scales=(0.5, 2.0))
    depths = {}
    for by_scale in (True, False):
        ntu = Ntu(tmp_path, conf, clip_size=4, pose_only=True, depth_by_scale=by_scale)
        depths[by_scale] = [
            ntu.get_data(0, TEST_MODE, augmentation={"scale": scale})["pose"][0, 1:, 2] - 0.5
            for scale in (1.0, 2.0)]
    joints = ntu.sequences[TEST_MODE][0].read()[1]
    frames = ntu.get_data(0, TEST_MODE)["frame_list"]
    root = joints[frames, pa20j3d.map_from_ntu[0], 2].mean()
    wanted = (joints[frames[0], list(pa20j3d.map_from_ntu)[1:], 2] - root) / 2000
    np.testing.assert_allclose(depths[True], [wanted, wanted / 2], atol=1e-12)
    np.testing.assert_allclose(depths[False], [wanted, wanted], atol=1e-12)


def test_a_file_is_read_once_per_sample_and_only_its_header_at_the_start(
        tmp_path, monkeypatch):
    import deephar.data.ntu as module
    reads = []
    for name in ("load_npy", "npy_header"):
        monkeypatch.setattr(module, name, lambda path, n=name, f=getattr(module, name): (
            reads.append(n), f(path))[1])
    write_ntu(tmp_path, pictures=False)
    frames = Ntu(tmp_path, CONF, topology="frames", pose_only=True)
    assert [frames.get_length(mode) for mode in (TRAIN_MODE, TEST_MODE)] == [12, 10]
    assert frames.get_num_frames(0, TRAIN_MODE) == 12 and reads == ["npy_header"] * 2
    for _ in range(2):
        frames.get_data(3, TRAIN_MODE, rng=np.random.default_rng(0))
    assert reads == ["npy_header"] * 2 + ["load_npy"] * 2


def test_pose_only_reads_no_picture(tmp_path):
    ntu = Ntu(write_ntu(tmp_path, pictures=False), CONF, clip_size=4, pose_only=True)
    assert "frame" not in ntu.get_data(0, TRAIN_MODE, rng=np.random.default_rng(0))
    ntu = Ntu(tmp_path, CONF, clip_size=4)
    with pytest.raises(FileNotFoundError, match="jpg: no such picture, nor its folder"):
        ntu.get_data(0, TEST_MODE)


def test_bad_sets(tmp_path):
    with pytest.raises(FileNotFoundError, match="nturgb.d_numpy: NTU's annotations"):
        Ntu(tmp_path, CONF)
    folder = tmp_path / "nturgb+d_numpy"
    folder.mkdir()
    with pytest.raises(ValueError, match="no file named like S001"):
        Ntu(tmp_path, CONF)
    path = folder / "S001C001P003R001A001.npy"
    np.save(path, np.array([{"a": 1}]), allow_pickle=True)
    with pytest.raises(ValueError, match="A001.npy needs numbers, got object"):
        Ntu(tmp_path, CONF).get_data(0, TEST_MODE)
    np.save(path, -ntu_rows(4))
    with pytest.raises(ValueError, match="A001.npy holds pictures' numbers below 0"):
        Ntu(tmp_path, CONF).get_data(0, TEST_MODE)
    np.save(path, np.zeros((4, 7)))
    with pytest.raises(ValueError, match=r"rows of 151 numbers, got shape \(4, 7\)"):
        Ntu(tmp_path, CONF).get_data(0, TEST_MODE)
    np.save(path, np.zeros((0, 151)))
    with pytest.raises(ValueError, match="A001 has no frames"):
        Ntu(tmp_path, CONF).get_data(0, TEST_MODE)
