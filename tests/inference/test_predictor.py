"""Known answers: what the network says in the crop stands right in the picture."""
import numpy as np
import pytest
from PIL import Image, ImageDraw

from deephar.inference.predictor import WINDOW_MM, Predictor, crop, open_any
from deephar.utils.pose import pa16j2d, pa17j3d
from tests.fakes.networks import FIXED, Dots, dot_color, fixed


def dotted(size=(400, 300), centre=(200, 150), reach=100, mode="RGB"):
    """A black picture with 16 dots in a ring, and where they are."""
    picture = Image.new("RGB", size)
    draw = ImageDraw.Draw(picture)
    turn = np.arange(16) / 16 * 2 * np.pi
    joints = np.stack([centre[0] + reach * np.cos(turn),
                       centre[1] + 0.8 * reach * np.sin(turn)], axis=-1)
    joints = np.floor(joints) + 0.5         # centres of pixels
    for j, (x, y) in enumerate(joints - 0.5):
        draw.ellipse((x - 7, y - 7, x + 7, y + 7), fill=dot_color(j))
    return picture.convert(mode), joints


def errors(person, joints):
    """Distances of the joints whose dots lie well within the crop."""
    inside = (np.abs(person.crop_pose - 0.5) < 0.44).all(axis=-1)
    seen = (person.confidence > 0.5) & inside
    assert seen.sum() >= 8
    return np.abs(person.joints[seen] - joints[seen])


def dots(**options):
    return Predictor(Dots(side=128), layout=pa16j2d, margin=1.0, **options)


@pytest.mark.parametrize("box", [
    (60, 10, 340, 290),             # square, inside
    (50, 50, 350, 250),             # wide: the crop is the square around it
    (-60, -40, 410, 330),           # beyond every side of the picture
    (150, -30, 390, 310),           # tall, over the upper and the right side
])
@pytest.mark.parametrize("angle", [0, 25, -90])
def test_dots_are_found_where_they_are_painted(box, angle):
    picture, joints = dotted()
    person, = dots(angle=angle)(picture, [box])
    assert errors(person, joints).max() < 0.5
    assert person.box_source == "given"


@pytest.mark.parametrize("angle", [0, 30, -75, 180])
@pytest.mark.parametrize("size", [(300, 500), (500, 300), (301, 299)])
def test_fixed_crop_coordinates_give_exact_pixels(angle, size):
    predictor = Predictor(fixed(), margin=1.0, angle=angle)
    box = np.array([40.0, 60.0, 240.0, 260.0])
    person, = predictor(Image.new("RGB", size), [box])
    # The crop is a square of 200 about (140, 160), turned; whole-pixel corners on
    # the turned picture move it by less than a pixel.
    turn = np.radians(angle)
    offset = (FIXED - 0.5) * 200
    expected = (140, 160) + np.stack([
        offset[:, 0] * np.cos(turn) - offset[:, 1] * np.sin(turn),
        offset[:, 0] * np.sin(turn) + offset[:, 1] * np.cos(turn)], axis=-1)
    assert np.abs(person.joints - expected).max() < 2
    back = person.joints @ person.crop_matrix[:2, :2].T + person.crop_matrix[:2, 2]
    assert np.allclose(back, FIXED, atol=1e-6)
    if angle == 0:
        assert np.allclose(person.joints, expected, atol=1e-4)
    assert np.allclose(person.crop_pose, FIXED, atol=1e-6)
    assert np.allclose(person.confidence, 0.9)


def test_margin_makes_the_window_larger():
    picture = Image.new("RGB", (300, 300))
    person, = Predictor(fixed(), margin=2.0)(picture, [(100, 100, 150, 200)])
    assert np.allclose(person.box, (25, 50, 225, 250))
    assert np.allclose(person.joints, (25, 50) + 200 * FIXED, atol=1e-4)


