"""`deephar view`: files of 3D poses as pictures and films."""
import numpy as np
import pytest
from PIL import Image

from deephar.cli import main


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.npz"
    poses = 300 * np.random.default_rng(0).normal(size=(5, 17, 3))
    np.savez(path, **{"a/poses": poses, "b/poses": poses[:2]})
    return path


def test_a_picture_beside_the_file(labels, capsys):
    assert main(["view", str(labels)]) == 0
    said = capsys.readouterr().out
    assert "a: 5 frames, people 0; also in the file: b" in said and "labels.png" in said
    with Image.open(labels.with_suffix(".png")) as picture:
        assert picture.size == (4 * 640, 640)


def test_a_film_of_a_sequence(labels, tmp_path, capsys):
    out = tmp_path / "b.gif"
    assert main(["view", str(labels), "--sequence", "b", "--out", str(out), "--turn", "0",
                 "--fps", "10"]) == 0
    with Image.open(out) as film:
        assert film.n_frames == 2 and film.info["duration"] == 100
    assert "b: 2 frames" in capsys.readouterr().out


@pytest.mark.parametrize("words, told", [
    (["--sequence", "c"], "no sequence 'c'; it has a, b"),
    (["--out", "x.avi"], "a video is written as"),
    (["--fps", "0"], "--fps must be > 0, got 0.0"),
])
def test_what_is_wrong_is_told(labels, capsys, words, told):
    assert main(["view", str(labels), *words]) == 2
    assert told in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, capsys):
    assert main(["view", str(tmp_path / "none.npz")]) == 2
    assert "none.npz: no such file" in capsys.readouterr().err
