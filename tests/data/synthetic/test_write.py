import hashlib

import pytest

from deephar.data import synthetic
from deephar.data.synthetic import write
from deephar.data.synthetic.write import MARKER, size_of, synthesize
from deephar.utils.locks import LOCK
from tests.fakes.locks import taken


def digest(folder):
    """A checksum of all files, MATLAB's header with its date left out."""
    total = hashlib.md5()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        content = path.read_bytes()
        total.update(str(path.relative_to(folder)).encode())
        total.update(content[128:] if path.suffix == ".mat" else content)
    return total.hexdigest()


def test_same_seed_same_bytes_and_after_an_interruption(tmp_path, monkeypatch):
    monkeypatch.setitem(write.TINY, "pennaction",
                        write.Size(4, 2, 3, picture=(80, 60)))
    first = synthesize("pennaction", tmp_path / "a", "tiny", seed=7, workers=0)
    synthesize("pennaction", tmp_path / "b", "tiny", seed=8, workers=0)
    expected = digest(first)
    assert digest(tmp_path / "b") != expected

    calls = []

    def interrupt(done, total):
        calls.append((done, total))
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize("pennaction", tmp_path / "c", "tiny", seed=7, workers=0, progress=interrupt)
    assert calls == [(1, 6), (2, 6), (3, 6)]
    assert not (tmp_path / "c" / MARKER).exists()
    assert not (tmp_path / "c" / "annotations.mat").exists()
    synthesize("pennaction", tmp_path / "c", "tiny", seed=7, workers=0)
    assert digest(tmp_path / "c") == expected


@pytest.mark.slow
def test_processes_write_the_same_bytes(tmp_path):
    size = 40
    one = synthesize("mpii", tmp_path / "one", size, workers=0, picture=(160, 120))
    two = synthesize("mpii", tmp_path / "two", size, workers=3, picture=(160, 120))
    assert digest(one) == digest(two)


def test_a_finished_set_is_left_alone_and_another_is_refused(tiny):
    path = tiny / "MPII"
    before = (path / MARKER).stat().st_mtime_ns
    assert synthesize("mpii", path, "tiny") == path
    assert (path / MARKER).stat().st_mtime_ns == before
    with pytest.raises(ValueError, match="another synthetic set"):
        synthesize("mpii", path, "tiny", seed=1)
    with pytest.raises(ValueError, match="another"):
        synthesize("ntu", path, "tiny")


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(ValueError, match="not empty"):
        synthesize("mpii", tmp_path, "tiny")
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_wrong_names_and_sizes():
    with pytest.raises(KeyError, match="penn.*mpii"):
        synthesize("penn", "/nowhere", "tiny")
    for size in ("huge", 0, -3, None):
        with pytest.raises(ValueError, match="size must be"):
            size_of("mpii", size)
    with pytest.raises(ValueError, match="own size"):
        synthesize("ntu", "/nowhere", "tiny", picture=(64, 48))
    assert size_of("pennaction", "120") == size_of("pennaction", 120)
    assert size_of("pennaction", 120).test == 30


def test_public_names():
    assert {"synthesize", "motion", "make_person", "MOTIONS"} <= set(synthetic.__all__)


def test_a_folder_is_one_process_s(tmp_path):
    with taken(tmp_path), pytest.raises(RuntimeError, match="in use by process 7"):
        synthesize("pennaction", tmp_path, "tiny", workers=0)
    assert [path.name for path in tmp_path.iterdir()] == [LOCK]     # nothing was begun