def test_flip_averages_the_mirrored_crop():
    # The stand-in says the same of both crops: the mean of a pose and its mirror
    # image, whose right is its left, is symmetrical.
    picture = Image.new("RGB", (100, 100))
    person, = Predictor(fixed(), margin=1.0, flip=True)(picture, [(0, 0, 100, 100)])
    swap = list(pa16j2d.map_hflip)
    expected = FIXED[swap] * (-1, 1) + (1, 0)
    assert np.allclose(person.crop_pose, (FIXED + expected) / 2, atol=1e-6)


def test_the_mirrored_crop_is_mirrored():
    network = fixed()
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 255, (50, 50, 3), np.uint8))
    Predictor(network, flip=True, batch_size=1)(picture, [(0, 0, 50, 50)])
    plain, mirrored = network.model.seen
    assert np.array_equal(plain[:, :, ::-1], mirrored)


def test_several_people_and_batches():
    boxes = [(10 * i, 5 * i, 10 * i + 50, 5 * i + 50) for i in range(11)]
    network = fixed()
    people = Predictor(network, margin=1.0, batch_size=4)(
        Image.new("RGB", (200, 150)), boxes)
    assert len(people) == 11 and len(network.model.seen) == 3
    for person, box in zip(people, boxes):
        assert np.allclose(person.joints, box[:2] + 50 * FIXED, atol=1e-4)


def test_pictures_of_different_sizes_in_one_call():
    predictor = Predictor(fixed(), margin=1.0)
    found = predictor.pictures(
        [Image.new("RGB", (90, 60)), np.zeros((60, 90), np.uint8),
         Image.new("RGB", (40, 80))],
        [[(0, 0, 50, 50), (20, 0, 80, 60)], [], [(0, 0, 10, 10)]])
    assert [len(people) for people in found] == [2, 0, 1]
    assert np.allclose(found[2][0].joints, 10 * FIXED, atol=1e-4)


def test_clip_networks_take_pictures():
    network = fixed(frames=4, actions=[0.2, 0.7, 0.1])
    people = Predictor(network, margin=1.0)(
        Image.new("RGB", (60, 60)), [(0, 0, 50, 50), (10, 10, 60, 60)])
    assert network.model.seen[0].shape == (2, 4, 32, 32, 3)
    assert np.allclose(people[1].joints, 10 + 50 * FIXED, atol=1e-4)
    assert not people[0].actions


def test_two_passes():
    picture, joints = dotted((800, 400), (600, 200), 60)
    person, = dots()(picture, "two-pass")
    assert person.box_source == "first pass"
    x1, y1, x2, y2 = person.box
    assert np.allclose((x1 + x2) / 2, 600, atol=5) and 150 < x2 - x1 < 210
    assert errors(person, joints).max() < 0.5
    whole, = dots()(picture, "whole")
    assert whole.box_source == "whole picture"
    assert np.allclose(whole.box, (0, -200, 800, 600))


def test_nobody_there():
    nothing = Image.new("RGB", (100, 80))
    assert dots()(nothing) == dots()(nothing, "two-pass") == []
    assert dots()(nothing, "whole") == []
    assert dots()(nothing, np.zeros((0, 4))) == []
    person, = dots()(nothing, [(10, 10, 40, 40)])       # who is given is kept
    assert not person.confidence.any()


def test_a_detector_of_ones_own():
    asked = []

    def detector(picture):
        asked.append(picture.shape)
        return [(0, 0, 30, 30)]

    people = Predictor(fixed(), margin=1.0)(Image.new("RGB", (70, 50)), detector)
    assert asked == [(50, 70, 3)] and np.allclose(people[0].joints, 30 * FIXED, atol=1e-4)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "CMYK"])
def test_pictures_of_every_mode(mode, tmp_path):
    picture, joints = dotted(mode=mode)
    person, = dots()(picture, [(60, 10, 340, 290)])
    assert len(person.joints) == 16
    if mode in ("RGBA", "CMYK"):
        assert errors(person, joints).max() < 0.5


@pytest.mark.parametrize("array", [
    np.arange(96, dtype=np.uint16).reshape(8, 12) * 680,
    np.stack([np.arange(96, dtype=np.uint8).reshape(8, 12)] * 4, axis=-1)],
    ids=["16 bits", "transparent"])
