"""Marks stand where they are asked for, at any size and on any ground."""
import numpy as np
import pytest
from PIL import Image

from deephar.utils.paint import LEFT, MIDDLE, RIGHT, paint_caption
from deephar.utils.plot import (
    contact_sheet, draw, draw_box, draw_pose, show,
    to_picture)
from deephar.utils.pose import INVALID, pa16j2d, pa17j3d

STANDING = np.array([
    (50, 50), (50, 30), (50, 26), (50, 12), (40, 32), (60, 32), (34, 45), (66, 45),
    (30, 58), (70, 58), (44, 52), (56, 52), (42, 70), (58, 70), (40, 90), (60, 90)],
    np.float64) / 100


def pixel(picture, x, y):
    return picture.getpixel((int(x), int(y)))


def close(a, b, within=40):
    return max(abs(int(x) - int(y)) for x, y in zip(a, b)) <= within


@pytest.mark.parametrize("size", [(320, 240), (1280, 720), (3840, 2160)])
@pytest.mark.parametrize("ground", [(255, 255, 255), (0, 0, 0)])
def test_joints_have_their_sides_colour(size, ground):
    pose = STANDING * size
    picture = draw_pose(Image.new("RGB", size, ground), pose, pa16j2d)
    assert picture.size == size
    for j, name in enumerate(pa16j2d.joint_names):
        color = {"r_": RIGHT, "l_": LEFT}.get(name[:2], MIDDLE)
        assert close(pixel(picture, *pose[j]), color), name
    assert pixel(picture, 2, 2) == ground


def test_bones_grow_with_the_picture():
    def share(size):
        picture = np.array(draw_pose(Image.new("RGB", size), STANDING * size, pa16j2d))
        return (picture.max(-1) > 100).mean()

    shares = [share(size) for size in [(320, 240), (1280, 960), (3840, 2880)]]
    assert 0.01 < min(shares) and max(shares) < 2 * min(shares)


def test_a_rim_parts_the_bones_from_a_ground_of_their_colour():
    picture = np.array(draw_pose(Image.new("RGB", (400, 400), RIGHT),
                                 STANDING * 400, pa16j2d))
    assert (picture.max(-1) < 120).sum() > 300


def test_missing_joints_are_left_out():
    pose = STANDING * 200
    pose[3] = INVALID
    pose[15] = np.nan
    valid = np.ones(16)
    valid[14] = 0
    blank = Image.new("RGB", (200, 200), "white")
    picture = draw_pose(blank, pose, pa16j2d, valid)
    for j in (3, 14, 15):
        assert pixel(picture, *(STANDING[j] * 200)) == (255, 255, 255)
    assert close(pixel(picture, *pose[13]), LEFT)
    nobody = draw_pose(blank, np.full((16, 2), INVALID), pa16j2d)
    assert np.array_equal(np.array(nobody), np.array(blank))


def test_several_people_and_joints_outside():
    poses = np.stack([STANDING * 100, STANDING * 100 + (100, 0),
                      STANDING * 1e7])
    picture = draw_pose(np.zeros((100, 200, 3), np.uint8), poses, pa16j2d)
    assert close(pixel(picture, 40, 90), RIGHT)
    assert close(pixel(picture, 140, 90), RIGHT)


def test_inputs_stay_as_they_are():
    array = np.full((100, 100, 3), 7, np.uint8)
    picture = Image.fromarray(array.copy())
    pose = STANDING * 100
    before = pose.copy()
    for image in (array, picture):
        draw_pose(image, pose, pa16j2d)
        draw_box(image, (5, 5, 50, 50), label="x")
        contact_sheet([image], 1, ["text"], cell=50)
        assert (np.array(image) == 7).all()
    assert np.array_equal(pose, before)


@pytest.mark.parametrize("image, expected", [
    (np.array([[-1.0, 1.0]]), [(0, 0, 0), (255, 255, 255)]),
    (np.array([[[3], [200]]], np.uint8), [(3, 3, 3), (200, 200, 200)]),
    (np.array([[[9, 8, 7, 255], [0, 0, 0, 0]]], np.uint8), [(9, 8, 7), (255, 255, 255)]),
    (Image.new("L", (2, 1), 90), [(90, 90, 90)] * 2),
])
def test_pictures_of_every_kind(image, expected):
    picture = to_picture(image)
    assert picture.mode == "RGB"
    assert [picture.getpixel((x, 0)) for x in (0, 1)] == expected


