"""NTU: the right body, the right pictures, the right columns."""
import numpy as np
import pytest
from PIL import Image

from deephar.data.prepare.ntu import moving_most, prepare, read_skeleton
from tests.fakes.owners import grey_of_frame, skeleton_text, write_ntu

pytest.importorskip("av")


def test_tables_and_pictures(tmp_path):
    source, out = tmp_path / "owner", tmp_path / "NTU"
    people = write_ntu(source)
    outcome = prepare(source, out)
    assert outcome.sequences == {"all": 2}
    assert outcome.problems == ["S001C003P001R001A010: no skeleton file"]
    assert outcome.notes[0].startswith("1 sequences hold several bodies")
    for name, xyz in people.items():
        table = np.load(out / "nturgb+d_numpy" / f"{name}.npy", allow_pickle=False)
        assert table.shape == (7, 151)
        assert table[:, 0].tolist() == list(range(1, 8))
        lost = [3] if name.endswith("A060") else []
        seen = [i for i in range(7) if i not in lost]
        assert np.allclose(table[seen, 1:76], xyz[seen].reshape(-1, 75))
        assert np.allclose(table[seen, 76:101], 1000 + 100 * xyz[seen, :, 0])
        assert np.allclose(table[seen, 101:126], 500 - 100 * xyz[seen, :, 1])
        assert np.allclose(table[seen, 126:], 1000 * xyz[seen, :, 2])
        assert not table[lost, 1:].any()
        pictures = sorted((out / "images-small" / name).iterdir())
        assert [p.name for p in pictures] == [f"{f:05d}.jpg" for f in (1, 3, 5, 7)]
        for path, i in zip(pictures, (0, 2, 4, 6)):
            with Image.open(path) as picture:
                assert picture.size == (960, 540)
                assert abs(np.array(picture).mean() - grey_of_frame(i)) < 6


def test_a_second_run_writes_nothing_new(tmp_path):
    source, out = tmp_path / "owner", tmp_path / "NTU"
    write_ntu(source)
    prepare(source, out)
    times = {p: p.stat().st_mtime_ns for p in out.rglob("*.*") if p.suffix != ".json"}
    assert prepare(source, out).sequences == {"all": 2}
    assert times == {p: p.stat().st_mtime_ns for p in out.rglob("*.*")
                     if p.suffix != ".json"}


def test_a_cut_video_keeps_its_frames(tmp_path):
    source, out = tmp_path / "owner", tmp_path / "NTU"
    write_ntu(source)
    name = "S001C001P001R001A004"
    frames = [{"1": np.random.default_rng(i).normal(size=(25, 3))} for i in range(20)]
    (source / "nturgb+d_skeletons" / f"{name}.skeleton").write_text(
        skeleton_text(frames))
    outcome = prepare(source, out)
    assert f"{name}: the video has pictures for 7 of 20 frames" in outcome.problems
    assert len(np.load(out / "nturgb+d_numpy" / f"{name}.npy")) == 7


def test_the_body_whose_joints_vary_most():
    rng = np.random.default_rng(0)
    joints = rng.normal(size=(25, 3))
    color = np.zeros((25, 2))
    chair = {f: (joints + 0.01 * rng.normal(size=(25, 3)), color) for f in range(50)}
    person = {f: (joints + 0.1 * rng.normal(size=(25, 3)), color) for f in range(50)}
    ghost = {f: (joints + rng.normal(size=(25, 3)) * 0.2, color) for f in range(2)}
    bodies = {"1": chair, "2": person, "3": ghost}
    assert moving_most(bodies) is person


@pytest.mark.parametrize("text, message", [
    ("3\n1\n7205 0 1", "ends too early"), ("three", "not a skeleton file"),
    ("1\n1\n7 0 1 1 1 1 0 0 0 2\n3\n" + "1 " * 36, "25 joints")])
def test_damaged_skeletons(tmp_path, text, message):
    path = tmp_path / "a.skeleton"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_skeleton(path)


def test_nothing_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="_rgb.avi"):
        prepare(tmp_path, tmp_path / "out")