def test_a_file_is_read_as_its_picture_is(tmp_path, array):
    Image.fromarray(array).save(tmp_path / "a.png")
    from_path = open_any(tmp_path / "a.png")
    np.testing.assert_array_equal(from_path, open_any(Image.open(tmp_path / "a.png")))
    assert np.ptp(from_path) > 50


def test_turned_by_exif(tmp_path):
    """A phone's picture is stored lying; joints are those of the upright picture."""
    upright, joints = dotted((300, 400), (150, 200))
    stored = upright.transpose(Image.Transpose.ROTATE_90)   # tag 6: turn clockwise
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "phone.jpg"
    stored.save(path, exif=exif, quality=98, subsampling=0)
    assert open_any(path).shape == (400, 300, 3)
    for picture in (path, str(path), Image.open(path)):
        person, = dots()(picture, [(20, 70, 280, 330)])
        assert errors(person, joints).max() < 0.5


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_huge_picture(tmp_path):
    picture, joints = dotted((12000, 1200), (11000, 600), 400)
    path = tmp_path / "huge.png"
    picture.save(path, compress_level=1)
    person, = dots()(path, [(10500, 100, 11500, 1100)])
    assert errors(person, joints).max() < 1.5       # of a crop reduced eight times


def test_millimetres_of_a_3d_pose():
    network = fixed(layout=pa17j3d)
    picture = Image.new("RGB", (1000, 1000))
    person, = Predictor(network, margin=1.0)(picture, [(250, 250, 750, 750)])
    pose = network.model.pose
    expected = (pose - pose[0]) * (WINDOW_MM, WINDOW_MM, 2000)
    assert np.allclose(person.joints_mm, expected, atol=1e-2)
    assert Predictor(fixed(), margin=1.0)(picture, [(0, 0, 9, 9)])[0].joints_mm is None


def test_millimetres_with_a_camera():
    """A point at depth d + z, off the axis, projects back to its pixel."""
    camera = (1100.0, 1100.0, 500.0, 400.0)
    predictor = Predictor(fixed(layout=pa17j3d), margin=1.0, camera=camera)
    person, = predictor(Image.new("RGB", (1000, 1000)), [(300, 300, 800, 800)])
    distance = WINDOW_MM * 1100 / 500
    root = np.append((person.joints[0] - camera[2:]) / 1100 * distance, distance)
    world = person.joints_mm + root
    pixels = world[:, :2] / world[:, 2:] * 1100 + camera[2:]
    assert np.allclose(pixels, person.joints, atol=1e-3)


def test_crop_is_what_the_picture_shows():
    rng = np.random.default_rng(0)
    array = rng.integers(0, 255, (40, 60, 3), np.uint8)
    frame, matrix = crop(array, np.array([10, 5, 42, 37.0]), (32, 32))
    assert np.allclose(frame, array[5:37, 10:42] / 127.5 - 1, atol=1e-6)
    assert np.allclose(matrix @ (10, 5, 1), (0, 0, 1))
    assert np.allclose(matrix @ (42, 37, 1), (1, 1, 1))


@pytest.mark.parametrize("boxes, message", [
    ([(10, 10, 10, 50)], "x2 > x1"), ([(0, 0, np.nan, 9)], "finite"),
    ([(0, 0, 1e7, 9)], "8 times"), ([(1, 2, 3)], r"\(N, 4\)"), ("closer", "two-pass")])
def test_wrong_boxes(boxes, message):
    with pytest.raises(ValueError, match=message):
        Predictor(fixed())(Image.new("RGB", (100, 100)), boxes)


@pytest.mark.parametrize("options, message", [
    ({"batch_size": 0}, "batch_size must be ≥ 1, got 0"),
    ({"margin": 0}, "margin must be > 0")])
def test_wrong_options(options, message):
    with pytest.raises(ValueError, match=message):
        Predictor(fixed(), **options)


def test_wrong_pictures(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.jpg"):
        Predictor(fixed())(tmp_path / "none.jpg")
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(ValueError, match="text.jpg"):
        Predictor(fixed())(tmp_path / "text.jpg")
