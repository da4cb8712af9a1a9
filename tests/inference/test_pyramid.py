"""Squares cut out of scaled pictures show what crops show, where their matrix says."""
import numpy as np
import pytest
from PIL import Image

from deephar.inference.predictor import crop
from deephar.inference.pyramid import Pyramid, cut_squares
from deephar.inference.scan import windows
from deephar.utils.transform import transform_2d_points


@pytest.fixture(scope="module")
def picture():
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    return np.asarray(noise.resize((320, 240), Image.Resampling.BICUBIC))


def test_every_window_of_a_scan_is_nearly_its_crop(picture):
    pyramid = Pyramid(picture, (64, 64))
    squares = windows((320, 240))
    frames, matrices = cut_squares([(pyramid, square) for square in squares])
    assert frames.shape == (len(squares), 64, 64, 3) and frames.dtype == np.float32
    for square, frame, matrix in zip(squares, frames, matrices):
        plain, exact = crop(picture, square, (64, 64))
        # Half a pixel beside each other, and one more by the published truncation.
        assert np.abs(64 * (matrix @ [160, 120, 1] - exact @ [160, 120, 1])).max() < 1.1
        inside = transform_2d_points(matrix, np.array([[0, 0], [320, 240]]), transpose=True)
        assert np.abs(64 * (inside[1] - inside[0])
                      - 64 * np.array([320, 240]) / (square[2:] - square[:2])).max() < 0.6
        assert np.abs(frame - plain).mean() < 0.1
    assert len(pyramid._levels) == 5            # sizes, not windows


def test_the_matrix_says_where_a_dot_is_and_outside_is_black():
    picture = np.zeros((90, 120, 3), np.uint8)
    picture[40:44, 60:64] = 255                 # around (62, 42)
    frame, matrix = Pyramid(picture, (32, 48)).crop(np.array([-20, -10, 100, 110]))
    assert frame.shape == (48, 32, 3)
    light = frame[..., 0] + 1
    rows, columns = np.indices(light.shape) + 0.5
    middle = np.array([(columns * light).sum(), (rows * light).sum()]) / light.sum()
    np.testing.assert_allclose(middle / (32, 48), (matrix @ [62, 42, 1])[:2], atol=0.01)
    white = Pyramid(np.full((90, 120, 3), 255, np.uint8), (32, 32))
    frame, _ = white.crop(np.array([-60, 0, 60, 120]))
    assert (frame[:, :15] == -1).all() and (frame[:23, 17:] == 1).all()
    assert (frame[25:] == -1).all()
