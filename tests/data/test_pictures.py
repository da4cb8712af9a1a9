import numpy as np
import pytest
from PIL import Image

from deephar.config import mpii_sp_dataconf
from deephar.data import MpiiSinglePerson
from deephar.data.pictures import open_picture, picture_size
from deephar.utils import VALID_MODE
from tests.fakes.datasets import write_mpii

LEVELS = np.linspace(0, 255, 40 * 24).reshape(24, 40).astype(np.uint8)
GREY = Image.fromarray(LEVELS)


def opened(path):
    image, size = open_picture(path)
    assert image.mode == "RGB" and size == image.size
    return np.asarray(image)


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "RGB"])
def test_every_mode_becomes_rgb(tmp_path, mode):
    picture = GREY.convert(mode)
    picture.save(tmp_path / "a.png")
    np.testing.assert_array_equal(opened(tmp_path / "a.png"), np.asarray(picture.convert("RGB")))


def test_sixteen_bits_keep_their_range(tmp_path):
    Image.fromarray(LEVELS.astype(np.uint16) * 257).save(tmp_path / "a.png")
    np.testing.assert_array_equal(opened(tmp_path / "a.png")[..., 0], LEVELS)


def test_what_is_transparent_is_white(tmp_path):
    picture = Image.fromarray(np.full((4, 8, 4), (200, 100, 0, 255), np.uint8))
    picture.paste((10, 20, 30, 0), (0, 0, 4, 4))
    picture.save(tmp_path / "a.png")
    shown = opened(tmp_path / "a.png")
    assert (shown[:, :4] == 255).all() and (shown[:, 4:] == (200, 100, 0)).all()


def test_cmyk_and_grey_jpegs(tmp_path):
    for mode in ("CMYK", "L"):
        GREY.convert("RGB").convert(mode).save(tmp_path / "a.jpg", quality=100)
        assert np.abs(opened(tmp_path / "a.jpg")[..., 1].astype(int) - LEVELS).max() <= 6


@pytest.mark.parametrize("shrink", [1, 2])
@pytest.mark.parametrize("tag", range(1, 9))
def test_pictures_lie_as_their_tag_says(tmp_path, tag, shrink):
    upright = GREY.convert("RGB")
    turns = {1: [], 2: [0], 3: [3], 4: [1], 5: [5], 6: [2], 7: [6], 8: [4]}
    stored = upright
    for turn in turns[tag]:         # what undoes the tag
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = tag
    stored.save(tmp_path / "a.jpg", quality=100, exif=exif)
    image, size = open_picture(tmp_path / "a.jpg", shrink)
    assert size == picture_size(tmp_path / "a.jpg") == (40, 24)
    assert image.size == (40 // shrink, 24 // shrink)
    wanted = np.asarray(upright.reduce(shrink) if shrink > 1 else upright).astype(int)
    assert np.abs(wanted - np.asarray(image)).max() <= 6


@pytest.mark.parametrize("size", [(64, 64), (61, 35), (9, 15)])
@pytest.mark.parametrize("shrink", [2, 4, 8, 16])
@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
def test_shrunk_pictures_are_exactly_so_much_smaller(tmp_path, size, shrink, name):
    Image.new("RGB", size, (90, 100, 110)).save(tmp_path / name)
    image, full = open_picture(tmp_path / name, shrink)
    assert full == size
    assert image.size == tuple(-(-side // shrink) for side in size)


def test_bad_pictures(tmp_path):
    with pytest.raises(FileNotFoundError, match="x.jpg: no such picture, its folder is there"):
        open_picture(tmp_path / "x.jpg")
    with pytest.raises(FileNotFoundError, match="no such picture, nor its folder"):
        open_picture(tmp_path / "y" / "x.jpg")
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8)).save(
        tmp_path / "whole.jpg")
    data = (tmp_path / "whole.jpg").read_bytes()
    for name, content in (("cut.jpg", data[:len(data) // 2]), ("head.jpg", data[:30]),
                          ("none.jpg", b""), ("text.png", b"no picture at all")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ValueError, match=f"{name} cannot be read as a picture.*again"):
            open_picture(tmp_path / name)


def test_a_data_set_of_odd_pictures(tmp_path):
    """Grey, CMYK and 16-bit pictures give the same crops as RGB ones."""
    mpii = MpiiSinglePerson(write_mpii(tmp_path), mpii_sp_dataconf)
    path = tmp_path / "images" / "v0.jpg"
    grey = Image.open(path).convert("L")
    frames = []
    for picture in (grey.convert("RGB"), grey,
                    Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)):
        picture.save(path, format="PNG")
        frames.append(mpii.get_data(0, VALID_MODE)["frame"])
    np.testing.assert_array_equal(frames[0], frames[1])
    np.testing.assert_array_equal(frames[0], frames[2])
