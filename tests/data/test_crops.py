import numpy as np
import pytest
from PIL import Image

from deephar.config import mpii_sp_dataconf
from deephar.data.crops import (
    checked_box, clip_window, crop_clip, occlude, pose_targets, reference_crop, training_crop,
    window_map)
from deephar.utils import pa16j2d, pa16j3d, transform_2d_points

FIXED = mpii_sp_dataconf.get_fixed_config()
SIZE = (320, 240)


def draw_case(rng):
    """(point in the picture, centre, window, settings, resolution)."""
    resolution = [(256, 256), (128, 128), (192, 256)][rng.integers(3)]
    side = rng.uniform(60, 300)
    stretch = rng.uniform(0.7, 1.4)
    point = rng.uniform((40, 40), (280, 200))
    centre = point + rng.uniform(-side / 4, side / 4, 2) * min(1, stretch)
    aug = dict(FIXED, angle=float(rng.choice([0, 90, rng.uniform(-180, 180)])),
               hflip=int(rng.integers(2)))
    return point, centre, (side, side * stretch), aug, resolution


def paint_dot(path, point, sigma):
    """A picture, black but for a round spot at `point` (pixel centres at .5)."""
    x, y = (np.exp(-(np.arange(side) + 0.5 - centre) ** 2 / (2 * sigma ** 2))
            for side, centre in zip(SIZE, point))
    Image.fromarray(np.round(255 * np.outer(y, x)).astype(np.uint8)).save(path)


def find_dot(frame):
    weight = np.asarray(frame)[..., 0].astype(float)
    places = [np.arange(side) + 0.5 for side in weight.shape]
    return np.array([weight.sum(0) @ places[1], weight.sum(1) @ places[0]]) / weight.sum()


@pytest.mark.parametrize("crop", [reference_crop, training_crop])
def test_a_painted_dot_is_where_the_matrix_puts_it(tmp_path, crop):
    """500 random windows: one matrix for the picture and the joints, in both crops."""
    rng = np.random.default_rng(7)
    errors = []
    while len(errors) < 500:
        point, centre, winsize, aug, resolution = draw_case(rng)
        sigma = max(2, *np.divide(winsize, resolution) * 1.5)
        afmat = window_map(SIZE, centre, winsize, aug, resolution)
        place = transform_2d_points(afmat, point[:, None])[:, 0] * resolution
        margin = 6 * sigma * max(np.divide(resolution, winsize))
        if (place < margin).any() or (place > resolution - margin).any():
            continue            # the spot would be cut off, and its centre moved
        paint_dot(tmp_path / "dot.bmp", point, sigma)
        frame, afmat = crop(tmp_path / "dot.bmp", centre, winsize, aug, resolution)
        place = transform_2d_points(afmat, point[:, None])[:, 0] * resolution
        errors.append(np.linalg.norm(find_dot(frame) - place))
    print("worst distance of the dot:", max(errors))
    assert 0 < max(errors) <= 0.5


def test_both_crops_show_the_same(tmp_path):
    rng = np.random.default_rng(3)
    cells = rng.integers(0, 256, (24, 32, 3), np.uint8)
    Image.fromarray(cells).resize((1280, 960), Image.Resampling.BICUBIC).save(
        tmp_path / "big.jpg", quality=95)
    Image.new("L", (1280, 960), 255).save(tmp_path / "white.png")
    for _ in range(40):
        _, _, winsize, aug, resolution = draw_case(rng)
        winsize = np.multiply(winsize, rng.uniform(1, 8))
        centre = rng.uniform((300, 300), (900, 600))
        exact, afmat = reference_crop(tmp_path / "big.jpg", centre, winsize, aug, resolution)
        quick, other = training_crop(tmp_path / "big.jpg", centre, winsize, aug, resolution)
        np.testing.assert_array_equal(afmat, other)
        # At the border of the picture only the reference is antialiased.
        inside = np.logical_and(*(
            np.asarray(crop(tmp_path / "white.png", centre, winsize, aug, resolution)[0]) == 255
            for crop in (reference_crop, training_crop)))
        off = np.abs(np.asarray(exact, float) - np.asarray(quick))[inside]
        assert off.mean() < 2 and np.percentile(off, 99) <= 6


