"""Boxes from predicted poses, and the names that they go by."""
import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.evaluation import bboxes
from deephar.evaluation.action import CENTRE
from deephar.evaluation.loop import evaluate
from deephar.networks.predict import predictor
from deephar.utils.pose import pa16j2d
from tests.evaluation.stand_ins import Function

SIZE = 200                      # of the stand-in's square pictures


def pose_around(x, y, half, probability=1.0):
    """A pose whose joints span a square about (x, y)."""
    pose = np.full((16, 3), probability)
    pose[:, 0], pose[:, 1] = x, y
    pose[:2, 0], pose[2:4, 1] = (x - half, x + half), (y - half, y + half)
    return pose


def test_a_box_is_the_enlarged_square():
    box = bboxes.get_bbox_from_poses(pose_around(50, 60, 10))
    assert box.tolist() == [35, 45, 65, 75]
    assert bboxes.get_bbox_from_poses(
        pose_around(50, 60, 10), scale=1).tolist() == [40, 50, 60, 70]


def test_several_poses_are_enclosed_and_mapped_back():
    poses = np.stack([pose_around(50, 60, 10), pose_around(100, 60, 20)])
    assert bboxes.get_bbox_from_poses(poses).tolist() == [35, 30, 130, 90]
    afmat = np.diag([0.01, 0.02, 1.0])
    crops = poses * [0.01, 0.02, 1]
    np.testing.assert_allclose(
        bboxes.get_bbox_from_poses(crops, afmat), [35, 30, 130, 90])
    np.testing.assert_allclose(
        bboxes.get_bbox_from_poses(crops, np.stack([afmat, afmat])), [35, 30, 130, 90])


def test_doubtful_joints_are_left_out_unless_all_are():
    pose = pose_around(50, 60, 10)
    pose[0, 0], pose[0, 2] = -500, 0.4
    box = bboxes.get_bbox_from_poses(pose)
    assert box[0] > 0
    pose[:, 2] = 0.4
    assert bboxes.get_bbox_from_poses(pose)[0] < -500


class Videos:
    """Whole pictures that hold (video, frame); T = 4."""
    dataconf, poselayout = DataConfig(), pa16j2d
    sizes = (9, 3)

    def __init__(self):
        self.read = []

    def get_length(self, mode):
        return len(self.sizes)

    def clip_length(self):
        return 4

    def get_num_frames(self, key, mode):
        return self.sizes[key]

    def get_clip_index(self, key, mode, subsamples):
        return [list(range(s, s + 4)) for s in range(0, self.sizes[key] - 3, 2)]

    def get_data(self, key, mode, frame_list=None, bbox=None, *, augmentation):
        assert bbox is None and len(frame_list) == 1
        self.read.append((key, frame_list[0]))
        frame = np.zeros((1, 2, 2, 3), np.float32)
        frame[..., 0], frame[..., 1] = key, frame_list[0]
        return {"frame": frame, "afmat": np.diag([1 / SIZE, 1 / SIZE, 1.0])}


def walker(x):
    """The person of video v is at (20 + 10 frame, 100 + v), 10 px wide."""
    video, frame = x[:, 0, 0, 0], x[:, 0, 0, 1]
    poses = [pose_around(20 + 10 * f, 100 + v, 5) for v, f in zip(video, frame)]
    return [np.array(poses) * [1 / SIZE, 1 / SIZE, 1]]


def network():
    return Function(walker, (None, 2, 2, 3))


def test_a_box_for_every_picture():
    boxes = bboxes.predict_frame_bboxes(network(), Videos(), 0, batch_size=4)
    assert len(boxes) == 12
    # 10 px of pose, times 1.5.
    np.testing.assert_allclose(boxes["0.3"], [42.5, 92.5, 57.5, 107.5])
    np.testing.assert_allclose(boxes["1.2"], [32.5, 93.5, 47.5, 108.5])


def test_a_box_for_every_clip_encloses_three_pictures():
    videos = Videos()
    keys = bboxes.clip_keys(videos, 0, 1)
    rows = evaluate(bboxes.box_trial(videos, 0, keys), predictor(network(), 4),
                    batch_size=4)
    boxes = bboxes.boxes_of(rows)
    # Clip 1 has frames 2 to 5; of those 2, 4 and 5 are looked at.
    np.testing.assert_allclose(boxes["0000.1.001.0"], [32.5, 92.5, 77.5, 107.5])
    assert boxes["0000.1.001.0"] == boxes["0000.1.001.1"]
    assert f"0000.1.{CENTRE}.0" in boxes
    assert "0001.1.000.0" in boxes, "a short video has the clip in its middle"
    assert len(videos.read) == len(set(videos.read)), "pictures are read once"


def test_a_picture_that_cannot_be_read_is_an_error():
    class Broken(Videos):
        def get_data(self, key, *args, **kwargs):
            if key == 1:
                raise OSError("cut off")
            return super().get_data(key, *args, **kwargs)

    with pytest.raises(RuntimeError, match="1 of 2 videos.*cut off"):
        bboxes.predict_frame_bboxes(network(), Broken(), 0, batch_size=4)
