"""Frames come in order from every kind of source, with number, time and name."""
import numpy as np
import pytest

from deephar.data.video import BrokenVideo
from deephar.inference.sources import (
    count_frames, frames_of, frames_per_second, is_camera, is_frame_folder, is_stream,
    is_video, pictures_of, sort_inputs)
from tests.fakes.owners import grey_of_frame, write_jpeg, write_video


def greys(frames):
    return [round(frame.picture.mean()) for frame in frames]


def test_folder_in_the_order_of_numbers(tmp_path):
    for i in (1, 2, 10, 11):
        write_jpeg(tmp_path / f"{i}.jpg", 10 * i)
    (tmp_path / "notes.txt").write_text("no picture")
    assert [p.name for p in pictures_of(tmp_path)] == [
        "1.jpg", "2.jpg", "10.jpg", "11.jpg"]
    assert is_frame_folder(tmp_path)
    frames = list(frames_of(tmp_path, fps=10))
    assert np.allclose(greys(frames), [10, 20, 100, 110], atol=2)
    assert [f.index for f in frames] == [0, 1, 2, 3]
    assert [f.time for f in frames] == [0, 0.1, 0.2, 0.3]
    assert frames[2].name == "10.jpg"
    assert [f.index for f in frames_of(tmp_path, every=3)] == [0, 3]
    assert count_frames(tmp_path) == 4 and frames_per_second(tmp_path, 12) == 12
    write_jpeg(tmp_path / "holiday.jpg")
    assert not is_frame_folder(tmp_path)
    (tmp_path / "10.jpg").write_bytes(b"no picture")
    broken = frames_of(tmp_path)
    assert [next(broken).index, next(broken).index] == [0, 1]
    with pytest.raises(BrokenVideo, match="broken after frame 2: .*10.jpg"):
        next(broken)


def test_video(tmp_path):
    pytest.importorskip("av")
    write_video(tmp_path / "v.mp4", 9)
    frames = list(frames_of(tmp_path / "v.mp4", every=2))
    assert [f.index for f in frames] == [0, 2, 4, 6, 8]
    assert np.allclose(greys(frames), [grey_of_frame(i) for i in (0, 2, 4, 6, 8)], atol=6)
    assert np.allclose([f.time for f in frames], np.array([0, 2, 4, 6, 8]) / 30, atol=2e-3)
    assert count_frames(tmp_path / "v.mp4") == 9
    assert frames_per_second(tmp_path / "v.mp4") == pytest.approx(30, abs=0.1)


@pytest.mark.parametrize("source, kinds", [
    ("0", (True, False, True)), ("rtsp://host/1", (False, True, True)),
    ("http://host/a", (False, True, True)), ("a.MP4", (False, False, True)),
    ("photo.jpg", (False, False, False)), ("123", (False, False, False))])
def test_kinds(source, kinds):
    assert (is_camera(source), is_stream(source), is_video(source)) == kinds


def test_wrong_sources(tmp_path):
    with pytest.raises(FileNotFoundError, match="no pictures"):
        next(frames_of(tmp_path))
    with pytest.raises(ValueError, match="every must be ≥ 1, got 0"):
        next(frames_of(tmp_path, every=0))


def test_what_a_user_names_is_sorted(tmp_path):
    for name in ("shot10.jpg", "shot2.jpg", "clip.mp4", "1/1.jpg", "1/2.jpg", "some/b.png",
                 "some/a10.png", "some/a9.png"):
        write_jpeg(tmp_path / name.replace("mp4", "jpg"))
    (tmp_path / "clip.jpg").rename(tmp_path / "clip.mp4")
    names = [str(tmp_path / n) for n in ("shot*.jpg", "*.mp4", "1", "some")]
    pictures, videos = sort_inputs([*names, "0", "rtsp://a/b"])
    assert [p.name for p in pictures] == [
        "shot2.jpg", "shot10.jpg", "a9.png", "a10.png", "b.png"]
    assert videos == [str(tmp_path / "clip.mp4"), names[2], "0", "rtsp://a/b"]
    assert sort_inputs([names[3]], frames=True) == ([], [names[3]])
    with pytest.raises(FileNotFoundError, match="none.jpg: no such file"):
        sort_inputs([str(tmp_path / "none.jpg")])
    with pytest.raises(FileNotFoundError, match="no pictures there"):
        sort_inputs([str(tmp_path / "x*.jpg")])
