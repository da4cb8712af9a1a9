"""Videos are read frame by frame, and a broken one says where."""
import struct
import subprocess
import sys

import numpy as np
import pytest

from deephar.data.video import (
    BrokenVideo, import_av, read_frames, to_array, video_info)
from tests.fakes.owners import grey_of_frame, write_video

av = pytest.importorskip("av")


@pytest.mark.parametrize("name, codec, size", [
    ("a.mp4", "mpeg4", (96, 64)), ("b.avi", "mjpeg", (96, 64)),
    ("odd.avi", "mjpeg", (95, 63)), ("one.mkv", "mpeg4", (96, 64))])
def test_frames_in_order(tmp_path, name, codec, size):
    count = 1 if name.startswith("one") else 12
    write_video(tmp_path / name, count, size, codec)
    frames = [(t, to_array(frame)) for t, frame in read_frames(tmp_path / name)]
    assert len(frames) == count
    for i, (seconds, array) in enumerate(frames):
        assert array.shape == (size[1], size[0], 3)
        assert abs(array.mean() - grey_of_frame(i)) < 6
        assert abs(seconds - i / 30) < 0.002
    assert abs(video_info(tmp_path / name).fps - 30) < 0.1


def test_variable_frame_rate_keeps_the_times(tmp_path):
    times = [0, 100, 133, 400, 1000]
    with av.open(str(tmp_path / "v.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=1000)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for i, t in enumerate(times):
            array = np.full((64, 64, 3), grey_of_frame(i), np.uint8)
            frame = av.VideoFrame.from_ndarray(array, "rgb24")
            frame.pts = t
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    read = [t for t, _ in read_frames(tmp_path / "v.mp4")]
    assert np.allclose(read, np.array(times) / 1000, atol=2e-3)


def test_cut_in_the_middle(tmp_path):
    path = tmp_path / "a.avi"
    write_video(path, 30, codec="mjpeg")
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    greys = []
    with pytest.raises(BrokenVideo, match=r"a.avi is broken after frame 1\d of 30"):
        for _, frame in read_frames(path):
            greys.append(to_array(frame).mean())
    assert 10 <= len(greys) < 20
    assert np.allclose(greys, [grey_of_frame(i) for i in range(len(greys))], atol=6)


def test_rubbish_in_the_middle(tmp_path):
    path = tmp_path / "a.avi"
    write_video(path, 30, codec="mjpeg")
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle:middle + 3000] = b"\x55" * 3000
    path.write_bytes(content)
    count = 0
    with pytest.raises(BrokenVideo, match="broken after frame"):
        for _ in read_frames(path):
            count += 1
    assert 5 < count < 25


def test_not_a_video(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.mp4: no such file"):
        next(read_frames(tmp_path / "none.mp4"))
    (tmp_path / "text.mp4").write_text("no video at all " * 50)
    with pytest.raises(ValueError, match="text.mp4 cannot be read as a video"):
        next(read_frames(tmp_path / "text.mp4"))
    with av.open(str(tmp_path / "sound.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(ValueError, match="no video stream"):
        video_info(tmp_path / "sound.wav")


def test_phones_turn_their_videos(tmp_path):
    """A phone held upright writes lying frames and a matrix that turns them."""
    path = tmp_path / "phone.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        array = np.full((64, 96, 3), 200, np.uint8)
        array[:, :48] = 30
        container.mux(stream.encode(av.VideoFrame.from_ndarray(array, "rgb24")))
        container.mux(stream.encode())
    content = path.read_bytes()
    upright = struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    clockwise = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 64 << 16, 0, 1 << 30)
    track = content.index(b"tkhd")
    path.write_bytes(content[:track] + content[track:].replace(upright, clockwise, 1))
    (_, frame), = read_frames(path)
    turned = to_array(frame)
    assert turned.shape == (96, 64, 3)
    assert turned[:40].mean() < 50 and turned[56:].mean() > 180


def test_without_pyav(monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(ImportError, match=r"deephar\[video\]"):
        import_av()


STOP_EARLY = """
import sys
from deephar.data.video import read_frames
for _ in range(100):
    frames = read_frames(sys.argv[1])
    next(frames), next(frames)
    frames.close()
"""


def test_stopping_early_closes_the_video_again_and_again(tmp_path):
    write_video(tmp_path / "v.mp4", 60, (640, 480), codec="libx264")
    done = subprocess.run([sys.executable, "-c", STOP_EARLY, tmp_path / "v.mp4"],
                          timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_damaged_video_is_told_by_its_error_alone(tmp_path, capfd):
    path = tmp_path / "v.mp4"
    write_video(path, 30, codec="libx264")
    content = bytearray(path.read_bytes())
    content[700:1200] = b"\x55" * 500
    path.write_bytes(content)
    with pytest.raises(BrokenVideo, match="v.mp4 is broken after frame"):
        list(read_frames(path))
    assert capfd.readouterr() == ("", "")


def test_an_edit_list_leaves_frames_out(tmp_path):
    """A phone's cut shows the second half; the first is still in the file."""
    path = tmp_path / "v.mp4"
    write_video(path, 30, codec="libx264")
    content = bytearray(path.read_bytes())
    edit = content.index(b"elst") + 12          # after the version and the count
    duration, start = struct.unpack(">Ii", content[edit:edit + 8])
    content[edit:edit + 8] = struct.pack(">Ii", duration // 2, start + 15 * 512)
    path.write_bytes(content)
    greys = [to_array(frame).mean() for _, frame in read_frames(path)]
    assert np.allclose(greys, [grey_of_frame(i) for i in range(15, 30)], atol=6)
    assert video_info(path).num_frames == 15
