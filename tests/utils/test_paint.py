"""Marks go into the array itself, and nowhere else."""
import numpy as np
import pytest

from deephar.utils.paint import LEFT, RIGHT, paint_box, paint_caption, paint_pose
from deephar.utils.plot import draw_box, draw_pose
from deephar.utils.pose import pa16j2d
from tests.utils.test_plot import STANDING, close


@pytest.mark.parametrize("paint, draw, arguments", [
    (paint_pose, draw_pose, (STANDING * 100, pa16j2d)),
    (paint_box, draw_box, ((10, 20, 80, 90),)),
])
def test_in_place_as_on_a_copy(paint, draw, arguments):
    canvas = np.full((100, 100, 3), 40, np.uint8)
    expected = draw(canvas, *arguments)
    assert (canvas == 40).all()
    assert paint(canvas, *arguments) is None
    assert np.array_equal(canvas, np.array(expected)) and canvas.max() > 150


def test_soft_edges_and_exact_middle():
    canvas = np.zeros((40, 100, 3), np.uint8)
    pose = np.full((16, 2), np.nan)
    pose[14] = 20.5, 20.5                       # a right ankle alone: a disc
    paint_pose(canvas, pose, pa16j2d, width=10)
    assert tuple(canvas[20, 20]) == RIGHT
    level = canvas[..., 0].astype(float)
    rows, columns = np.mgrid[:40, :100] + 0.5
    assert abs((level * columns).sum() / level.sum() - 20.5) < 0.05
    assert abs((level * rows).sum() / level.sum() - 20.5) < 0.05
    assert len(np.unique(level)) > 5            # shades between rim and colour
    assert not canvas[:, 40:].any()


def test_what_is_near_covers_what_is_far():
    pose = np.full((16, 2), np.nan)
    pose[14] = pose[15] = 20, 20
    for depth, color in ((1, LEFT), (-1, RIGHT)):
        canvas = np.zeros((40, 40, 3), np.uint8)
        away = np.zeros(16)
        away[14] = depth                        # the right ankle
        paint_pose(canvas, pose, pa16j2d, depth=away, width=10)
        assert close(canvas[20, 20], color, 5)


def test_into_a_part_of_a_picture():
    canvas = np.zeros((40, 60, 3), np.uint8)
    paint_pose(canvas[:, 20:], STANDING * 40, pa16j2d)
    alone = np.zeros((40, 40, 3), np.uint8)
    paint_pose(alone, STANDING * 40, pa16j2d)
    assert np.array_equal(canvas[:, 20:], alone) and not canvas[:, :20].any()


def test_a_caption_larger_than_the_picture_is_cut():
    canvas = np.zeros((10, 10, 3), np.uint8)
    paint_caption(canvas, "a long line of words")
    assert canvas.max() > 0
