import numpy as np
import pytest

from deephar.config import DataConfig, human36m_dataconf
from deephar.data import Human36M
from deephar.data.human36m import TRAIN_SUBJECTS, VALID_SUBJECTS
from deephar.utils import (
    TEST_MODE, TRAIN_MODE, VALID_MODE, camera_deserialize, pa17j3d)
from tests.data.golden_samples import AUGMENTATIONS, assert_golden
from tests.fakes.datasets import VALUES, h36m_frame, write_h36m

CONF = DataConfig(crop_resolution=(32, 32))


def test_golden_samples(golden_sets):
    folder = golden_sets / "Human3.6M"
    frames = Human36M(folder, human36m_dataconf, pa17j3d, "frames")
    assert [frames.get_length(mode) for mode in range(3)] == VALUES["h36m/lengths"].tolist()
    for key in range(4):
        assert_golden(frames.get_data(key, VALID_MODE), f"h36m/valid/{key}")
    for name, augmentation in AUGMENTATIONS.items():
        assert_golden(frames.get_data(2, TRAIN_MODE, augmentation=augmentation),
                      f"h36m/train/{name}/2")
    clips = Human36M(folder, human36m_dataconf, pa17j3d, clip_size=3)
    sample = clips.get_data(1, TRAIN_MODE, [0, 1, 2],
                            augmentation=AUGMENTATIONS["rotate_flip"])
    assert_golden(sample, "h36m/clip/rotate_flip/1")


def test_world_and_picture_agree(tmp_path):
    sample = Human36M(write_h36m(tmp_path), CONF, clip_size=3).get_data(0, TEST_MODE)
    camera = camera_deserialize(sample["camera"])
    np.testing.assert_allclose(camera.inverse_project(sample["pose_uvd"]), sample["pose_w"],
                               atol=1e-6)
    assert sample["action"] == 1


def test_the_published_subjects():
    assert (TRAIN_SUBJECTS, VALID_SUBJECTS) == ((1, 5, 6, 7, 8), (9, 11))


def test_one_video_of_one_frame(tmp_path):
    data = Human36M(write_h36m(tmp_path, {"a02_s01_e01_c01": 1}), CONF, clip_size=3)
    assert data.get_length(TEST_MODE) == 1
    assert data.get_data(0, TEST_MODE)["frame"].shape == (3, 32, 32, 3)


def test_bad_sets(tmp_path):
    folder = write_h36m(tmp_path / "names", {"walking": 2})
    with pytest.raises(ValueError, match="named like a02_s01_e01_c01, got 'walking'"):
        Human36M(folder, CONF)
    nan = lambda n: h36m_frame(n, pose3d=np.full((3, 32), np.nan))
    data = Human36M(write_h36m(tmp_path / "nan", frame=nan), CONF, clip_size=2)
    with pytest.raises(ValueError, match="00006.jpg: a window needs a finite centre.*root"):
        data.get_data(0, TEST_MODE)
    with pytest.raises(ValueError, match="no sequence in any split"):
        Human36M(write_h36m(tmp_path / "empty", {}), CONF)
    data = Human36M(write_h36m(tmp_path / "zero", {"a02_s01_e01_c01": 0}), CONF)
    with pytest.raises(ValueError, match="a02_s01_e01_c01 has no frames"):
        data.get_data(0, TEST_MODE)
