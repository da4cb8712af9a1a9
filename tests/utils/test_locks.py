"""One process at a time, which says who it is."""
import subprocess
import sys

import pytest

from deephar.utils.locks import LOCK, lock_folder

HOLD = """
import sys
from deephar.utils.locks import lock_folder
lock = lock_folder(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds `tmp_path / "a"` until it is told, or killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "a")],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_process_is_told_who_is_there(tmp_path, holder):
    with pytest.raises(RuntimeError, match=rf"a is in use by process {holder.pid} on "
                                           r"\S+ since 20.*wait for its end"):
        lock_folder(tmp_path / "a")
    with lock_folder(tmp_path / "b"):
        pass
    holder.communicate("")
    with lock_folder(tmp_path / "a") as lock:
        assert lock_folder(tmp_path / "a") is lock
        assert (tmp_path / "a" / LOCK).exists()
    assert list((tmp_path / "a").iterdir()) == []


def test_a_killed_process_holds_nothing(tmp_path, holder):
    holder.kill()
    holder.wait()
    lock = lock_folder(tmp_path / "a")
    assert lock.release.alive
    del lock
    assert list((tmp_path / "a").iterdir()) == []
