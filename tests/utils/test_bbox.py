import logging

import numpy as np
import pytest

from deephar.utils import bbox as boxes

NAN = np.nan
POSE = np.array([[10.0, 20], [30, 30], [NAN, NAN], [-1e9, -1e9]])


def test_centre_and_size_and_back():
    box = np.array([3.0, -4, 13, 20])
    centre, winsize = boxes.bbox_to_objposwin(box)
    assert centre.tolist() == [8, 8] and tuple(winsize) == (10, 24)
    np.testing.assert_array_equal(boxes.objposwin_to_bbox(centre, winsize), box)


def test_box_of_a_pose():
    np.testing.assert_allclose(boxes.get_valid_bbox(POSE, relsize=1), [10, 20, 30, 30])
    np.testing.assert_allclose(
        boxes.get_valid_bbox(POSE, relsize=1.5, square=True), [5, 10, 35, 40])
    np.testing.assert_allclose(
        boxes.get_valid_bbox(POSE, jprob=[1, 0.4, 1, 1], relsize=1), [10, 20, 10, 20])
    np.testing.assert_allclose(boxes.get_valid_bbox(POSE),
                               boxes.get_valid_bbox(POSE, relsize=1.5, square=False))
    with pytest.raises(ValueError, match="needs a valid joint, got none of 2"):
        boxes.get_valid_bbox(POSE[2:])
    centre, winsize = boxes.get_objpos_winsize(POSE)
    assert centre.tolist() == [20, 25] and tuple(winsize) == (30, 30)
    assert tuple(boxes.get_objpos_winsize(POSE, 1.5, False)[1]) == (30, 15)


def test_boxes_of_many_poses():
    poses = np.stack([POSE, POSE + 5])
    array = boxes.get_valid_bbox_array(poses, relsize=1)
    np.testing.assert_allclose(array, [[10, 20, 30, 30], [15, 25, 35, 35]])
    np.testing.assert_array_equal(boxes.get_valid_bbox_array(poses),
                                  boxes.get_valid_bbox_array(poses, relsize=1.5))
    lazy = boxes.PoseBBox(poses, 1, False)
    assert len(lazy) == 2 and lazy.shape == (2, 4)
    np.testing.assert_allclose(lazy[1], array[1])
    np.testing.assert_allclose(lazy[:], array)


def test_grid_covers_the_picture():
    grid = boxes.compute_grid_bboxes((300, 200), (3, 2), relsize=1)
    assert grid.shape == (7, 4)
    np.testing.assert_allclose(grid[0], [0, -50, 300, 250])
    np.testing.assert_allclose(grid[1], [0, 0, 100, 100])
    np.testing.assert_allclose(grid[-1], [200, 100, 300, 200])
    cells = boxes.compute_grid_bboxes((300, 100), (3, 2), 2, False)
    np.testing.assert_allclose(cells[1], [-50, -25, 150, 75])


def test_box_of_a_clip_is_that_of_first_middle_and_last_frame():
    square = np.array([[0.0, 0], [10, 10]])
    poses = np.stack([square + shift for shift in (0, 1000, 40, 1000, 20)])
    # Five frames: the middle one is number int(5 / 2 + 0.5) = 3.
    poses[3] = square + 60
    visible = np.ones((5, 2))
    np.testing.assert_allclose(
        boxes.get_gt_bbox(poses, visible, (200, 100)), [-2.5, -2.5, 72.5, 72.5])
    np.testing.assert_allclose(
        boxes.get_gt_bbox(poses[:1], visible[:1], (200, 100), scale=2), [-10, -10, 20, 20])


def test_box_without_visible_joints(caplog):
    pose = np.array([[[5.0, 5], [25, 15], [-3, 4]]])
    hidden = np.zeros((1, 3))
    np.testing.assert_allclose(         # of the positive coordinates
        boxes.get_gt_bbox(pose, hidden, (200, 100), scale=1 / 1.5), [5, 0, 25, 20])
    assert not caplog.records
    with caplog.at_level(logging.WARNING):
        whole = boxes.get_gt_bbox(pose * NAN, hidden, (200, 100), logkey="clip 7")
    np.testing.assert_allclose(whole, [0, -50, 200, 150])
    assert "clip 7" in caplog.text and "whole image" in caplog.text


def test_window_of_human36m():
    centre, winsize, depth = boxes.get_crop_params(
        np.array([[500.0, 400, 4000], [0, 0, 1]]), (1000, 1000), [1100, 1200], 0.5)
    assert centre.tolist() == [500, 400.5]
    assert winsize == (2.25 * 0.5 * 1000 * 1200 / 4000,) * 2
    assert depth == (3500, 4500)


def test_enclosing():
    assert boxes.enclosing([(0, 5, 9, 9), (3, 1, 12, 8)]).tolist() == [0, 1, 12, 9]


def test_overlaps():
    common = boxes.overlaps([(0, 0, 2, 2), (0, 0, 1, 1)], [(1, 0, 3, 2), (2, 2, 3, 3), (0, 0, 2, 2)])
    np.testing.assert_allclose(common, [[1 / 3, 0, 1], [0, 0, 1 / 4]])
    assert boxes.overlaps([], [(0, 0, 1, 1)]).shape == (0, 1)


def test_the_usual_grid():
    np.testing.assert_array_equal(boxes.compute_grid_bboxes((90, 60)),
                                  boxes.compute_grid_bboxes((90, 60), (3, 2), 1.5, True))


def test_a_visible_joint_without_a_place_makes_no_box():
    """The hidden one is taken if its coordinates are positive, else the picture."""
    visible = np.array([[1.0, 0, 0]])
    pose = np.array([[[NAN, NAN], [5, 15], [25, 35]]])
    np.testing.assert_allclose(
        boxes.get_gt_bbox(pose, visible, (200, 100), scale=1 / 1.5), [5, 15, 25, 35])
    half = boxes.get_gt_bbox(pose, [[1.0, 0.5, 0.4]], (200, 100), scale=1 / 1.5)
    np.testing.assert_allclose(half, [5, 15, 5, 15])        # half visible is visible
    np.testing.assert_array_equal(boxes.get_gt_bbox(pose * [-1, 1], visible, (200, 100)),
                                  boxes.whole_image_bbox((200, 100), 1.0))
