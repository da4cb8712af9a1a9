"""A whole job from Python: what comes out, and what stays when it stops."""
import numpy as np
import pytest

from deephar.inference.job import STOPPED, Job, Playback, Saves
from deephar.inference.predictor import Predictor
from tests.fakes.networks import fixed
from tests.fakes.owners import write_jpeg


@pytest.fixture
def frames(tmp_path):
    for i in range(6):
        write_jpeg(tmp_path / "video" / f"{i}.jpg", 20 * i)
    return str(tmp_path / "video")


def job(saves, **options):
    return Job(Predictor(fixed(), batch_size=2), saves, **options)


def test_pictures_and_videos_get_done_one_after_the_other(tmp_path, frames):
    picture = tmp_path / "one.jpg"
    write_jpeg(picture)
    told = []
    saves = Saves(tmp_path / "out", {"json": tmp_path / "x.json"})
    outcomes = job(saves, boxes="whole", progress=lambda label, unit: (
        lambda done, total: told.append((label, unit, done, total)))).run(
            [picture], [frames])
    first = next(outcomes)
    assert (first.noun, first.code, first.files) == ("picture", 0, [tmp_path / "x.json"])
    assert told == [("pictures", "", 1, 1)]
    second = next(outcomes)
    assert second.noun == "frame" and [r.index for r in second.results] == list(range(6))
    assert told[-1] == ("video", "frames", 6, 6)
    assert not (tmp_path / "out").exists()


def test_ctrl_c_keeps_what_came_before(tmp_path, frames):
    def stop(label, unit):
        def progress(done, total):
            if done == 3:
                raise KeyboardInterrupt
        return progress

    saves = Saves(tmp_path, {"video": tmp_path / "drawn", "npz": tmp_path / "a.npz"})
    outcome, = job(saves, progress=stop).run([], [frames, frames])     # and no further one
    assert outcome.code == STOPPED and "kept" in outcome.faults[0]
    assert outcome.files == [tmp_path / "drawn", tmp_path / "a.npz"]
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["frame"].tolist() == [0, 1, 2]
    assert len(list((tmp_path / "drawn").iterdir())) == 2       # the third was not put
    pictures = sorted((tmp_path / "video").iterdir())
    outcome, = job(Saves(tmp_path / "out"), progress=stop, boxes="whole").run(
        pictures, [frames])
    assert outcome.code == STOPPED and len(outcome.results) == 3
    assert {p.name for p in (tmp_path / "out").iterdir()} == {
        "0.png", "1.png", "2.png", "predictions.json"}


def test_an_error_while_drawing_leaves_no_file(tmp_path, frames, monkeypatch):
    def fail(renderer, picture, result):
        raise RuntimeError("no colours left")

    monkeypatch.setattr("deephar.inference.render.Renderer.__call__", fail)
    with pytest.raises(RuntimeError, match="no colours left"):
        list(job(Saves(tmp_path, {"video": tmp_path / "drawn.gif"})).run([], [frames]))
    assert not (tmp_path / "drawn.gif").exists()


def test_fewer_frames_at_another_pace(tmp_path, frames):
    outcome, = job(Saves(tmp_path, {"json": tmp_path / "x.json"}),
                   playback=Playback(fps=10, every=4, smooth=True)).run([], [frames])
    assert [(r.index, r.time) for r in outcome.results] == [(0, 0.0), (4, 0.4)]