def test_the_matrix_does_not_need_the_picture(tmp_path):
    Image.new("RGB", SIZE).save(tmp_path / "a.png")
    rng = np.random.default_rng(0)
    for _ in range(20):
        _, centre, winsize, aug, resolution = draw_case(rng)
        _, afmat = reference_crop(tmp_path / "a.png", centre, winsize, aug, resolution)
        np.testing.assert_array_equal(
            window_map(SIZE, centre, winsize, aug, resolution), afmat)


def test_clips_of_two_sizes_are_refused(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    Image.new("RGB", (65, 64)).save(tmp_path / "b.png")
    with pytest.raises(ValueError, match="b.png: the pictures of one clip must have one size"):
        crop_clip([tmp_path / "a.png", tmp_path / "b.png"], (32, 32), (30, 30),
                  dict(FIXED, angle=10), (32, 32), fast=False)


@pytest.mark.parametrize("winsize", [(0, 20), (20, -1), (np.inf, 20)])
def test_windows_without_a_size(winsize):
    with pytest.raises(ValueError, match="x.png: a window needs a finite centre"):
        crop_clip(["x.png"], (32, 32), winsize, FIXED, (32, 32), fast=True)


def test_windows_of_boxes():
    centre, winsize = clip_window(np.array([0, 10, 100, 50]),
                                  dict(FIXED, scale=2, transx=3, transy=-5))
    assert centre.tolist() == [56, 20] and winsize == (100, 40)
    assert clip_window(np.array([0, 0, 100, 31.9]), FIXED)[1] == (32, 32)
    assert checked_box([-5, -5, 1, 1], (10, 10), "x").tolist() == [-5, -5, 1, 1]
    with pytest.raises(ValueError, match="clip 3: a box x1 y1 x2 y2 must overlap the picture "
                                         "of 10 x 10 pixels"):
        checked_box([10, 0, 20, 5], (10, 10), "clip 3")
    for touching in ([0, 10, 5, 20], [-5, 0, 0, 5], [0, -5, 5, 0]):     # with an edge alone
        with pytest.raises(ValueError, match="must overlap"):
            checked_box(touching, (10, 10), "x")
    assert checked_box([3, 3, 3, 3], (10, 10), "x").tolist() == [3, 3, 3, 3]    # of one joint


def test_targets_by_hand():
    pose = np.full((1, 16, 3), np.nan)
    pose[0, 4] = (10, 20, 900)              # right shoulder
    pose[0, 5] = (90, 50, np.nan)           # left shoulder, no depth
    pose[0, 6] = (110, 50, 1000)            # right elbow, outside
    pose[0, 8] = (50, 50, 9000)             # depth out of range stays
    afmat = np.diag([0.01, 0.01, 1])
    target = pose_targets(pose, afmat, pa16j3d, False, (500, 1500))
    np.testing.assert_allclose(target[0, 4], (0.1, 0.2, 0.4, 1))
    np.testing.assert_allclose(target[0, 5], (0.9, 0.5, -1e9, 1))
    np.testing.assert_allclose(target[0, 6], (-1e9, -1e9, -1e9, 0))
    np.testing.assert_allclose(target[0, 8], (0.5, 0.5, 8.5, 1))
    assert (target[0, [0, 7, 15]] == (-1e9, -1e9, -1e9, 0)).all()
    kept = pose_targets(pose, afmat, pa16j2d, False, remove_outer_joints=False)
    np.testing.assert_allclose(kept[0, 6], (1.1, 0.5, 0))
    flipped = pose_targets(pose, afmat, pa16j2d, True)
    np.testing.assert_allclose(flipped[0, 5], (0.1, 0.2, 1))    # now the left one
    assert (pose_targets(pose[..., :2], afmat, pa16j3d, False)[0, 4, 2]) == -1e9


def test_the_rectangle():
    frames = np.zeros((2, 50, 60, 3), np.uint8)
    occlude(frames, (20, 10))
    assert (frames[:, 20:30, 20:40] == 127).all() and (frames > 0).sum() == 2 * 200 * 3
    occlude(frames, (900, 900), np.random.default_rng(0))
    assert (frames == 127).all()
