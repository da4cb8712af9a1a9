"""Marks go into the array itself, and nowhere else."""
import numpy as np
import pytest

from deephar.utils.paint import (
    LEFT, RIGHT, RIM, RIM_OPACITY, line_width, paint_box, paint_caption, paint_pose)
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


@pytest.mark.parametrize("box", [(5, 4, 30, 20), (-3.5, 6.2, 12.7, 60), (7, 8, 7.5, 8.5)])
def test_marks_are_laid_one_over_the_other(box):
    canvas = np.random.default_rng(1).integers(0, 255, (24, 36, 3), np.uint8)
    painted = canvas.copy()
    paint_box(painted, box, LEFT)
    corners = np.array(box, float)[[[0, 1], [2, 1], [2, 3], [0, 3]]]
    pixels = np.stack(np.meshgrid(np.arange(36) + 0.5, np.arange(24) + 0.5), axis=-1)
    width, slow = line_width(canvas), canvas.astype(float)
    for radius, color, opacity in ((width / 2 + max(0.8, 0.4 * width), RIM, RIM_OPACITY),
                                   (width / 2, LEFT, 1)):
        for a, b in zip(corners, np.roll(corners, -1, axis=0)):
            part = ((pixels - a) @ (b - a) / ((b - a) @ (b - a))).clip(0, 1)[..., None]
            away = np.linalg.norm(pixels - a - part * (b - a), axis=-1, keepdims=True)
            slow += (color - slow) * opacity * (radius + 0.5 - away).clip(0, 1)
    assert np.abs(painted - slow).max() < 0.51
    assert (painted != canvas).any()
