"""The made-up motion that the first lifter learns, and the whole of it in small."""
import dataclasses

import numpy as np
import pytest

from deephar.data.synthetic.scenes import look_at
from deephar.networks.lifting import load_video_lifter
from deephar.training.recipes import quicklift

SMALL = quicklift.QuickliftConfig(people=5, takes=2, seconds=0.4, widths=(3,), channels=16,
                                  batch_size=16, epochs=1, steps_per_epoch=3, device="cpu")


@pytest.fixture(scope="module")
def motion():
    return quicklift.make_motion(SMALL)


def test_people_are_tested_on_who_were_not_trained_on(motion):
    trained = {take.subject for take in motion.train}
    assert {take.subject for take in motion.test} == {"unseen"} and trained == {
        "P1", "P2", "P3", "P4"}
    assert len({take.action for take in motion.train}) > 4
    assert all(take.keypoints.shape == (20, 17, 2) for take in motion.train)
    again = quicklift.make_takes(SMALL, 3)
    assert np.array_equal(again[1].poses, motion.train[5].poses)


def test_poses_stand_before_the_camera_where_the_key_points_are(motion):
    """Wrists in the picture and in space differ by a focal length, the tilt and errors."""
    for take in motion.train:
        whole = take.poses + np.where(np.arange(17)[:, None] > 0, take.poses[:, :1], 0)
        assert (whole[..., 2] > 1).all()
        rays = (whole[:, [13, 16], 0] / whole[:, [13, 16], 2]).ravel()
        seen = take.keypoints[:, [13, 16], 0].ravel()
        slope, offset = np.polyfit(rays, seen, 1)
        assert np.std(seen - slope * rays - offset) < 0.1
        if np.ptp(rays) > 0.1:
            assert 0.9 < slope * take.size[0] / 2 / max(take.size) < 2


def test_axes_are_level():
    R = look_at(np.array([4000.0, 1000, 2500]), np.array([0, 0, 900.0]), roll=0.2)
    right, down, ahead = quicklift.level(R)
    assert np.allclose(down, [0, 0, -1]) and np.allclose(np.cross(down, ahead), right)
    assert np.allclose(ahead, np.array([-4, -1, 0]) / 17 ** 0.5)
    assert right @ R[0] > 0.9


def test_errors_last_for_a_while():
    rng = np.random.default_rng(0)
    found = quicklift.errors(rng, (400, 16, 2))
    lasting, alone = quicklift.ERRORS
    assert np.diff(found, axis=0).std() == pytest.approx(alone * 2 ** 0.5, rel=0.1)
    assert found.std() == pytest.approx(np.hypot(lasting * (2 / 3) ** 0.5, alone), rel=0.1)


@pytest.mark.slow
def test_the_whole_in_small(motion, tmp_path):
    report = quicklift.train(dataclasses.replace(SMALL, logdir=str(tmp_path / "run")), motion)
    score, = report["scores"]
    assert np.isfinite(score["value"]) and score["protocol"]["test subjects"] == "unseen"
    assert quicklift.baseline(motion) > 50
    lifter = load_video_lifter(tmp_path / "run")
    poses, places = lifter(np.full((4, 17, 2), 50.0), (100, 100))
    assert poses.shape == (4, 17, 3) and places.shape == (4, 3)
