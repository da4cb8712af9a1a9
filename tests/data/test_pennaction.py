import json

import numpy as np
import pytest
import scipy.io

from deephar.config import DataConfig, pennaction_dataconf
from deephar.data import PennAction
from deephar.utils import TEST_MODE, TRAIN_MODE, VALID_MODE, pa16j2d
from tests.data.golden_samples import AUGMENTATIONS, assert_golden
from tests.fakes.datasets import VALUES, penn_frame, write_penn

CONF = DataConfig(crop_resolution=(32, 32))


def penn(folder, **options):
    return PennAction(folder / "PennAction", pennaction_dataconf, pa16j2d, **options)


def test_golden_samples(golden_sets):
    truth = penn(golden_sets, use_gt_bbox=True, clip_size=8)
    assert [truth.get_length(mode) for mode in (0, 1)] == VALUES["penn/lengths"].tolist()
    predicted = penn(golden_sets, clip_size=8, pred_bboxes_file="pred_bboxes.json")
    for key in range(2):
        assert_golden(truth.get_data(key, TEST_MODE), f"penn/test/{key}")
        assert_golden(predicted.get_data(key, TEST_MODE), f"penn/test_pred/{key}")
    for name, augmentation in AUGMENTATIONS.items():
        sample = truth.get_data(0, TRAIN_MODE, list(range(1, 16, 2)),
                                augmentation=augmentation)
        assert_golden(sample, f"penn/train/{name}/0")
    whole = penn(golden_sets, topology="frames")
    assert_golden(whole.get_data(5, TEST_MODE), "penn/test_full/5")
    for step in (1, 2):
        np.testing.assert_array_equal(truth.get_clip_index(0, TEST_MODE, [step]),
                                      VALUES[f"penn/clips/0/{step}"])


def test_frames_are_counted_through_the_videos(tmp_path):
    data = PennAction(write_penn(tmp_path, (3, 0, 2)), CONF, topology="frames")
    assert data.get_length(TRAIN_MODE) == 5 and data.get_length(VALID_MODE) == 0
    assert [data.get_num_frames(key, TRAIN_MODE) for key in range(3)] == [3, 0, 2]
    places = [(data.get_data(key, TEST_MODE)["seq_idx"],
               data.get_data(key, TEST_MODE)["frame_list"].tolist()) for key in range(5)]
    assert places == [(0, [0]), (0, [1]), (0, [2]), (2, [0]), (2, [1])]


def test_one_video_of_one_frame(tmp_path):
    """MATLAB collapses arrays of one element; a clip repeats the frame."""
    data = PennAction(write_penn(tmp_path, (1,)), CONF, clip_size=4)
    sample = data.get_data(0, TRAIN_MODE, rng=np.random.default_rng(0))
    assert sample["frame_list"].tolist() == [0, 0, 0, 0]
    assert data.get_clip_index(0, TEST_MODE, [1]) == []


def test_pose_only_reads_no_picture(tmp_path):
    pictures = PennAction(write_penn(tmp_path), CONF, clip_size=4, use_gt_bbox=True)
    want = pictures.get_data(0, TEST_MODE)
    write_penn(tmp_path / "bare", pictures=False)
    data = PennAction(tmp_path / "bare", CONF, clip_size=4, use_gt_bbox=True, pose_only=True)
    sample = data.get_data(0, TEST_MODE)
    assert "frame" not in sample
    for key, value in sample.items():
        np.testing.assert_array_equal(value, want[key])


def test_full_frames(tmp_path):
    data = PennAction(write_penn(tmp_path), CONF, clip_size=4, output_fullframe=True)
    full = data.get_data(0, TEST_MODE)["fullframe"]
    assert full.shape == (4, 80, 96, 3) and full.dtype == np.float32
    assert -1 <= full.min() < full.max() <= 1


