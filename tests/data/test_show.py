"""What is shown is where the annotations say."""
import numpy as np
import pytest
from PIL import Image

from deephar.data.prepare import PREPARE
from deephar.data.show import CELL, annotated_windows, draw_sample
from deephar.utils.paint import LEFT, RIGHT
from tests.fakes.owners import write_mpii, write_pennaction


@pytest.fixture
def mpii(tmp_path):
    """Pictures of 200 × 100, grey, people from the fake's annotations."""
    write_mpii(tmp_path / "owner")
    for path in (tmp_path / "owner" / "images").iterdir():
        Image.new("RGB", (200, 100), (90, 90, 90)).save(path)
    PREPARE["mpii"](tmp_path / "owner", tmp_path / "MPII")
    return tmp_path / "MPII"


def test_joints_stand_on_the_picture_and_on_the_crop(mpii):
    # Sample 2 of the training split: joint j at (50 + j, 2 j), in MPII's order.
    sheet = np.array(draw_sample("mpii", mpii, "train", 2)).astype(int)
    gap, zoom = CELL // 40, CELL / 200
    assert sheet.shape[1] == 2 * CELL + 3 * gap
    for joint, color in ((0, RIGHT), (5, LEFT), (10, RIGHT), (15, LEFT)):
        x, y = gap + (50 + joint) * zoom, gap + 2 * joint * zoom
        assert np.abs(sheet[int(y), int(x)] - color).max() < 40, joint
    crop = sheet[:, CELL + 2 * gap:]
    for color in (RIGHT, LEFT):
        assert (np.abs(crop - color).max(axis=-1) < 10).sum() > 40


def test_a_sample_of_a_video(tmp_path):
    write_pennaction(tmp_path / "owner")
    PREPARE["pennaction"](tmp_path / "owner", tmp_path / "PennAction")
    shown = [draw_sample("pennaction", tmp_path / "PennAction", "train", i)
             for i in range(7)]
    greys = [picture.getpixel((20, 20)) for picture in shown]
    assert len(set(greys[:3])) == 3         # each frame has a grey of its own


def test_no_such_sample(mpii):
    with pytest.raises(ValueError, match="3 samples in the train split.*got 9"):
        draw_sample("mpii", mpii, "train", 9)


def test_windows_of_annotated_people(mpii, tmp_path):
    pictures = [mpii / "images" / name for name in ("000.jpg", "001.jpg")]
    windows = annotated_windows(pictures)
    # Scale 1.5, position (10, 20) and (30, 20): 1.25 · 1.5 · 200 px, 12 units lower.
    side, lower = 375, 12 * 1.875
    expected = [(x - side / 2, 20 + lower - side / 2, x + side / 2, 20 + lower + side / 2)
                for x in (10, 30)]
    assert np.allclose(windows[str(pictures[0])], expected, atol=1)
    assert len(windows[str(pictures[1])]) == 1
    stranger = tmp_path / "stranger.jpg"
    with pytest.raises(ValueError, match="stranger.jpg lies in no data set"):
        annotated_windows([stranger])
