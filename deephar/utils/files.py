"""Files: written whole or not at all, and known by their checksum."""
import contextlib
import functools
import hashlib
import io
import json
import os
import platform
import re
import time
from pathlib import Path
from typing import Any, Iterator

from deephar.utils.reading import parse_json, read_text

HOST = re.sub(r"\W", "_", platform.node())[:40]
TEMPORARY = re.compile(r"\..*\.(?P<host>\w*)-(?P<process>\d{1,9})\.tmp(\..*)?")
OLD_SECONDS = 24 * 3600


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block succeeds.

    Parent folders are made.  If the block raises, nothing is left behind and
    an existing file stays as it was.  What killed processes left in the folder
    is removed.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent.resolve())
    # The suffix stays: writers such as Pillow and Keras choose the format by it.
    suffix = "".join(path.suffixes)
    temporary = path.with_name(f".{path.name.removesuffix(suffix)}"
                               f".{HOST}-{os.getpid()}.tmp{suffix}")
    try:
        yield temporary
        _to_disk(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@functools.cache        # once for every folder that this process writes to
def _sweep(folder: Path) -> None:
    """Remove temporary files whose process is dead; on another machine, those of old."""
    for path in folder.glob(".*.tmp*"):
        match = TEMPORARY.fullmatch(path.name)
        with contextlib.suppress(OSError):
            if match and (not _runs(int(match["process"])) if match["host"] == HOST
                          else time.time() - path.stat().st_ctime > OLD_SECONDS):
                path.unlink()


def _runs(process: int) -> bool:
    if os.name != "posix":      # elsewhere one cannot ask without killing
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True


def _to_disk(path: Path) -> None:
    """Wait for the disk: else a name may outlive a loss of power without its content."""
    if os.name == "posix" and path.is_file():
        with open(path, "rb") as file:
            os.fsync(file.fileno())


def write_picture(path: str | os.PathLike, picture: Any, **options: Any) -> None:
    """Write a PIL image or a figure of matplotlib, atomically.

    The name's ending is the format.  It is made in memory: Pillow's own
    writing does not notice that a disk is full.
    """
    path, memory = Path(path), io.BytesIO()
    memory.name = path.name
    if hasattr(picture, "savefig"):
        picture.savefig(memory, format=path.suffix[1:].lower() or None, **options)
    else:
        picture.save(memory, **options)
    with atomic_path(path) as temporary:
        temporary.write_bytes(memory.getvalue())


def write_json(path: str | os.PathLike, content: Any) -> None:
    """Write `content` as readable JSON, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def read_json(path: str | os.PathLike) -> Any:
    """The content of a JSON file.

    Raises:
        ValueError: the file is not JSON; names the file and the place.
    """
    text = read_text(path)
    try:
        return parse_json(text)
    except ValueError as error:
        raise ValueError(f"{path} is not a JSON file: {error}") from error


def md5_of(path: str | os.PathLike) -> str:
    """The md5 checksum of a file, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def natural_order(path: str | os.PathLike) -> list[tuple[bool, int, str]]:
    """A sort key for names: the numbers in them count as numbers."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part)
            for part in re.split(r"(\d+)", Path(path).name)]
