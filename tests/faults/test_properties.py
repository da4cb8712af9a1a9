"""Properties of geometry, boxes, cameras, clips and layouts, for any numbers."""
import numpy as np
import pytest

from deephar.data.clips import get_clip_frame_index
from deephar.utils.bbox import bbox_to_objposwin, objposwin_to_bbox
from deephar.utils.camera import Camera, camera_deserialize
from deephar.utils.pose import POSE_LAYOUTS
from deephar.utils.rig import inverse, normalize_pixels, rotate, to_pixels
from deephar.utils.transform import rotation, scaling, transform_2d_points, translation

hypothesis = pytest.importorskip("hypothesis")
from hypothesis import given, settings, strategies as st  # noqa: E402

settings.register_profile("small", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("small")
PIXEL = st.floats(-2000, 2000)
SIDE = st.floats(1, 2000)


def points(dim, low=-1000, high=1000):
    return st.lists(st.lists(st.floats(low, high), min_size=dim, max_size=dim),
                    min_size=1, max_size=5).map(lambda rows: np.array(rows, float))


@given(points(2), st.floats(-180, 180), st.floats(0.1, 10), PIXEL, PIXEL, st.booleans())
def test_a_matrix_and_its_inverse(xy, angle, scale, x, y, flip):
    mirror = scaling(-1 if flip else 1, 1)
    matrix = translation(x, y) @ rotation(angle) @ scaling(scale, scale) @ mirror
    there = transform_2d_points(matrix, xy, transpose=True)
    back = transform_2d_points(matrix, there, transpose=True, inverse=True)
    np.testing.assert_allclose(back, xy, atol=1e-6)


@given(PIXEL, PIXEL, SIDE, SIDE)
def test_boxes_and_windows(x, y, width, height):
    box = np.array([x, y, x + width, y + height])
    np.testing.assert_allclose(objposwin_to_bbox(*bbox_to_objposwin(box)), box, atol=1e-6)


@given(points(3, 500, 5000), st.floats(-3, 3), st.floats(300, 3000))
def test_cameras_there_and_back(world, turn, focal):
    c, s = np.cos(turn), np.sin(turn)
    camera = Camera([[c, -s, 0], [s, c, 0], [0, 0, 1]], [10, 20, 30], [focal, focal],
                    [500, 500], [1e-4, -1e-4], [-0.01, 0.001, 0])
    same = camera_deserialize(camera.serialize())
    pixels = same.project(world)
    np.testing.assert_array_equal(pixels, camera.project(world))
    if (np.abs(pixels[:, :2] - 500) < focal).all():      # within the picture
        np.testing.assert_allclose(camera.inverse_project(pixels, steps=50), world, atol=0.1)


@given(points(3), st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_rotations_keep_lengths_and_turn_back(v, q):
    q = np.array(q)
    if np.linalg.norm(q) < 0.1:
        return
    q = q / np.linalg.norm(q)
    turned = rotate(np.broadcast_to(q, (len(v), 4)), v)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(v, axis=1),
                               rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(rotate(np.broadcast_to(inverse(q), (len(v), 4)), turned), v,
                               atol=1e-6)


@given(points(2), SIDE, SIDE)
def test_pixels_normalised_and_back(xy, width, height):
    np.testing.assert_allclose(to_pixels(normalize_pixels(xy, width, height), width, height),
                               xy, atol=1e-6)


@given(st.integers(1, 300), st.integers(1, 8), st.integers(1, 32))
def test_clips_stay_in_their_video(frames, step, size):
    for rng in (None, np.random.default_rng(0)):
        clip = get_clip_frame_index(frames, step, size, rng is not None, rng)
        assert len(clip) == size and 0 <= min(clip) and max(clip) < frames
        assert all(b - a in (0, 1) or b - a <= step for a, b in zip(clip, clip[1:]))
        assert all(b >= a for a, b in zip(clip, clip[1:]))


@pytest.mark.parametrize("layout", POSE_LAYOUTS.values(), ids=list(POSE_LAYOUTS))
def test_mirroring_twice_is_nothing(layout):
    order = list(layout.map_hflip)
    assert sorted(order) == list(range(layout.num_joints))
    assert [order[j] for j in order] == list(range(layout.num_joints))
