"""`deephar predict`: from the command line to files, with a stand-in network."""
import json
import threading

import numpy as np
import pytest
from PIL import Image

from deephar.cli import main
from deephar.data.video import read_frames, to_array
from tests.fakes.lifters import flat_lifter
from tests.fakes.networks import FIXED, fixed
from tests.fakes.owners import write_jpeg, write_video


@pytest.fixture(autouse=True)
def stand_in(monkeypatch, tmp_path):
    """Every model's name is a clip network that says the same of every crop."""
    network = fixed(frames=4, actions=[0.1, 0.8, 0.1])
    monkeypatch.setattr("deephar.networks.load.load_network",
                        lambda model, **options: network)
    monkeypatch.chdir(tmp_path)
    return network


def predict(*words) -> int:
    return main(["predict", *map(str, words)])


def test_pictures(tmp_path, capsys):
    write_jpeg(tmp_path / "photos" / "a.jpg", size=(96, 64))
    write_jpeg(tmp_path / "photos" / "b.png", size=(64, 96))
    (tmp_path / "boxes.json").write_text('{"a.jpg": [[0, 0, 40, 40], [20, 10, 60, 50]]}')
    assert predict("photos", "--boxes", "boxes.json") == 0
    assert "2 pictures, 2 poses, nobody found in 1" in capsys.readouterr().out
    content = json.loads((tmp_path / "predictions/predictions.json").read_text())
    assert [len(f["people"]) for f in content["frames"]] == [2, 0]
    assert np.allclose(content["frames"][0]["people"][0]["joints"],
                       20 + 50 * (FIXED - 0.5), atol=0.01)      # margin 1.25
    assert content["model"] == "fixed" and content["layout"] == "pa16j2d"
    for name, size in (("a.png", (96, 64)), ("b.png", (64, 96))):
        with Image.open(tmp_path / "predictions" / name) as picture:
            assert picture.size == size
            drawn = np.array(picture).astype(int)
        coloured = np.ptp(drawn, axis=-1).max() > 100
        assert coloured == (name == "a.png")


def test_a_pattern_and_only_the_files_that_were_asked_for(tmp_path, capsys):
    for i in range(3):
        write_jpeg(tmp_path / f"shot{i}.jpg")
    assert predict("shot*.jpg", "--save-npz", "all.npz", "--save-coco", "coco.json",
                   "--max-people", 1) == 0
    assert "3 pictures, 3 poses (--boxes scan)" in capsys.readouterr().out
    assert not (tmp_path / "predictions").exists()
    with np.load(tmp_path / "all.npz") as arrays:
        assert arrays["frame"].tolist() == [0, 1, 2]
    assert len(json.loads((tmp_path / "coco.json").read_text())) == 3


def test_a_broken_picture_does_not_stop_the_others(tmp_path, capsys):
    write_jpeg(tmp_path / "photos" / "a.jpg")
    (tmp_path / "photos" / "b.jpg").write_bytes(b"no picture")
    assert predict("photos", "--boxes", "two-pass") == 1
    said = capsys.readouterr()
    assert "b.jpg" in said.err and "1 pictures, 1 poses" in said.out


def test_video(tmp_path, capsys):
    pytest.importorskip("av")
    write_video(tmp_path / "v.avi", 10, (96, 64), codec="mjpeg")
    assert predict("v.avi", "--timeline", "--smooth", "--draw-boxes") == 0
    said = capsys.readouterr()
    assert "10 frames, 10 poses" in said.out and "/s" in said.err
    frames = [to_array(f) for _, f in read_frames(tmp_path / "predictions/v.mp4")]
    assert len(frames) == 10 and frames[0].shape == (82, 96, 3)
    content = json.loads((tmp_path / "predictions/v.json").read_text())
    assert [round(f["time"] * 30) for f in content["frames"]] == list(range(10))
    assert content["frames"][9]["people"][0]["actions"]["moves"]["wave"] == 0.8


def test_a_folder_of_frames_needs_no_video_library(tmp_path, capsys, monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, "av", None)
    for i in range(5):
        write_jpeg(tmp_path / "frames" / f"{i:04d}.jpg", 20 * i)
    assert predict("frames", "--every", 2, "--save-video", "drawn",
                   "--save-json", "out.json", "--save-keypoints", "k.npz",
                   "--boxes", "whole") == 0
    assert (tmp_path / "k.npz").exists()
    assert len(list((tmp_path / "drawn").iterdir())) == 3
    content = json.loads((tmp_path / "out.json").read_text())
    assert [f["index"] for f in content["frames"]] == [0, 2, 4]
    write_jpeg(tmp_path / "named" / "a.jpg")
    write_jpeg(tmp_path / "named" / "b.jpg")
    assert predict("named", "--frames", "--save-video", "a.gif") == 0
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == (96, 64)


