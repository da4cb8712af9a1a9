"""Jobs keep their order and report failures; files are placed whole."""
import numpy as np
import pytest

from deephar.data.prepare.work import (
    Outcome, need_folder, place, run_jobs, save_jpeg)
from deephar.utils.files import read_json


def test_jobs_keep_order_and_collect_failures():
    seen = []

    def job(i):
        if i % 3 == 0:
            raise ValueError(f"{i} is bad")
        return i * i

    results, problems = run_jobs(job, range(10), 4, lambda d, t: seen.append((d, t)))
    assert results == {i: i * i for i in range(10) if i % 3}
    assert list(results) == [1, 2, 4, 5, 7, 8]
    assert problems == [f"{i} is bad" for i in (0, 3, 6, 9)]
    assert seen == [(i, 10) for i in range(1, 11)]


def test_a_bug_is_not_a_problem_of_the_data():
    with pytest.raises(ZeroDivisionError):
        run_jobs(lambda i: 1 // i, [0], 1)
    with pytest.raises(ValueError, match="workers must be ≥ 1, got 0"):
        run_jobs(str, [1], 0)


def test_interrupted_jobs_stop():
    def job(i):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_jobs(job, range(3), 1)


def test_place_keeps_what_is_there(tmp_path):
    source, target = tmp_path / "a", tmp_path / "sub" / "b"
    source.write_text("new")
    place(source, target)
    assert target.read_text() == "new"
    other = tmp_path / "c"
    other.write_text("old")
    place(source, other)
    assert other.read_text() == "old"
    with pytest.raises(FileNotFoundError):
        place(tmp_path / "none", tmp_path / "d")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "c", "sub"]


def test_small_things(tmp_path):
    with pytest.raises(FileNotFoundError, match="labels.*the labels"):
        need_folder(tmp_path / "labels", "the labels")
    save_jpeg(np.full((8, 8, 3), 90, np.uint8), tmp_path / "new" / "p.jpg")
    assert (tmp_path / "new" / "p.jpg").read_bytes()[:2] == b"\xff\xd8"
    Outcome({"train": 1}, ["p"], ["n"]).write(tmp_path)
    assert read_json(tmp_path / "prepared.json") == {
        "sequences": {"train": 1}, "problems": ["p"], "notes": ["n"]}
