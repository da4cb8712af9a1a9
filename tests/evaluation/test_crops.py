"""Displaced and mirrored crops, and the way back to the picture."""
import numpy as np

from deephar.config import DataConfig, human36m_dataconf
from deephar.evaluation.crops import (
    crop_settings, poses_in_picture, true_pose_in_picture)
from deephar.utils.pose import INVALID, pa16j2d

MIRROR = np.array([[-1, 0, 1], [0, 1, 0], [0, 0, 1.0]])


def test_the_plain_crop_comes_first():
    assert crop_settings(human36m_dataconf) == [human36m_dataconf.get_fixed_config()]
    settings = crop_settings(human36m_dataconf, shift=(20, 4), flip=True)
    assert settings[0] == human36m_dataconf.get_fixed_config()
    places = [(s["transx"], s["transy"], s["hflip"]) for s in settings]
    assert len(set(places)) == 10
    assert {p[:2] for p in places} == {(0, 0), (-20, 0), (20, 0), (0, -4), (0, 4)}


def test_a_mirrored_preset_is_mirrored_back():
    flips = [s["hflip"] for s in crop_settings(DataConfig(fixed_hflip=1), flip=True)]
    assert flips == [1, 0]


def test_crops_of_one_pose_agree_in_the_picture():
    rng = np.random.default_rng(0)
    pose_px = rng.uniform(0, 100, (16, 2))
    plain = np.diag([0.01, 0.02, 1.0])
    mirrored = MIRROR @ plain
    crop = lambda a, pose: pose @ a[:2, :2].T + a[:2, 2]
    back = poses_in_picture(
        [crop(plain, pose_px), crop(mirrored, pose_px[list(pa16j2d.map_hflip)])],
        [plain, mirrored], [{"hflip": 0}, {"hflip": 1}], pa16j2d)
    np.testing.assert_allclose(back, pose_px, atol=1e-9)


def test_depth_stays_and_missing_joints_stay_missing():
    pose = np.random.default_rng(0).uniform(size=(16, 4))
    pose[5, :3] = INVALID
    back = true_pose_in_picture(pose, MIRROR @ np.diag([0.01, 0.01, 1]), 3)
    assert (back[5] == INVALID).all()
    np.testing.assert_allclose(np.delete(back[:, 2], 5), np.delete(pose[:, 2], 5))
