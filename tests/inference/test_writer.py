"""Videos, GIFs and folders come out whole, with the times of their frames."""
import numpy as np
import pytest
from PIL import Image

from deephar.data.video import read_frames, to_array
from deephar.inference.writer import VideoWriter, write_png


def grey(level, size=(64, 48)):
    return Image.new("RGB", size, (level,) * 3)


@pytest.mark.parametrize("size, name", [
    ((64, 48), "v.mp4"), ((63, 47), "v.mp4"), ((64, 48), "v.MKV"), ((64, 48), "v.mov"),
    ((64, 48), "v.m4v")])
def test_video_keeps_its_times(tmp_path, size, name):
    pytest.importorskip("av")
    times = [0.0, 0.04, 0.2, 0.24, 1.0]
    with VideoWriter(tmp_path / "new" / name, fps=25) as writer:
        for i, t in enumerate(times):
            writer.write(grey(40 * i + 20, size), t)
    frames = list(read_frames(tmp_path / "new" / name))
    assert np.allclose([t for t, _ in frames], times, atol=1e-3)
    levels = [to_array(frame).mean() for _, frame in frames]
    assert np.allclose(levels, [20, 60, 100, 140, 180], atol=4)
    assert to_array(frames[0][1]).shape == (48, 64, 3)
    assert [p.name for p in (tmp_path / "new").iterdir()] == [name]


@pytest.mark.parametrize("name", ["v.avi", "v.mpg", "v.webm", "v.d"])
def test_what_cannot_be_written_is_refused_at_once(tmp_path, name):
    with pytest.raises(ValueError, match=rf"{name}: a video is written as .mp4.*got '\.\w+'"):
        VideoWriter(tmp_path / name)


def test_times_that_do_not_grow(tmp_path):
    pytest.importorskip("av")
    with VideoWriter(tmp_path / "v.mp4") as writer:
        for t in (0.5, 0.5, 0.1):
            writer.write(grey(90), t)
    assert len(list(read_frames(tmp_path / "v.mp4"))) == 3


def test_gif(tmp_path):
    with VideoWriter(tmp_path / "a.gif", fps=10) as writer:
        for i, t in enumerate((0.0, 0.1, 0.4)):
            writer.write(grey(60 * i + 30, (960, 480)), t)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 3 and gif.size == (480, 240)
        levels, steps = [], []
        for i in range(3):
            gif.seek(i)
            levels.append(np.array(gif.convert("L")).mean())
            steps.append(gif.info["duration"])
    assert np.allclose(levels, (30, 90, 150), atol=3) and steps == [100, 300, 100]


def test_folder(tmp_path):
    with VideoWriter(tmp_path / "frames") as writer:
        for i in range(3):
            writer.write(grey(50 * i))
    assert sorted(p.name for p in (tmp_path / "frames").iterdir()) == [
        "000000.jpg", "000001.jpg", "000002.jpg"]


@pytest.mark.parametrize("name", ["v.mp4", "v.gif"])
def test_an_error_leaves_nothing(tmp_path, name):
    pytest.importorskip("av")
    with pytest.raises(ValueError, match="mine"):
        with VideoWriter(tmp_path / name) as writer:
            writer.write(grey(50))
            raise ValueError("mine")
    assert list(tmp_path.iterdir()) == []


def test_no_frames_no_file(tmp_path):
    with VideoWriter(tmp_path / "v.mp4"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (64, 48)])
def test_a_png_is_the_picture(tmp_path, size):
    picture = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    write_png(tmp_path / "a.png", picture[:, ::-1])         # not contiguous
    with Image.open(tmp_path / "a.png") as image:
        image.verify()                                      # checksums too
    with Image.open(tmp_path / "a.png") as image:
        assert image.format == "PNG" and (np.asarray(image) == picture[:, ::-1]).all()
