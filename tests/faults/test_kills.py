"""A few faults of some jobs; `python -m tests.faults.kills` does all, and many."""
import atexit
import os
import subprocess
import sys

import pytest

from tests.faults.forks import Fork
from tests.faults.jobs import content, leftovers

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes cannot fork")

# A job that writes its file bit by bit, under its final name.
CARELESS = """
import sys, time
from tests.faults import jobs, kills

def write(inputs, out):
    for end in range(1, 60):
        (out / "a.json").write_text(str([1] * 60)[:-end])
        time.sleep(0.005)
    (out / "a.json").write_text("[1]")
    (out / ".b.tmp").touch()

jobs.JOBS["careless"] = jobs.Job(write)
sys.argv[1:] = ["--jobs", "careless", "--kills", "3", "--faults", "kill", "shut", "two"]
sys.exit(kills.main())
"""


def run(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True,
                          timeout=600, env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"})


def test_data_and_downloads_survive():
    done = run("-m", "tests.faults.kills", "--kills", "1", "--jobs", "prepare mpii", "download",
               "--faults", "kill", "storm", "limit", "shut", "two")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 faults, 0 bad outcomes" in done.stdout


@pytest.mark.slow
def test_networks_survive():
    done = run("-m", "tests.faults.kills", "--kills", "1", "--jobs", "checkpoints",
               "--faults", "kill", "limit", "two")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_careless_job_is_caught():
    done = run("-c", CARELESS)
    assert done.returncode == 1, done.stderr
    assert "not whole: careless, kill" in done.stdout
    assert "not refused: careless, two" in done.stdout
    assert "9 faults, 9 bad outcomes" in done.stdout


def test_what_is_left(tmp_path):
    for name in ("a.json", ".a.host-1.tmp.json", "b.h5.part", ".c.part/1.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}")
    assert sorted(leftovers(tmp_path)) == [".a.host-1.tmp.json", ".c.part/1.jpg", "b.h5.part"]
    assert content(tmp_path / "a.json") == {}


def test_a_fork_never_comes_back_and_all_its_words_are_kept(tmp_path):
    """Its end is its own, whatever fails in it; its words count for no file's size."""
    def ends_badly():
        os.write(1, b"x" * 5000)
        atexit.register(lambda: (tmp_path / "too_late").rmdir())
        (tmp_path / "a").write_bytes(bytes(200))

    parent = os.getpid()
    try:
        fork = Fork(ends_badly, tmp_path / "log", limit=100)
    finally:
        if os.getpid() != parent:
            (tmp_path / "came_back").touch()
            os._exit(0)
    assert fork.wait(20) == 1
    assert fork.output() == "x" * 5000
    assert (tmp_path / "a").stat().st_size == 100
    assert not (tmp_path / "came_back").exists()
