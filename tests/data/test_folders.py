"""Videos sorted into folders: classes, clips, labels, and what is refused."""
import numpy as np
import pytest
from PIL import ExifTags, Image

from deephar.config import DataConfig
from deephar.data import BatchLoader
from deephar.data.folders import ActionFolders
from deephar.utils.modes import TEST_MODE, TRAIN_MODE

CROPS = DataConfig(crop_resolution=(16, 16))


def write_video(folder, frames, value):
    folder.mkdir(parents=True)
    for i in range(frames):
        Image.new("RGB", (40, 30), (value, value, value)).save(folder / f"{i:03d}.png")


@pytest.fixture
def root(tmp_path):
    write_video(tmp_path / "train" / "wave" / "a", 6, 0)
    write_video(tmp_path / "train" / "wave" / "b", 5, 0)
    write_video(tmp_path / "train" / "jump" / "c", 4, 255)
    write_video(tmp_path / "test" / "wave" / "d", 6, 0)
    return tmp_path


def test_clips_and_labels(root):
    videos = ActionFolders(root, CROPS, clip_size=4)
    assert videos.action_labels == ["jump", "wave"]
    assert [videos.get_length(mode) for mode in (TRAIN_MODE, TEST_MODE)] == [3, 1]
    jump = videos.get_data(0, TRAIN_MODE, rng=np.random.default_rng(0))
    assert jump["action"].tolist() == [1, 0]
    assert jump["frame"].shape == (4, 16, 16, 3)
    middle = jump["frame"][:, 8, 8]
    np.testing.assert_allclose(middle, 1, atol=0.02)
    wave = videos.get_data(0, TEST_MODE)
    assert wave["action"].tolist() == [0, 1]
    assert wave["frame_list"].tolist() == [1, 2, 3, 4]
    np.testing.assert_allclose(wave["frame"][:, 8, 8], -1, atol=0.02)


def test_in_batches(root):
    videos = ActionFolders(root, CROPS, clip_size=4)
    loader = BatchLoader(videos, ["frame"], ["action"], TRAIN_MODE, 3, 2)
    x, y = loader[0]
    assert x[0].shape == (3, 4, 16, 16, 3)
    assert sorted(y[0].argmax(axis=1)) == [0, 1, 1]


def test_what_is_not_such_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="train/CLASS"):
        ActionFolders(tmp_path, CROPS)
    (tmp_path / "train" / "wave" / "empty").mkdir(parents=True)
    with pytest.raises(ValueError, match="empty holds no pictures"):
        ActionFolders(tmp_path, CROPS)


def test_frames_come_in_the_order_of_their_numbers(root):
    folder = root / "train" / "jump" / "c"
    for path, name in zip(sorted(folder.iterdir()), ("1", "2", "9", "10")):
        path.rename(folder / f"{name}.png")
    jump = ActionFolders(root, CROPS, clip_size=4).sequences[TRAIN_MODE][0]
    assert [path.stem for path in jump.pictures] == ["1", "2", "9", "10"]


def test_the_window_is_that_of_the_upright_picture(root):
    """A phone held upright stores lying pictures; what is on their edges stays in."""
    folder = root / "test" / "wave" / "d"
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    stored = np.full((40, 80, 3), 255, np.uint8)
    stored[:, 40:] = 0                  # upright: (40, 80), white above black
    for path in folder.iterdir():
        path.unlink()
    for i in range(4):
        Image.fromarray(stored).save(folder / f"{i}.jpg", exif=exif, quality=100)
    sample = ActionFolders(root, CROPS, clip_size=4).get_data(0, TEST_MODE)
    assert sample["bbox"].tolist() == [-20, 0, 60, 80]
    column = sample["frame"][0, :, 8].mean(axis=-1)
    assert (column[:7] > 0.9).all() and (column[9:] < -0.9).all()