def test_unseen_joints_are_missing(tmp_path):
    visible = np.ones((13, 1))
    visible[2] = 0
    joints = penn_frame(1)["pose"]
    joints[:, 5] = 0
    joints[0, 8] = 0                # one coordinate is enough
    frame = lambda n: penn_frame(n, visible=visible, pose=joints)
    pose = PennAction(write_penn(tmp_path, frame=frame), CONF, topology="frames").get_data(
        0, TEST_MODE)["pose"]
    missing = [0, 1, 2, 3 + 2, 3 + 5, pa16j2d.map_from_pa13j[8]]
    assert np.flatnonzero(pose[:, 2] == 0).tolist() == missing
    assert (pose[missing, :2] == -1e9).all()


def test_no_joint_at_all_gives_the_whole_picture(tmp_path, caplog):
    frame = lambda n: penn_frame(n, pose=np.full((2, 13), np.nan))
    sample = PennAction(write_penn(tmp_path, frame=frame), CONF, clip_size=4,
                        use_gt_bbox=True).get_data(0, TEST_MODE)
    assert sample["bbox"].tolist() == [0, -8, 96, 88]
    assert (sample["pose"][..., :2] == -1e9).all()
    assert "Penn Action sequence 0001" in caplog.text


def test_given_boxes(tmp_path):
    data = PennAction(write_penn(tmp_path), CONF, clip_size=4, use_gt_bbox=True)
    sample = data.get_data(0, TEST_MODE, bbox=[10, 20, 74, 84])
    np.testing.assert_allclose(sample["afmat"][:2, 2], (-10 / 64, -20 / 64))
    tiny = data.get_data(0, TEST_MODE, bbox=[40, 40, 50, 80])["afmat"]
    np.testing.assert_allclose((tiny[0, 0], tiny[1, 1]), 1 / 32)
    for bad in ([100, 10, 120, 30], [10, 10, 5, 30], [1, 2, 3], [0, 0, np.nan, 5]):
        with pytest.raises(ValueError, match="Penn Action sequence 0001: a box"):
            data.get_data(0, TEST_MODE, bbox=bad)


def test_predicted_boxes_that_are_missing(tmp_path):
    write_penn(tmp_path)
    (tmp_path / "boxes.json").write_text(json.dumps([{"0.3": [1, 2, 60, 70]}, {}, {}]))
    data = PennAction(tmp_path, CONF, topology="frames", pred_bboxes_file="boxes.json")
    assert data.get_data(3, TEST_MODE)["bbox"].tolist() == [1, 2, 60, 70]
    with pytest.raises(ValueError, match="boxes.json has no box '0.4'"):
        data.get_data(4, TEST_MODE)
    (tmp_path / "boxes.json").write_text("{}")
    with pytest.raises(ValueError, match=r"JSON list \[test, train, valid\]"):
        PennAction(tmp_path, CONF, pred_bboxes_file="boxes.json")
    with pytest.raises(FileNotFoundError, match="no.json"):
        PennAction(tmp_path, CONF, pred_bboxes_file="no.json")


def test_bad_clips(tmp_path):
    data = PennAction(write_penn(tmp_path, (3, 0)), CONF, clip_size=4)
    with pytest.raises(ValueError, match="0001 has frames 0 to 2, got frame_list"):
        data.get_data(0, TEST_MODE, [0, 1, 2, 3])
    with pytest.raises(ValueError, match="0002 has no frames"):
        data.get_data(1, TEST_MODE)
    with pytest.raises(ValueError, match="topology must be"):
        PennAction(tmp_path, CONF, topology="videos")
    (tmp_path / "frames/0001/000002.jpg").unlink()
    with pytest.raises(FileNotFoundError, match="000002.jpg: no such picture, its folder is"):
        data.get_data(0, TEST_MODE)


def test_structs_that_matlab_collapsed(tmp_path):
    write_penn(tmp_path, (1,))
    frame = dict(penn_frame(1), visible=np.ones(13))
    video = {"idx": 1, "action_id": 4, "frames": frame}
    scipy.io.savemat(tmp_path / "annotations.mat",
                     {"sequences_te": video, "sequences_tr": video, "action_labels": "bowl"})
    data = PennAction(tmp_path, CONF, clip_size=2)
    assert data.get_length(TEST_MODE) == 1 and data.action_labels == ["bowl"]
    assert data.get_data(0, TEST_MODE)["pennaction"].argmax() == 3