def test_a_video_without_the_library_says_what_to_install(tmp_path, capsys, monkeypatch):
    import sys
    monkeypatch.setitem(sys.modules, "av", None)
    (tmp_path / "v.mp4").write_bytes(b"0")
    assert predict("v.mp4") == 2
    assert "deephar[video]" in capsys.readouterr().err


def test_a_video_that_breaks_off(tmp_path, capsys):
    pytest.importorskip("av")
    path = tmp_path / "v.avi"
    write_video(path, 30, codec="mjpeg")
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    assert predict("v.avi") == 1
    said = capsys.readouterr()
    assert "v.avi is broken after frame 1" in said.err
    content = json.loads((tmp_path / "predictions/v.json").read_text())
    count = len(content["frames"])
    assert 10 < count < 20 and f"{count} frames, {count} poses" in said.out
    assert len(list(read_frames(tmp_path / "predictions/v.mp4"))) == count


def test_live(tmp_path, capsys):
    pytest.importorskip("av")
    write_video(tmp_path / "v.mp4", 12)
    assert predict("v.mp4", "--live", "--save-json", "live.json") == 0
    indices = [f["index"] for f in json.loads((tmp_path / "live.json").read_text())["frames"]]
    assert indices == sorted(set(indices)) and indices[-1] == 11


def test_a_window(tmp_path, capsys):
    write_jpeg(tmp_path / "frames" / "1.jpg")
    write_jpeg(tmp_path / "frames" / "2.jpg")
    assert predict("frames", "--show") == 0
    assert not (tmp_path / "predictions").exists()


@pytest.mark.parametrize("live", [(), ("--live",)], ids=["video", "live"])
def test_a_window_that_is_closed_lets_go_of_the_video(tmp_path, monkeypatch, live):
    pytest.importorskip("av")
    write_video(tmp_path / "v.mp4", 60, (640, 480), codec="libx264")
    shown = iter([True, True] + 99 * [False])
    monkeypatch.setattr("deephar.inference.window.Window.show",
                        lambda window, picture: next(shown))
    assert predict("v.mp4", "--show", *live) == 0
    assert next(shown) is False
    assert not {"read-ahead", "latest"} & {t.name for t in threading.enumerate()}


def test_results_with_one_name_are_kept_apart(tmp_path, capsys):
    """`a/p.jpg` and `b/p.jpg`, two cameras' dates, and what is read itself."""
    pytest.importorskip("av")
    write_jpeg(tmp_path / "a" / "p.jpg", size=(96, 64))
    write_jpeg(tmp_path / "b" / "p.jpg", size=(64, 96))
    for day in (5, 6):
        write_video(tmp_path / f"cam.2024-01-0{day}.mp4", 4 + day)
    assert predict("a/p.jpg", "b/p.jpg", *sorted(tmp_path.glob("*.mp4"))) == 0
    out = tmp_path / "predictions"
    with Image.open(out / "p.png") as first, Image.open(out / "p-2.png") as second:
        assert (first.size, second.size) == ((96, 64), (64, 96))
    for day in (5, 6):
        content = json.loads((out / f"cam.2024-01-0{day}.json").read_text())
        assert len(content["frames"]) == 4 + day
    before = (tmp_path / "cam.2024-01-05.mp4").read_bytes()
    assert predict("cam.2024-01-05.mp4", "--out", ".") == 0
    assert (tmp_path / "cam.2024-01-05.mp4").read_bytes() == before
    assert (tmp_path / "cam.2024-01-05-2.mp4").exists()


@pytest.mark.parametrize("words, message", [
    (["none.jpg"], "none.jpg: no such file"), (["*.jpg"], "no pictures there"),
    (["a.jpg", "v.mp4", "--save-json", "x.json"], "use --out"),
    (["a.jpg", "--save-video", "x.mp4"], "--save-video is for videos"),
    (["v.mp4", "--save-video", "x.avi"], "written as .mp4, .m4v, .mov, .mkv, .gif"),
    (["v.mp4", "--save-video", "v.mp4"], "is what is being read"),
    (["0", "--save-video", "x.gif"], "save a camera or stream as .mp4"),
    (["a.jpg", "--save-keypoints", "x.npz"], "--save-keypoints is for videos"),
    (["a.jpg", "--boxes", "track"], "--boxes track is for videos"),
    (["a.jpg", "--boxes", "none.json"], "no such file of boxes"),
    (["a.jpg", "--view-3d"], "needs a network of 3D poses, fixed has none"),
])
def test_wrong_words(words, message, tmp_path, capsys):
    if message != "no pictures there":
        write_jpeg(tmp_path / "a.jpg")
    assert predict(*words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.slow
def test_boxes_of_the_annotations(tmp_path, capsys, tiny_set):
    pictures = sorted((tiny_set("mpii") / "images").iterdir())[:3]
    assert predict(*pictures, "--boxes", "annotation", "--save-json", "a.json") == 0
    frames = json.loads((tmp_path / "a.json").read_text())["frames"]
    assert all(frame["people"] for frame in frames)
    video = sorted((tiny_set("pennaction") / "frames").iterdir())[0]
    assert predict(video, "--boxes", "annotation", "--save-json", "v.json") == 0
    frames = json.loads((tmp_path / "v.json").read_text())["frames"]
    assert len(frames) == len(list(video.iterdir()))
    assert all(len(frame["people"]) == 1 for frame in frames)
    write_jpeg(tmp_path / "alone.jpg")
    assert predict("alone.jpg", "--boxes", "annotation") == 2
    assert "lies in no data set's folder" in capsys.readouterr().err


# === Three dimensions ===

@pytest.fixture
def lifted_frames(tmp_path, monkeypatch):
    """A folder of frames, and a lifter in place of every run."""
    for i in range(6):
        write_jpeg(tmp_path / "walk" / f"{i}.jpg", 20 * i, size=(96, 64))
    monkeypatch.setattr("deephar.networks.lifting.load_video_lifter",
                        lambda run: flat_lifter(places=run == "placed"))
    # One frame in the middle without anybody.
    boxes = {str(i): [[10, 10, 60, 60]] for i in range(6) if i != 3}
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))


