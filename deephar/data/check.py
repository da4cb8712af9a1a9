"""Look over a data set on disk: what is there, what is missing, what is broken.

Works from the annotation files alone, so that it can say more about a damaged
data set than the class that would read it.
"""
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import numpy as np

from deephar.data.matfile import (
    find_annotations, load_mat, load_npy, number, numbers, points, records, text)
from deephar.data.pictures import open_picture
from deephar.utils.pose import get_valid_joints

log = logging.getLogger(__name__)

SPLITS = {"test": "te", "train": "tr", "valid": "val"}      # of the .mat variables
NTU_USED_ROWS = 2                                           # one row in 2 is used
# Samples (MPII: not fixed, see datasets/README.md) or sequences of the full sets.
EXPECTED = {
    "h36m": {"train": 600, "valid": 240},
    "pennaction": {"train": 1258, "test": 1068},
    "ntu": {"all": 56578},
}
UNITS = {"mpii": "pictures", "h36m": "sequences", "pennaction": "sequences",
         "ntu": "sequences"}
PICTURE_FOLDERS = {"h36m": "images", "pennaction": "frames", "ntu": "images-small"}
ADVICE = {
    "mpii": "`deephar download mpii_annotations`, or `deephar dataset prepare mpii`",
    "h36m": "`deephar download h36m_annotations`, or `deephar dataset prepare h36m`",
    "pennaction": "`deephar download penn_annotations`, or "
                  "`deephar dataset prepare pennaction`",
    "ntu": "`deephar dataset prepare ntu` makes nturgb+d_numpy/",
}


@dataclass(frozen=True)
class Entry:
    """An annotated picture (MPII) or sequence of pictures.

    Attributes:
        pictures: paths below the data set's folder.
        samples: people (MPII) or frames.
        joints: annotated joints in all of them together.
    """
    name: str
    pictures: tuple[str, ...]
    samples: int
    joints: int


@dataclass
class Checkup:
    """What a check found; the data set is usable if there are no problems."""
    facts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.problems


def check(name: str, path: Path, *, quick: bool = False, workers: int = 2,
          progress: Callable[[int, int], None] | None = None) -> Checkup:
    """Check the data set `name` (mpii, h36m, pennaction, ntu) in the folder `path`.

    Args:
        quick: look whether pictures are there, but do not open them.
        progress: called with (pictures done, pictures in all).
    """
    path, found = Path(path), Checkup()
    try:
        index = read_index(name, path)
    except (OSError, ValueError) as error:
        found.problems += [str(error), f"annotations: {ADVICE[name]}"]
        return found
    wanted = []
    for split, entries in index.items():
        wanted += _check_split(name, split, entries, path, found)
    if not any(index.values()):
        found.problems.append(f"{path}: the annotations are empty; {ADVICE[name]}")
    elif not wanted:
        found.problems.append(f"{path}: not one picture of the annotations is there")
    _note_unannotated(name, path, index, found)
    if not quick:
        _open_all(wanted, workers, progress, found)
    return found


def _check_split(name, split, entries, path, found) -> list[Path]:
    """Facts and problems of one split; returns its pictures that are there."""
    if not entries:
        return []
    pictures = sum(len(entry.pictures) for entry in entries)
    samples = sum(entry.samples for entry in entries)
    line = f"{split}: {len(entries)} {UNITS[name]}"
    line += f", {samples} people" if name == "mpii" else f", {pictures} pictures"
    expected = EXPECTED.get(name, {}).get(split)
    if expected is not None:
        line += (" (complete)" if len(entries) == expected
                 else f" (a part: the full set has {expected})")
    found.facts.append(line)
    unlabelled = [entry.name for entry in entries if not entry.joints]
    if unlabelled:
        found.problems.append(f"{split}: {_first(unlabelled)} without a single joint")
    there = {entry: [p for p in map(path.joinpath, entry.pictures) if p.is_file()]
             for entry in entries}
    present = [p for paths in there.values() for p in paths]
    if not present:
        found.facts.append(f"{split}: none of its pictures is there: not usable")
    elif len(present) < pictures:
        missing = [str(path / p) for entry in entries for p in entry.pictures
                   if not (path / p).is_file()]
        found.problems.append(f"{split}: {_first(missing)} missing; extract the "
                              "pictures again")
    return present


def _first(names: list) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"


