"""What the demo does, without its page: networks, limits, tables, files."""
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deephar.inference import demo
from deephar.inference.demo import Demo, Limits, in_words, networks_here, times_of
from deephar.inference.results import FrameResult, Person
from deephar.utils.pose import pa17j3d
from tests.fakes.networks import FIXED, fixed
from tests.fakes.owners import write_jpeg, write_video


@pytest.fixture
def stand_in(monkeypatch):
    network = fixed(frames=4, actions=[0.1, 0.8, 0.1])
    monkeypatch.setattr(demo, "load_network", lambda name, **options: network)
    return network


@pytest.fixture
def ready(stand_in, tmp_path):
    found = Demo({"mine": "somewhere"}, tmp_path, Limits(seconds=1, megabytes=1, megapixels=1))
    yield found
    found.close()


def test_networks_are_found_where_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("output/quickstart", "output/mine/a", "output/.hidden"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "model.json").write_text("{}")
        (tmp_path / folder / "last.weights.h5").write_text("")
    (tmp_path / "output/other").mkdir()
    for name in ("a.onnx", "a.onnx.json", "b.onnx"):        # b has no meaning
        (tmp_path / "output/other" / name).write_text("")
    entry = demo.CHECKPOINTS["penn_spnet"]
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / entry.file).write_text("")
    runs, weights = demo.Path("output"), demo.Path("weights")
    found = networks_here(runs, weights)
    assert list(found.values()) == ["quickstart", "penn_spnet", "output/mine/a",
                                    "output/other/a.onnx"]
    assert list(networks_here(runs, weights, "x.keras").values())[:2] == [
        "x.keras", "quickstart"]
    assert networks_here(demo.Path("nowhere"), demo.Path("nowhere")) == {
        "quickstart: synthetic people": "quickstart"}


def test_without_networks_it_says_how_to_get_one(tmp_path):
    with pytest.raises(FileNotFoundError, match="deephar quickstart.*deephar download"):
        Demo({}, tmp_path)


def test_a_picture(ready, tmp_path):
    write_jpeg(tmp_path / "a.jpg", size=(96, 64))
    found = ready.picture("mine", str(tmp_path / "a.jpg"))
    (person, confidence, weakest, action), *_ = found.rows
    assert (person, confidence, action) == (0, 0.9, "") and weakest.endswith(" 0.90")
    with Image.open(found.drawn) as drawn:
        assert drawn.size == (96, 64)
    people = json.loads(found.json.read_text())["frames"][0]["people"]
    assert np.shape(people[0]["joints"]) == FIXED.shape
    again = ready.picture("mine", str(tmp_path / "a.jpg"))
    kept = [path for path in Path(ready._folder.name).rglob("*") if path.is_file()]
    assert set(kept) == {again.drawn, again.json}       # nothing of those before


def test_a_video(ready, tmp_path):
    pytest.importorskip("av")
    write_video(tmp_path / "a.mp4", num_frames=8)
    told = []
    found = ready.video("mine", str(tmp_path / "a.mp4"), 0.0, lambda *done: told.append(done))
    (person, start, end, action, probability, confidence), = found.rows
    assert (person, start, action, probability, confidence) == (
        0, 0.0, ready._load("mine").network.actions.popitem()[1][1], 0.8, 0.9)
    assert end > 0 and found.drawn.suffix == ".mp4" and told[-1] == (8, 8)
    assert len(json.loads(found.json.read_text())["frames"]) == 8


def test_a_network_of_3d_poses_has_a_view_beside_the_picture(tmp_path, monkeypatch):
    network = fixed(layout=pa17j3d)
    monkeypatch.setattr(demo, "load_network", lambda name, **options: network)
    write_jpeg(tmp_path / "a.jpg", size=(96, 64))
    ready = Demo({"3D": "x"}, tmp_path)
    found = ready.picture("3D", str(tmp_path / "a.jpg"), 90.0)
    with Image.open(found.drawn) as drawn:
        assert drawn.size == (96 + 64, 64)
    ready.close()
    assert not found.drawn.exists()


@pytest.mark.parametrize("path, wanted", [
    (None, "choose a picture first"), ("large.bin", "the file has 2 MB, at most 1"),
    ("wide.png", "1200 x 1000 are too many pixels"), ("text.png", "cannot identify"),
    ("bomb.png", "exceeds limit")])
def test_pictures_that_are_refused(ready, tmp_path, path, wanted):
    (tmp_path / "large.bin").write_bytes(bytes(2 << 20))
    (tmp_path / "text.png").write_text("no picture")
    parts = struct.pack(">4sIIBBBBB", b"IHDR", 30000, 30000, 8, 2, 0, 0, 0), b"IDAT"
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part))
        for part in parts))
    Image.new("L", (1200, 1000)).save(tmp_path / "wide.png")
    with pytest.raises((ValueError, OSError), match=wanted):
        ready.picture("mine", path and str(tmp_path / path))


def test_a_network_that_is_not_in_the_list(ready, tmp_path):
    write_jpeg(tmp_path / "a.jpg")
    with pytest.raises(ValueError, match="choose a network of the list, got '/etc/passwd'"):
        ready.picture("/etc/passwd", str(tmp_path / "a.jpg"))


@pytest.mark.parametrize("content", [
    b"#EXTM3U\nfile:///etc/passwd", b"ffconcat version 1.0\nfile x", b"GIF89a", b""])
def test_lists_of_other_files_are_no_videos(ready, tmp_path, content):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(ValueError, match="no video of a known kind"):
        ready.video("mine", str(tmp_path / "a.mp4"))


def test_a_video_that_is_too_long(ready, tmp_path):
    pytest.importorskip("av")
    write_video(tmp_path / "a.mp4", num_frames=40)
    with pytest.raises(ValueError, match="longer than the 1 seconds"):
        ready.video("mine", str(tmp_path / "a.mp4"))


def person_of(number, actions, confidence=0.5):
    return Person(None, np.full(3, confidence), None, None, np.zeros(4), "given", np.eye(3),
                  {"own": dict(zip("ab", actions))} if actions else {}, number)


def test_who_does_what_when():
    frames = [(0.0, [person_of(1, (0.9, 0.1)), person_of(2, None)]),
              (0.5, [person_of(1, (0.7, 0.3), 1.0)]),
              (1.0, [person_of(1, (0.2, 0.8)), person_of(2, None)])]
    assert times_of(FrameResult(i, time, (8, 8), "v", tuple(people))
                    for i, (time, people) in enumerate(frames)) == [
        [1, 0.0, 0.5, "a", 0.8, 0.75], [1, 1.0, 1.0, "b", 0.8, 0.5],
        [2, 0.0, 1.0, "", None, 0.5]]


def test_errors_are_sentences_without_places():
    def broken(path):
        raise KeyError(f"{path} is broken")

    with pytest.raises(RuntimeError, match="^x.jpg is broken$"):
        in_words(broken, RuntimeError)("/secret/place/x.jpg")
    assert in_words(len, RuntimeError)("abc") == 3
