"""Files: written whole or not at all, and known by their checksum."""
import contextlib
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any, Iterator


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike) -> Iterator[Path]:
    """A temporary path beside `path` that replaces it when the block succeeds.

    Parent folders are made.  If the block raises, nothing is left behind and
    an existing file stays as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays: writers such as Pillow and Keras choose the format by it.
    suffix = "".join(path.suffixes)
    temporary = path.with_name(
        f".{path.name.removesuffix(suffix)}.{os.getpid()}.tmp{suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | os.PathLike, content: Any) -> None:
    """Write `content` as readable JSON, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2) + "\n", "utf-8")


def read_json(path: str | os.PathLike) -> Any:
    """The content of a JSON file.

    Raises:
        ValueError: the file is not JSON; names the file and the place.
    """
    try:
        return json.loads(Path(path).read_text("utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a JSON file: {error}") from error


def md5_of(path: str | os.PathLike) -> str:
    """The md5 checksum of a file, read in pieces."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def natural_order(path: str | os.PathLike) -> list[tuple[bool, int, str]]:
    """A sort key for names: the numbers in them count as numbers."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part)
            for part in re.split(r"(\d+)", Path(path).name)]
