"""A motion as a picture and as a video."""
import numpy as np
import pytest
from PIL import Image

from deephar.inference.motion3d import Motion3D
from deephar.inference.results import FrameResult, Person
from deephar.inference.view import (
    SIDE, MotionView, on_the_ground, pose_beside, write_view)
from deephar.utils.paint import RIGHT
from deephar.utils.pose import H36M17_NAMES, pa17j3d
from tests.inference.test_space import arms_out, where


@pytest.fixture
def motion():
    rng = np.random.default_rng(0)
    poses = 0.3 * rng.normal(size=(6, 17, 3))
    gone = np.where(np.arange(6)[:, None, None] < 2, poses + [2, 0, 0], np.nan)
    return Motion3D(H36M17_NAMES, {0: poses, 1: gone}, np.arange(6) / 5,
                    np.array([4, 5, 6, 8, 9, 10]), True)


def test_a_picture_has_four_moments(motion, tmp_path):
    write_view(tmp_path / "a.png", MotionView(motion))
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (4 * SIDE, SIDE)
        drawn = np.array(picture)
    parts = np.split(drawn, 4, axis=1)
    assert not any(np.array_equal(parts[0], part) for part in parts[1:])


def test_a_film_has_all_and_their_times(motion, tmp_path):
    told = []
    write_view(tmp_path / "a.gif", MotionView(motion, turn=90),
               lambda done, total: told.append((done, total)))
    assert told == [(i, 6) for i in range(1, 7)]
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == 6 and film.info["duration"] == 200


def test_a_results_frame_is_found_by_its_number(motion):
    view = MotionView(motion)
    people = (Person(None, None, None, None, np.zeros(4), "given", np.eye(3)),)
    shown = view.beside(FrameResult(8, 0.6, (9, 9), "v", people), 120)
    assert np.array_equal(shown, view(8, 0.6, 120)) and shown.shape == (120, 120, 3)
    nobody = view.beside(FrameResult(7, 0.5, (9, 9), "v", ()), 120)
    assert not np.array_equal(nobody, shown) and not len(where(nobody, RIGHT)[0])


def test_everybody_stands_on_the_ground_and_may_jump():
    times = np.arange(100) / 25
    jump = np.where((times > 2) & (times < 2.4), 0.5, 0)
    points = np.zeros((100, 17, 3))
    points[..., 1] = (0.9 + 0.1 * times - jump)[:, None]        # sinks while going away
    points[:, 10, 1] -= 1.7                                     # the head
    points[50:55] = np.nan
    found = on_the_ground(points, 1 / 25)
    assert np.isnan(found[52]).all()
    feet = found[:, 0, 1]
    walks = np.isfinite(feet) & (jump == 0)
    assert np.abs(feet[walks]).max() < 0.06
    assert np.nanmax(feet[(jump > 0)]) < -0.4
    assert np.allclose((found[:, 10] - found[:, 0])[walks], [0, -1.7, 0])
    nobody = np.full((3, 17, 3), np.nan)
    assert np.isnan(on_the_ground(nobody, 1 / 25)).all()


def test_the_first_pose_of_a_3d_network():
    pose = np.nan_to_num(arms_out())
    draw = pose_beside(pa17j3d, 0)
    one = Person(None, None, None, 1000 * pose, np.zeros(4), "given", np.eye(3))
    drawn = draw(FrameResult(0, None, (9, 9), "p", (one, one)), 200)
    assert drawn.shape == (200, 200, 3) and len(where(drawn, RIGHT)[0]) > 20
    assert not len(where(draw(FrameResult(0, None, (9, 9), "p", ()), 200), RIGHT)[0])
