"""Videos sorted into folders: classes, clips, labels, and what is refused."""
import numpy as np
import pytest
from PIL import Image

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
