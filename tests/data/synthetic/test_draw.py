import numpy as np
import pytest
from PIL import Image

from deephar.data.synthetic.draw import Light, Part, View, draw_parts, draw_shadow
from deephar.data.synthetic.scenes import look_at

LIGHT = Light(np.array([0.0, -0.6, 0.8]))


def view(size=(200, 160), k=(0, 0, 0), p=(0, 0)):
    position = np.array([0.0, -3000.0, 900.0])
    return View(look_at(position, np.array([0.0, 0.0, 900.0])), position,
                np.array([300.0, 300.0]), np.array([100.0, 80.0]), size,
                np.array(k, float), np.array(p, float))


def drawn(parts, v=None, **kwargs):
    v = v or view()
    picture = np.full((v.size[1], v.size[0], 3), 200, np.uint8)
    return picture, draw_parts(picture, parts, v, LIGHT, **kwargs)


def test_project_by_hand():
    np.testing.assert_allclose(view().project(np.array([300.0, 0, 1000.0])), [130, 70, 3000])


def test_a_ball_is_a_disc_of_the_right_size_and_depth():
    centre, radius = np.array([0.0, 0.0, 900.0]), 300.0
    picture, depth = drawn([Part(centre, None, (radius,) * 3, (200, 40, 40))])
    disc = np.isfinite(depth)
    rows, columns = np.nonzero(disc)
    # The outline of a ball: sin(angle) = radius / distance.
    expected = 300 * np.tan(np.arcsin(radius / 3000))
    assert np.ptp(columns) + 1 == pytest.approx(2 * expected, abs=1.5)
    assert np.ptp(rows) + 1 == pytest.approx(2 * expected, abs=1.5)
    assert depth.min() == pytest.approx(2700, abs=1)
    assert picture[80, 100, 0] > 1.5 * picture[80, 100, 1]
    assert (picture[~disc] == 200).all()


def test_an_ellipsoid_follows_its_axes():
    axes = np.eye(3)
    _, depth = drawn([Part(np.array([0.0, 0, 900]), None, (300, 100, 100), (9, 9, 9), axes)])
    rows, columns = np.nonzero(np.isfinite(depth))
    assert np.ptp(columns) > 2.7 * np.ptp(rows)


def test_a_cone_spans_its_ends_and_paint_sees_its_length():
    a, b = np.array([-400.0, 0, 900]), np.array([400.0, 0, 900])
    paint = lambda p: np.where(p[:, 2:] < 0.5, (255, 0, 0), (0, 0, 255))
    picture, depth = drawn([Part(a, b, (50, 100), paint)])
    rows, columns = np.nonzero(np.isfinite(depth))
    # The side that is nearer than the axis reaches a little further out.
    assert 57 <= columns.min() <= 60 and 139 <= columns.max() <= 100 + 300 * 400 / 2890
    height = lambda u: np.isfinite(depth[:, u]).sum()
    assert height(135) > 1.6 * height(65)
    assert picture[80, 70, 0] > 3 * picture[80, 70, 2] + 1
    assert picture[80, 130, 2] > 3 * picture[80, 130, 0] + 1


def test_the_nearer_part_hides_the_other_in_any_order():
    near = Part(np.array([0.0, -200, 900]), None, (100,) * 3, (0, 255, 0))
    far = Part(np.array([0.0, 200, 900]), None, (150,) * 3, (255, 0, 0))
    for parts in ([near, far], [far, near]):
        picture, depth = drawn(parts)
        assert picture[80, 100, 1] > picture[80, 100, 0]
        assert depth[80, 100] == pytest.approx(2700, abs=2)


def test_held_parts_are_drawn_but_have_no_depth():
    hand = Part(np.array([0.0, 0, 900]), None, (200,) * 3, (0, 255, 0))
    bar = Part(np.array([0.0, -300, 900]), None, (60,) * 3, (255, 0, 0))
    plain, alone = drawn([hand])
    picture, depth = drawn([hand, bar], held=1)
    assert picture[80, 100, 0] > picture[80, 100, 1]
    np.testing.assert_array_equal(depth, alone)
    hidden = Part(np.array([0.0, 300, 900]), None, (60,) * 3, (255, 0, 0))
    picture, _ = drawn([hand, hidden], held=1)
    np.testing.assert_array_equal(picture, plain)


def test_lit_from_above():
    picture, depth = drawn([Part(np.array([0.0, 0, 900]), None, (300,) * 3, (150,) * 3)])
    assert picture[60, 100, 0] > picture[100, 100, 0] + 20


@pytest.mark.parametrize("k, p", [((0, 0, 0), (0, 0)), ((-0.2, 0.24, -0.002), (-0.001, -0.0015))])
def test_small_balls_are_drawn_where_points_are_projected(k, p):
    v = view(k=k, p=p)
    rng = np.random.default_rng(0)
    for point in rng.uniform([-700, -300, 300], [700, 300, 1500], (20, 3)):
        _, depth = drawn([Part(point, None, (25,) * 3, (0, 0, 0))], v)
        rows, columns = np.nonzero(np.isfinite(depth))
        u, w, _ = v.project(point)
        assert abs(columns.mean() + 0.5 - u) < 0.35 and abs(rows.mean() + 0.5 - w) < 0.35


def test_nothing_behind_the_camera_and_edges_are_soft():
    picture, depth = drawn([Part(np.array([0.0, -4000, 900]), None, (100,) * 3, (0, 0, 0))])
    assert (picture == 200).all() and np.isinf(depth).all()
    picture, _ = drawn([Part(np.array([0.0, 0, 900]), None, (300,) * 3, (0, 0, 0))],
                       oversample=3)
    values = np.unique(picture)
    assert ((values > 20) & (values < 180)).any()


def test_shadow_darkens_the_floor_only_below():
    ground = Image.new("RGB", (200, 160), (200, 200, 200))
    ball = Part(np.array([0.0, 1500.0, 300.0]), None, (150,) * 3, (0, 0, 0))
    shaded = np.asarray(draw_shadow(ground, [ball], view(), Light(np.array([0.0, 0, 1.0]))))
    u, w, _ = view().project(np.array([0.0, 1500, 0]))
    assert shaded[int(w), int(u), 0] < 150
    assert (shaded[:80] == 200).all()
