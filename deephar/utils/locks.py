"""One process at a time writes to a folder."""
import os
import socket
import sys
import time
import weakref
from pathlib import Path

try:
    import fcntl
except ImportError:         # not on Windows, where folders are not locked
    fcntl = None

LOCK = ".lock"

_held: "weakref.WeakValueDictionary[Path, FolderLock]" = weakref.WeakValueDictionary()


class FolderLock:
    """Keeps other processes from a folder as long as it lives; `lock_folder` makes it.

    The system lets go of it when the process dies, however it dies.
    """

    def __init__(self, path: Path, file):
        self.release = weakref.finalize(self, _release, path, file, os.getpid())

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(self, *error) -> None:
        self.release()


def lock_folder(folder: str | os.PathLike) -> FolderLock:
    """Take a folder for this process; it is made if it is not there.

    A second lock of the same process is the first one.

    Raises:
        RuntimeError: another process has it; names that process.
    """
    folder = Path(folder).resolve()
    held = _held.get(folder)
    if held is not None and held.release.alive:
        return held
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / LOCK
    lock = FolderLock(path, _opened(path))
    _held[folder] = lock
    return lock


def _opened(path: Path):
    """The lock's file, locked and with this process's name in it."""
    while True:
        file = open(path, "a+")
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip() or "another process"
            file.close()
            raise RuntimeError(f"{path.parent} is in use by {owner}; wait for its end or "
                               "take another folder") from None
        except OSError:
            pass            # a disk without locks
        if _is_same(path, file):
            break
        file.close()        # its owner has just removed it
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()} since "
               f"{time.strftime('%Y-%m-%d %H:%M:%S')} ({' '.join(sys.argv)})\n")
    file.flush()
    return file


def _is_same(path: Path, file) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _release(path: Path, file, owner: int) -> None:
    if os.getpid() == owner:        # and not a fork of it
        path.unlink(missing_ok=True)
    file.close()
