"""What is drawn stands where it should."""
import numpy as np
import pytest
from PIL import Image

from deephar.inference.render import (
    CLASS_COLORS, Renderer, action_timeline, draw_heat_map, draw_people, nice)
from deephar.inference.results import FrameResult, Person
from deephar.utils.paint import LEFT
from deephar.utils.plot import PAPER
from deephar.utils.pose import pa16j2d
from tests.utils.test_plot import STANDING, close, pixel

CLASSES = {"clean_and_jerk": 0.7, "bowl": 0.2, "squat": 0.1}


def person(scale=100.0, confidence=None, classes=CLASSES, **changes):
    values = dict(joints=STANDING * scale,
                  confidence=np.ones(16) if confidence is None else confidence,
                  crop_pose=STANDING, joints_mm=None,
                  box=np.array([0.1, 0.1, 0.9, 0.9]) * scale, box_source="given",
                  crop_matrix=np.eye(3), actions={"set": classes} if classes else {})
    return Person(**(values | changes))


def result(people, size=(100, 100)):
    return FrameResult(0, 0.0, size, "v.mp4", tuple(people))


def test_people_are_drawn_and_the_unsure_joints_left_out():
    confidence = np.ones(16)
    confidence[14] = 0.05
    black = Image.new("RGB", (200, 200))
    picture = draw_people(black, [person(200, confidence)], pa16j2d, labels=False)
    assert close(pixel(picture, 120, 180), LEFT)
    assert pixel(picture, 80, 180) == (0, 0, 0)
    with_box = draw_people(black, [person(200)], pa16j2d, boxes=True, labels=False)
    assert pixel(with_box, 20, 100)[0] > 150
    with_label = draw_people(black, [person(200)], pa16j2d)
    assert np.array(with_label)[:30].max() == 255 and np.array(picture)[:10].max() == 0
    assert np.array(draw_people(black, [], pa16j2d)).max() == 0


def test_a_network_without_poses_labels_the_box():
    nobody = person(200, joints=None, confidence=None, crop_pose=None)
    picture = draw_people(Image.new("RGB", (200, 200)), [nobody], None)
    assert np.array(picture).max() > 200


def test_names():
    assert nice("clean_and_jerk") == "clean and jerk"


# === Actions ===

def test_timeline_changes_colour_with_the_class():
    other = {"clean_and_jerk": 0.1, "bowl": 0.9, "squat": 0.0}
    history = [CLASSES] * 30 + [other] * 50 + [None] * 20
    array = np.array(action_timeline(history, 1000, 30))[2]
    assert tuple(array[10]) == tuple(array[299]) == CLASS_COLORS[0]
    assert tuple(array[302]) == tuple(array[798]) == CLASS_COLORS[1]
    assert tuple(array[810]) == PAPER


# === Heat maps ===

@pytest.mark.parametrize("spot", [(10, 20), (25, 5)])
def test_heat_lies_where_the_crop_was(spot):
    heat = np.zeros((32, 32))
    heat[spot[1], spot[0]] = 1
    matrix = np.array([[1 / 160, 0, -40 / 160], [0, 1 / 160, -20 / 160], [0, 0, 1.0]])
    picture = draw_heat_map(np.zeros((200, 300, 3), np.uint8), heat, matrix)
    bright = np.array(picture).sum(axis=-1).astype(float)
    rows, columns = np.nonzero(bright > 0.8 * bright.max())
    assert abs(columns.mean() + 0.5 - (40 + 5 * (spot[0] + 0.5))) < 1
    assert abs(rows.mean() + 0.5 - (20 + 5 * (spot[1] + 0.5))) < 1
    assert bright[0, 0] == 0


# === Frames ===

def square(result, side):
    return np.full((side, side, 3), 70 * len(result.people), np.uint8)


def test_renderer_puts_together_what_is_asked():
    picture = np.zeros((200, 400, 3), np.uint8)
    plain = Renderer(pa16j2d)(picture, result([person(200)]))
    assert plain.shape == (200, 400, 3) and plain.max() > 200 and not picture.any()
    wide = Renderer(pa16j2d, beside=square)(picture, result([person(200)]))
    assert wide.shape == (200, 600, 3) and (wide[:, 400:] == 70).all()
    renderer = Renderer(pa16j2d, timeline=4)
    first = renderer(picture, result([person(200)]))
    second = renderer(picture, result([person(200)]))
    assert first.shape == second.shape == (218, 400, 3)
    assert tuple(first[201, 95]) == CLASS_COLORS[0] != tuple(first[201, 105])
    assert tuple(second[201, 195]) == CLASS_COLORS[0] != tuple(second[201, 205])
    both = Renderer(pa16j2d, timeline=4, beside=square)(
        Image.new("RGB", (400, 200)), result([person(200)]))
    assert both.shape == (218, 600, 3) and tuple(both[210, 500]) == PAPER
    low = Renderer(pa16j2d, least_height=300)(picture, result([person(200)]))
    assert low.shape == (300, 600, 3)


def test_everybody_has_a_time_line_and_a_number():
    def frame(*people):
        return renderer(np.zeros((200, 400, 3), np.uint8), result(people, (400, 200)))

    def who(id, name):
        values = {"bowl": 0.1, "squat": 0.1, "bench_press": 0.1, name: 0.8}
        return person(100, id=id, classes=values)

    def row(number, x):
        """Colour in a row at a frame; the rows are 18 high, names take 29 of 400."""
        return tuple(picture[201 + 18 * number, round(29 + (x + 0.9) / 4 * 371)])

    renderer = Renderer(pa16j2d, timeline=4, rows=2)
    frame(who(3, "bowl"), who(1, "squat"))
    picture = frame(who(1, "squat"))
    assert picture.shape == (236, 400, 3)
    assert row(0, 0) == row(0, 1) == CLASS_COLORS[1]        # person 1
    assert row(1, 0) == CLASS_COLORS[0] and row(1, 1) == row(1, 2) == PAPER
    assert picture[218:, :29].std() > 0                     # its number
    picture = frame(who(7, "bench_press"))                  # 3 was gone the longest
    assert row(0, 1) == CLASS_COLORS[1] and row(0, 2) == PAPER
    assert row(1, 1) == PAPER and row(1, 2) == CLASS_COLORS[2]


def test_huge_pictures_are_drawn_smaller():
    picture = Renderer(pa16j2d, max_side=500)(
        np.zeros((4000, 4000, 3), np.uint8), result([person(4000)], (4000, 4000)))
    assert picture.shape == (500, 500, 3) and close(picture[450, 300], LEFT)
