"""Files that are not on this machine's disk, or lie in one file with many others.

`place` gives a `pathlib.Path` for what is on the disk, and for an address such as
`gs://bucket/datasets` or for a packed data set a `Place`, which has as much of a
path's methods as readers of data sets use.
"""
import fnmatch
import functools
import io
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol

from deephar.utils.files import atomic_path
from deephar.utils.packed import PACK, Packed
from deephar.utils.reading import check_file

CACHE = "DEEPHAR_CACHE"         # the variable that names where fetched shards are kept


class Store(Protocol):
    """Files by name, with `/` between their folders; its string is where it lies."""

    def read(self, name: str) -> bytes:
        """A file's content; FileNotFoundError where there is none."""

    def is_file(self, name: str) -> bool:
        """Whether there is such a file."""

    def names(self, folder: str) -> list[str]:
        """The names in a folder that the store can list."""


@dataclass(frozen=True)
class Place:
    """A file or folder of a store."""
    store: Any
    inside: str = ""

    def __truediv__(self, name: object) -> "Place":
        return Place(self.store, f"{self.inside}/{name}" if self.inside else str(name))

    def __str__(self) -> str:
        return f"{self.store}/{self.inside}" if self.inside else str(self.store)

    def __lt__(self, other: "Place") -> bool:
        return self.inside < other.inside

    @property
    def name(self) -> str:
        return str(self).rpartition("/")[2]

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[0] or self.name

    @property
    def suffix(self) -> str:
        return Path(self.name).suffix

    @property
    def parent(self) -> "Place":
        return Place(self.store, self.inside.rpartition("/")[0])

    def relative_to(self, folder: "Place") -> PurePosixPath:
        return PurePosixPath(str(self)).relative_to(str(folder))

    def is_file(self) -> bool:
        return self.store.is_file(self.inside)

    def is_dir(self) -> bool:
        return not self.inside or bool(self.store.names(self.inside))

    def exists(self) -> bool:
        return self.is_file() or self.is_dir()

    def glob(self, pattern: str) -> list["Place"]:
        return [self / name for name in fnmatch.filter(
            self.store.names(self.inside), pattern)]

    @property
    def facts(self) -> Any:
        """(shape, type) of an array in a pack, as its list has them; else None."""
        return getattr(self.store, "files", {}).get(self.inside)

    def read_bytes(self) -> bytes:
        return self.store.read(self.inside)

    def read_text(self, encoding: str) -> str:
        return self.read_bytes().decode(encoding)


class Address:
    """What lies at an address that fsspec understands."""

    def __init__(self, url: str):
        self.url = url.rstrip("/")
        self._system: Any = None

    def __str__(self) -> str:
        return self.url

    def __getstate__(self) -> dict:
        return {"url": self.url, "_system": None}   # connections stay in their process

    def read(self, name: str) -> bytes:
        return self._ask("cat_file", name)

    def is_file(self, name: str) -> bool:
        try:
            return self._ask("info", name)["type"] == "file"
        except FileNotFoundError:
            return False

    def names(self, folder: str) -> list[str]:
        try:
            found = self._ask("ls", folder, detail=False)
        except FileNotFoundError:
            return []
        return sorted(path.rstrip("/").rpartition("/")[2] for path in found)

    def fetch(self, name: str, size: int) -> Path:
        """A file of known size on this machine's disk, fetched once."""
        cache = Path(os.environ.get(CACHE) or Path.home() / ".cache" / "deephar")
        path = cache / self.url.replace("://", "/") / name
        if not path.exists() or path.stat().st_size != size:
            with atomic_path(path) as temporary:
                self._ask("get_file", name, str(temporary))
        return path

    def _ask(self, method: str, name: str, *arguments, **options) -> Any:
        """What the file system answers.

        Raises:
            PermissionError, FileNotFoundError, OSError: in one sentence.
        """
        where = f"{self.url}/{name}" if name else self.url
        try:
            if self._system is None:
                self._system = _fsspec().core.url_to_fs(self.url)
            system, root = self._system
            return getattr(system, method)(f"{root}/{name}" if name else root,
                                           *arguments, **options)
        except ImportError:
            raise
        except Exception as error:      # every protocol has errors of its own
            codes = {str(getattr(e, "status", None) or getattr(e, "code", None))
                     for e in (error, error.__cause__)}
            if isinstance(error, PermissionError) or codes & {"401", "403"}:
                raise PermissionError(f"{where}: no permission to read it; log in to the "
                                      "store, or ask its owner") from error
            if isinstance(error, FileNotFoundError):
                raise FileNotFoundError(f"{where}: no such file") from error
            raise OSError(f"{where} cannot be read ({type(error).__name__}: {error})"
                          ) from error


def place(path: str | os.PathLike | Place) -> Path | Place:
    """Where a user's path or address leads: on the disk, elsewhere, or into a pack."""
    if isinstance(path, Place):
        return place(str(path)) if (path / PACK).is_file() else path
    if "://" in str(path):
        address = Address(str(path))
        if address.is_file(PACK):
            return Place(Packed(str(address), address.read(PACK), address.fetch))
        return Place(address)
    path = Path(path)
    if (path / PACK).is_file():
        return Place(Packed(str(path), (path / PACK).read_bytes(),
                            functools.partial(_below, path)))
    return path


def _below(folder: Path, name: str, size: int) -> Path:
    return folder / name


def opened(path: str | os.PathLike | Place) -> Path | BinaryIO:
    """What libraries open: a checked file of the disk, or a place's content."""
    return io.BytesIO(path.read_bytes()) if isinstance(path, Place) else check_file(path)


def _fsspec() -> Any:
    try:
        import fsspec
    except ImportError as error:
        raise ImportError("addresses need fsspec and the protocol's own package: "
                          "pip install 'deephar[pack]'") from error
    return fsspec
