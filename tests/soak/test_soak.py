"""What is said of growing and of steady memory; a quarter of a minute of each job."""
import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak.__main__ import JOBS, Look, soak, verdict

pytestmark = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")


def looks(memory, files=lambda i: 9, threads=lambda i: 4):
    return [Look(i / 10, memory(i), files(i), threads(i), i) for i in range(100)]


@pytest.mark.parametrize("found, good, words", [
    (looks(lambda i: 500 + i % 7), True, "memory 506 to 501 MB"),
    (looks(lambda i: 400 + 10 * min(i, 15)), True, "+0.00 MB a minute"),  # warming up
    (looks(lambda i: 500 + 0.2 * i), False, "+2.00 MB a minute"),
    (looks(lambda i: 500, files=lambda i: 9 + i), False, "files +60"),
    (looks(lambda i: 500, threads=lambda i: 4 + i // 9), False, "threads +6")])
def test_verdicts(found, good, words):
    text, is_good = verdict(found, 1.0)
    assert is_good is good and words in text


def test_looks_see_what_is_open(tmp_path):
    kept = []

    def opens(done):
        while True:
            kept.append(open(tmp_path / str(len(kept)), "w"))
            done()

    found = soak(opens, 0.2, lambda a: None)
    for file in kept:
        file.close()
    assert found[-1].files - found[0].files == found[-1].rounds - found[0].rounds > 5


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_nothing_grows_much(job):
    """So short a time tells leaks of whole pictures and files from none, no more."""
    done = subprocess.run([sys.executable, "-m", "tests.soak", "--minutes", "0.1", "--most",
                           "200", job], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
