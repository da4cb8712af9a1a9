"""A folder that another process seems to hold."""
import contextlib
import fcntl
from pathlib import Path

from deephar.utils.locks import LOCK


@contextlib.contextmanager
def taken(folder: Path):
    """Within the block the folder is locked, by no `FolderLock` of this process."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / LOCK, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        print("process 7 on elsewhere", file=file, flush=True)
        yield
