import numpy as np
import pytest
from PIL import Image

from deephar.utils.transform import (
    T, normalize_channels, rotated_canvas, transform_2d_points, transform_pose_sequence,
    window_corners)


def noise(rng, size):
    return Image.fromarray(rng.integers(0, 256, (size[1], size[0], 3), np.uint8))


def test_a_window_has_the_pixels_of_the_rotated_picture():
    """Rotate all and cut, as published: the same pixels, to rounding."""
    rng = np.random.default_rng(0)
    angles = [0, 90, 180, 270, -90, 360, 30, -40, 0.3, 135, 200, 359.5]
    for angle in angles * 4:
        image = noise(rng, rng.integers(30, 150, 2))
        centre = rng.uniform((0, 0), image.size)
        winsize = rng.uniform(20, 120, 2)
        picture = T(image)
        picture.rotate_crop(angle, centre, winsize)
        corners = window_corners(rotated_canvas(image.size, angle)[1], centre, winsize)
        published = image.rotate(angle, Image.Resampling.BILINEAR, expand=True).crop(corners)
        off = np.abs(picture.asarray().astype(int) - np.asarray(published))
        assert off.max() <= 1 and (off > 0).mean() < 1e-3, angle
        assert picture.size == published.size


def test_each_step_by_hand():
    picture = T(None, (100, 50))
    picture.rotate_crop(0, (40.6, 20.2), (21, 10.5))        # corners 30.1 14.95 51.1 25.45
    assert picture.size == (21, 11)
    mapped = lambda *point: transform_2d_points(
        picture.afmat, np.array([point], float), transpose=True)[0]
    np.testing.assert_allclose(mapped(30, 14), (0, 0), atol=1e-12)
    picture.resize((42, 22))
    np.testing.assert_allclose(mapped(40, 20), (20, 12))
    picture.horizontal_flip()
    np.testing.assert_allclose(mapped(40, 20), (22, 12))
    picture.normalize_affinemap()
    np.testing.assert_allclose(mapped(40, 20), (22 / 42, 12 / 22))


def test_turning_is_counter_clockwise():
    picture = T(None, (100, 60))
    picture.rotate_crop(90, (50, 30), (60, 100))
    right_middle = transform_2d_points(picture.afmat, np.array([[100.0], [30.0]]))
    np.testing.assert_allclose(right_middle, [[30], [0]], atol=1e-9)    # now at the top


def test_flipping_twice_is_the_identity():
    image = noise(np.random.default_rng(0), (31, 20))
    picture = T(image)
    picture.horizontal_flip()
    assert (picture.afmat != np.eye(3)).any()
    picture.horizontal_flip()
    np.testing.assert_allclose(picture.afmat, np.eye(3), atol=1e-12)
    np.testing.assert_array_equal(picture.asarray(), np.asarray(image))


def test_windows_beyond_the_picture_are_black():
    picture = T(Image.new("RGB", (20, 20), (255, 255, 255)))
    picture.crop((-10, 5, 10, 15))
    assert picture.size == (20, 10)
    assert (picture.asarray()[:, :10] == 0).all() and (picture.asarray()[:, 10:] == 255).all()
    with pytest.raises(ValueError, match="got neither"):
        T(None)


def test_points_there_and_back():
    rng = np.random.default_rng(0)
    picture = T(None, (640, 480))
    picture.rotate_crop(33, (300, 200), (250, 250))
    picture.resize((256, 256))
    picture.horizontal_flip()
    points = rng.uniform(0, 480, (2, 40))
    crop = transform_2d_points(picture.afmat, points)
    np.testing.assert_allclose(
        transform_2d_points(picture.afmat, crop, inverse=True), points, atol=1e-6)
    np.testing.assert_array_equal(
        transform_2d_points(picture.afmat, points.T, transpose=True), crop.T)


@pytest.mark.parametrize("shape", [(5, 16, 2), (5, 16, 3), (5, 8, 16, 3)])
def test_pose_sequences(shape):
    rng = np.random.default_rng(0)
    poses = rng.uniform(0, 1, shape)
    matrices = np.eye(3) + rng.normal(0, 0.1, (5, 3, 3))
    matrices[:, 2] = (0, 0, 1)
    before = matrices.copy()
    mapped = transform_pose_sequence(matrices, poses)
    np.testing.assert_array_equal(matrices, before)
    np.testing.assert_array_equal(mapped[..., 2:], poses[..., 2:])
    np.testing.assert_allclose(
        mapped[3].reshape(-1, shape[-1])[:, :2],
        transform_2d_points(matrices[3], poses[3].reshape(-1, shape[-1])[:, :2],
                            transpose=True, inverse=True))
    np.testing.assert_allclose(
        transform_pose_sequence(matrices, mapped, inverse=False), poses, atol=1e-6)
    one = transform_pose_sequence(matrices[0], poses)
    np.testing.assert_allclose(one[0], mapped[0])
    with pytest.raises(ValueError, match="got 2 for 5"):
        transform_pose_sequence(matrices[:2], poses)


@pytest.mark.parametrize("power", [1, 0.9, (0.9, 1.0, 1.1)])
def test_colours(power):
    frame = np.random.default_rng(0).integers(0, 256, (2, 9, 7, 3), np.uint8)
    expected = 2 * (frame / 255.0) ** np.asarray(power) - 1
    for given in (frame, frame.astype(float)):
        out = normalize_channels(given, power)
        assert out.dtype == np.float32
        np.testing.assert_allclose(out, expected, atol=1e-7)


def test_a_box_is_cut_out_where_it_lies():
    picture = T(noise(np.random.default_rng(0), (40, 30)))
    before = picture.asarray().copy()
    picture.crop((3, 7, 23, 19))
    np.testing.assert_array_equal(picture.asarray(), before[7:19, 3:23])
    np.testing.assert_array_equal(picture.afmat @ [10, 12, 1], [7, 5, 1])


def test_no_window_is_empty():
    assert window_corners(np.eye(3), (10.4, 20.6), (0.1, 0.1)) == (10, 20, 11, 21)