def test_lifting_writes_poses_and_the_frames_beside_them(lifted_frames, tmp_path, capsys):
    pytest.importorskip("av")
    assert predict("walk", "--lift", "placed", "--boxes", "boxes.json") == 0
    said = capsys.readouterr()
    assert "person 0 was lost once, for up to 0.08 s after frame 2" in said.out
    assert "walk, looking" in said.err and "walk, drawing" in said.err
    frames = [to_array(f) for _, f in read_frames(tmp_path / "predictions/walk.mp4")]
    assert len(frames) == 6 and frames[0].shape == (360, 540 + 360, 3)
    content = json.loads((tmp_path / "predictions/walk.json").read_text())
    one, = content["frames"][3]["people"]
    assert one["box_source"] == "interpolated" and len(one["lifted"]) == 17
    assert one["lifted"][0] == [0, 0, 0] and one["place"][2] == 4
    with np.load(tmp_path / "predictions/walk.npz") as arrays:
        assert arrays["lifted"].shape == (6, 17, 3) and arrays["place"][:, 2].tolist() == [4] * 6
        assert arrays["lifted_joint_names"][16] == "r_wrist"
    assert main(["view", "predictions/walk.npz", "--out", "seen.png"]) == 0
    assert "6 frames, people 0" in capsys.readouterr().out


def test_lifting_draws_nothing_that_was_not_asked_for(lifted_frames, tmp_path, capsys):
    assert predict("walk", "--lift", "run", "--save-json", "x.json") == 0
    assert "drawing" not in capsys.readouterr().err
    person = json.loads((tmp_path / "x.json").read_text())["frames"][0]["people"][0]
    assert person["place"] is None and not (tmp_path / "predictions").exists()


def test_lifting_a_video_of_nobody_keeps_the_rest(lifted_frames, tmp_path, capsys):
    (tmp_path / "none.json").write_text("{}")
    assert predict("walk", "--lift", "run", "--boxes", "none.json", "--save-video", "d") == 1
    assert "there is nothing to lift" in capsys.readouterr().err
    assert len(list((tmp_path / "d").iterdir())) == 6


def test_a_video_that_breaks_off_is_lifted_as_far_as_it_goes(lifted_frames, tmp_path, capsys):
    pytest.importorskip("av")
    path = tmp_path / "v.avi"
    write_video(path, 30, codec="mjpeg")
    path.write_bytes(path.read_bytes()[:path.stat().st_size // 2])
    assert predict("v.avi", "--lift", "run", "--boxes", "whole") == 1
    assert "v.avi is broken after frame 1" in capsys.readouterr().err
    content = json.loads((tmp_path / "predictions/v.json").read_text())
    assert 10 < len(content["frames"]) < 20
    assert all(len(f["people"][0]["lifted"]) == 17 for f in content["frames"])
    assert len(list(read_frames(tmp_path / "predictions/v.mp4"))) == len(content["frames"])


def test_what_cannot_be_lifted_is_told(lifted_frames, tmp_path, capsys, monkeypatch):
    write_jpeg(tmp_path / "a.jpg")
    assert predict("a.jpg", "--lift", "run") == 2
    assert "--lift takes videos, and a.jpg is a picture" in capsys.readouterr().err
    assert predict("walk", "--lift", "run", "--live") == 2
    assert "needs a whole video" in capsys.readouterr().err
    assert predict("walk", "--save-bvh", "a.bvh") == 2
    assert "--save-bvh needs a network of 3D poses" in capsys.readouterr().err
    assert predict("walk", "--lift", "run", "--save-bvh", "a.bvh") == 0
    assert "Frames: 6" in (tmp_path / "a.bvh").read_text()
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert predict("walk", "--lift", "walk") == 2
    assert "walk has no lifter.json" in capsys.readouterr().err