def _note_unannotated(name, path, index, found) -> None:
    folder = path / PICTURE_FOLDERS.get(name, "-")
    if not folder.is_dir():
        return
    known = {Path(entry.pictures[0]).parent.name
             for entries in index.values() for entry in entries if entry.pictures}
    unknown = sorted(p.name for p in folder.iterdir()
                     if p.is_dir() and p.name not in known)
    if unknown:
        found.facts.append(f"not used, for want of annotations: {_first(unknown)}")


def _open_all(pictures, workers, progress, found) -> None:
    """Decode every picture; names the first that is broken."""
    def broken(path):
        try:
            open_picture(path)
        except (OSError, ValueError) as error:
            return str(error)
        return None

    pictures = list(dict.fromkeys(pictures))
    errors = []
    with ThreadPoolExecutor(workers) as pool:
        for done, error in enumerate(pool.map(broken, pictures), 1):
            errors += [error] if error else []
            if progress is not None:
                progress(done, len(pictures))
    if errors:
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        found.problems.append(errors[0] + more)


# === What the annotations speak of ===

def read_index(name: str, path: Path) -> dict[str, list[Entry]]:
    """{split: entries} of a data set's annotations, in the order of the samples."""
    if name not in READERS:
        raise KeyError(f"data sets are {', '.join(READERS)}, got {name!r}")
    return READERS[name](Path(path))


def _count_joints(pose) -> int:
    return int(get_valid_joints(np.asarray(pose, float)).sum())


def _index_mpii(path: Path) -> dict[str, list[Entry]]:
    content = load_mat(find_annotations(path), ("annot_tr", "annot_val"))
    index = {}
    for split in ("train", "valid"):
        columns = content[f"annot_{SPLITS[split]}"]
        index[split] = []
        for i in range(columns.shape[1] if columns.ndim == 2 else 0):
            picture = text(columns[1, i])
            people = records(columns[2, i])
            joints = sum(_count_joints(points(p["pose"], 16)) for p in people)
            index[split].append(
                Entry(picture, (f"images/{picture}",), len(people), joints))
    return index


def _index_h36m(path: Path) -> dict[str, list[Entry]]:
    keys = {split: f"sequences_{short}" for split, short in SPLITS.items()}
    content = load_mat(find_annotations(path), tuple(keys.values()))
    return {split: [_h36m_entry(s) for s in records(content[key])]
            for split, key in keys.items()}


def _h36m_entry(sequence: dict) -> Entry:
    name, frames = text(sequence["name"]), records(sequence["frames"])
    joints = sum(_count_joints(points(f["pose3d"], 32)) for f in frames)
    return Entry(name, tuple(f"images/{name}/{int(number(f['f'])):05d}.jpg"
                             for f in frames), len(frames), joints)


def _index_pennaction(path: Path) -> dict[str, list[Entry]]:
    keys = {split: f"sequences_{SPLITS[split]}" for split in ("test", "train")}
    content = load_mat(find_annotations(path), tuple(keys.values()))
    return {split: [_penn_entry(s) for s in records(content[key])]
            for split, key in keys.items()}


def _penn_entry(sequence: dict) -> Entry:
    name, frames = f"{int(number(sequence['idx'])):04d}", records(sequence["frames"])
    joints = sum(int((numbers(f["visible"]) >= 0.5).sum()) for f in frames)
    return Entry(name, tuple(f"frames/{name}/{int(number(f['f'])):06d}.jpg"
                             for f in frames), len(frames), joints)


def _index_ntu(path: Path) -> dict[str, list[Entry]]:
    folder = path / "nturgb+d_numpy"
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder")
    entries = []
    for file in sorted(folder.glob("*.npy")):
        table = load_npy(file)
        if table.ndim != 2 or table.shape[1] != 151:
            raise ValueError(f"{file} must hold rows of 151 numbers, "
                             f"got shape {table.shape}")
        rows = table[::NTU_USED_ROWS]
        joints = int(((rows[:, 76:101] > 0) & (rows[:, 101:126] > 0)).sum())
        entries.append(Entry(file.stem, tuple(
            f"images-small/{file.stem}/{int(f):05d}.jpg" for f in rows[:, 0]),
            len(rows), joints))
    return {"all": entries}


READERS = {"mpii": _index_mpii, "h36m": _index_h36m, "pennaction": _index_pennaction,
           "ntu": _index_ntu}
