"""Packing a data set: the pictures of its annotations and the annotations themselves.

What is written is read by `deephar.utils.packed`.
"""
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable

import numpy as np

from deephar.data import coco
from deephar.data.check import read_index
from deephar.data.folders import LIST, list_videos
from deephar.data.table import dataset
from deephar.utils.files import atomic_path, write_json
from deephar.utils.locks import lock_folder
from deephar.utils.packed import END, INDEX, PACK, SHARD, array_record, hash_of
from deephar.utils.reading import check_npy

SHARD_BYTES = 256 << 20
# Each record by itself, so that any is read without its neighbours; JPEGs do not shrink.
OPTIONS = "group_size:1,uncompressed"


@dataclass
class Contents:
    """What a pack holds: numbers of files, and their bytes.

    `missing` are pictures of the annotations that are not there.
    """
    pictures: int = 0
    annotations: int = 0
    missing: int = 0
    shards: int = 0
    bytes: int = 0


def pack(name: str, source: Path, out: Path, *, shard_bytes: int = SHARD_BYTES,
         progress: Callable[[int, int], None] | None = None) -> Contents:
    """Pack the data set `name`, a key of `DATASETS` or 'own', from its folder.

    The folder is a pack once all of it is written; an interrupted one is begun again.

    Args:
        progress: called with (files done, all).

    Raises:
        FileExistsError: `out` is packed already.
    """
    if (out / PACK).exists():
        raise FileExistsError(f"{out} holds a packed data set: name another folder")
    array_record()
    files, pictures = _own_contents(source) if name == "own" else _contents(name, source)
    present = [p for p in pictures if (source / p).is_file()]
    found = Contents(len(present), len(files), len(pictures) - len(present))
    names = [*files, *present]
    with lock_folder(out):
        for left in out.glob("*" + SHARD[-13:]):
            left.unlink()
        shards = _write_shards(
            names, lambda file: files.get(file) or (source / file).read_bytes(), out,
            shard_bytes, progress)
        with atomic_path(out / INDEX) as temporary:
            np.save(temporary, _index_of(names))
        write_json(out / PACK, {
            "set": name, "shards": shards, "index_bytes": (out / INDEX).stat().st_size,
            "files": {file: _facts(source / file) for file in files}})
    found.shards, found.bytes = len(shards), sum(shard["bytes"] for shard in shards)
    return found


def _contents(name: str, source: Path) -> tuple[dict[str, bytes], list[str]]:
    """(annotation files, without content; pictures) of a data set."""
    pictures = dict.fromkeys(p for entries in read_index(name, source).values()
                             for item in entries for p in item.pictures)
    annotations = source / dataset(name).annotations
    if name == "coco":
        files = list(coco.annotation_files(source).values())
    elif annotations.is_dir():
        files = sorted(annotations.glob("*.npy"))
    else:
        files = [annotations]
    return {path.relative_to(source).as_posix(): b""
            for path in sorted(source.glob("*.json")) + files}, list(pictures)


def _own_contents(source: Path) -> tuple[dict[str, bytes], list[str]]:
    """The names of all pictures as one annotation file; the pictures."""
    names = list_videos(source)
    return {LIST: json.dumps(names).encode()}, [
        f"{split}/{label}/{video}/{picture}" for split, classes in names.items()
        for label, videos in classes.items() for video, pictures in videos.items()
        for picture in pictures]


def _write_shards(names: list[str], read: Callable[[str], bytes], out: Path, shard_bytes: int,
                  progress) -> list[dict]:
    shards, writer, records, size = [], None, 0, 0

    def close():
        writer.close()
        path = out / SHARD.format(len(shards))
        shards.append({"file": path.name, "records": records,
                       "bytes": path.stat().st_size})

    for done, name in enumerate(names, 1):
        if writer is None:
            writer = array_record().ArrayRecordWriter(
                os.fspath(out / SHARD.format(len(shards))), OPTIONS)
        record = name.encode() + END + read(name)
        writer.write(record)
        records, size = records + 1, size + len(record)
        if size >= shard_bytes:
            close()
            writer, records, size = None, 0, 0
        if progress:
            progress(done, len(names))
    if writer:
        close()
    return shards


def _index_of(names: list[str]) -> np.ndarray:
    hashes = np.fromiter(map(hash_of, names), np.uint64, len(names))
    order = np.argsort(hashes)
    if (np.diff(hashes[order]) == 0).any():
        raise ValueError("two files have one hash, which does not happen by chance: "
                         "are there strange names in the annotations?")
    return np.stack([hashes[order], order.astype(np.uint64)])


def _facts(path: Path) -> Any:
    """(shape, type) of an array, so that nobody has to open it for its length."""
    if path.suffix != ".npy":
        return None
    shape, dtype = check_npy(path)
    return list(shape), dtype.str