@pytest.mark.parametrize("image", [
    np.zeros((2, 2, 5), np.uint8), np.zeros((2,), np.uint8), np.zeros((2, 2), np.int64)])
def test_what_is_no_picture_is_refused(image):
    with pytest.raises(ValueError, match="got"):
        to_picture(image)


def test_pose_of_another_layout_is_refused():
    with pytest.raises(ValueError, match="pa17j3d.*17.*16"):
        draw_pose(Image.new("RGB", (9, 9)), STANDING, pa17j3d)


def test_box():
    picture = draw_box(Image.new("RGB", (200, 100)), (20, 30, 120, 80), (255, 0, 0))
    for point in [(20, 50), (119, 50), (60, 30), (60, 79)]:
        assert pixel(picture, *point)[0] > 150, point
    assert pixel(picture, 60, 50) == (0, 0, 0)


@pytest.mark.parametrize("at, corner", [
    ("top left", (0, 0)), ("top right", (1, 0)), ("bottom left", (0, 1)),
    ("bottom right", (1, 1)), ((-500, -500), (0, 0)), ((5000, 5000), (1, 1))])
def test_caption_stands_in_its_corner(at, corner):
    picture = np.full((200, 300, 3), 255, np.uint8)
    paint_caption(picture, "a word", at)
    rows, columns = np.nonzero(picture.min(-1) < 200)
    assert (columns.mean() > 150) == (corner[0] == 1)
    assert (rows.mean() > 100) == (corner[1] == 1)


def test_contact_sheet_places_pictures_in_rows():
    colors = ["red", "lime", "blue", "yellow", "cyan"]
    pictures = [Image.new("RGB", (40 * (i + 1), 100), c) for i, c in enumerate(colors)]
    sheet = contact_sheet(pictures, 3, list("abcd") + ["a long line of words"], cell=100)
    array = np.array(sheet)
    centres = {}
    for color, picture in zip(colors, pictures):
        wanted = Image.new("RGB", (1, 1), color).getpixel((0, 0))
        rows, columns = np.nonzero((array == wanted).all(-1))
        assert len(rows), color
        centres[color] = (rows.mean(), columns.mean())
    assert centres["red"][1] < centres["lime"][1] < centres["blue"][1]
    assert centres["yellow"][0] > centres["red"][0] + 90
    assert centres["yellow"][1] < centres["cyan"][1]
    with pytest.raises(ValueError, match="at least one"):
        contact_sheet([], 3)
    with pytest.raises(ValueError, match="captions"):
        contact_sheet(pictures, 3, ["one"])


def test_published_names_write_files(tmp_path):
    path = tmp_path / "new" / "a.png"
    picture = draw(np.zeros((100, 100, 3)), [STANDING], [(0.1, 0.1, 0.9, 0.95)],
                   filename=path)
    assert np.array_equal(np.array(Image.open(path)), np.array(picture))
    assert close(pixel(picture, 60, 90), LEFT)
    show(np.linspace(0, 5, 100).reshape(10, 10), jet_cmap=True,
         filename=tmp_path / "jet.png")
    first, last = (Image.open(tmp_path / "jet.png").getpixel(p) for p in ((0, 0), (9, 9)))
    assert first[2] > first[0] and last[0] > last[2]
    with pytest.raises(ValueError, match="13"):
        draw(skels=[STANDING[:13]], filename=path)


def test_a_trunk_without_its_middle_is_held_together():
    """Penn Action has no pelvis, thorax and neck."""
    pose = STANDING * 200
    pose[:3] = INVALID
    picture = draw_pose(Image.new("RGB", (200, 200), "white"), pose, pa16j2d)
    middle_of = lambda a, b: (STANDING[a] + STANDING[b]) * 100
    assert close(pixel(picture, *middle_of(4, 5)), MIDDLE)      # shoulders
    assert close(pixel(picture, *middle_of(10, 11)), MIDDLE)    # hips
    assert close(pixel(picture, *middle_of(4, 10)), RIGHT)
    assert close(pixel(picture, *middle_of(5, 11)), LEFT)
