"""A packed data set: many files as records of a few, each read by its name.

    pack.json           the shards; names, shapes and types of the annotation files
    index.npy           (2, N) uint64: sorted hashes of names, numbers of records
    00000.array_record  shards: records `name NUL content`, annotations first

ArrayRecord reads any record by its number, so that the order of samples is free.
The index is mapped, not read: it takes no memory to speak of.
"""
import hashlib
import threading
from bisect import bisect_right
from pathlib import Path
from typing import Any, Callable

import numpy as np

from deephar.utils.reading import damaged, parse_json, reading

PACK, INDEX, SHARD = "pack.json", "index.npy", "{:05d}.array_record"
END = b"\0"                     # of a record's name


class Packed:
    """The files of a pack.

    Args:
        where: its folder or address, for messages.
        content: of its `pack.json`.
        fetch: (name, size) of a file of the pack to where it lies on the disk.
    """

    def __init__(self, where: str, content: bytes,
                 fetch: Callable[[str, int], Path] | None = None):
        self.where, self._content, self._fetch = where, content, fetch
        with reading(f"{where}/{PACK}"):
            facts = parse_json(content)
            self.files = dict(facts["files"])
            self._index_bytes = int(facts["index_bytes"])
            self._shards = [(str(s["file"]), int(s["records"]), int(s["bytes"]))
                            for s in facts["shards"]]
        self._starts = np.cumsum([0] + [records for _, records, _ in self._shards]).tolist()
        self._lock = threading.Lock()
        self._readers: dict[int, Any] = {}
        self._index: np.ndarray | None = None

    def __reduce__(self) -> tuple:
        return Packed, (self.where, self._content, self._fetch)

    def __str__(self) -> str:
        return self.where

    def read(self, name: str) -> bytes:
        number = self._number(name)
        start = name.encode() + END
        record = b"" if number is None else self._record(number)
        if not record.startswith(start):
            raise FileNotFoundError(f"{self.where}/{name}: no such file in the pack")
        return record[len(start):]

    def is_file(self, name: str) -> bool:
        return self._number(name) is not None

    def names(self, folder: str) -> list[str]:
        """Of annotation files; those of pictures are not listed."""
        start = f"{folder}/" if folder else ""
        return [name.removeprefix(start) for name in self.files if name.startswith(start)
                and "/" not in name.removeprefix(start)]

    def _number(self, name: str) -> int | None:
        if self._index is None:
            self._index = self._open_index()
        hashes, numbers = self._index
        wanted = hash_of(name)
        at = int(np.searchsorted(hashes, wanted))
        return int(numbers[at]) if at < len(hashes) and hashes[at] == wanted else None

    def _open_index(self) -> np.ndarray:
        path = self._whole(INDEX, self._index_bytes)
        with reading(path):
            index = np.load(path, "r", allow_pickle=False)
            if index.shape != (2, self._starts[-1]) or index.dtype != np.uint64:
                raise ValueError(f"an index of {self._starts[-1]} files has another shape")
        return index

    def _record(self, number: int) -> bytes:
        shard = bisect_right(self._starts, number) - 1
        if shard not in self._readers:
            with self._lock:
                if shard not in self._readers:
                    self._readers[shard] = self._open(shard)
        try:
            return self._readers[shard].read([number - self._starts[shard]])[0]
        except RuntimeError as error:
            raise damaged(f"{self.where}/{self._shards[shard][0]}",
                          str(error).split(";")[0]) from error

    def _open(self, shard: int) -> Any:
        name, records, size = self._shards[shard]
        path = self._whole(name, size)
        # Read-ahead is for those who read one record after the other.
        reader = array_record().ArrayRecordReader(str(path), options="readahead_buffer_size:0")
        if not reader.ok() or reader.num_records() != records:
            raise damaged(path, f"it does not hold {records} records")
        return reader

    def _whole(self, name: str, size: int) -> Path:
        path = self._fetch(name, size)
        if not path.exists():
            raise FileNotFoundError(f"{path}: the pack lacks this file; copy it again")
        if (found := path.stat().st_size) != size:
            raise damaged(path, f"it has {found} of {size} bytes")
        return path


def hash_of(name: str) -> np.uint64:
    """What a name is found by; packing refuses two names of one hash."""
    return np.uint64(int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()))


def array_record() -> Any:
    """The library that reads and writes shards."""
    try:
        from array_record.python import array_record_module
    except ImportError as error:
        raise ImportError("packed data sets need array_record: "
                          "pip install 'deephar[pack]'") from error
    return array_record_module
