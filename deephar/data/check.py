"""Look over a data set on disk: what is there, what is missing, what is broken.

Works from the annotation files alone, so that it can say more about a damaged
data set than the class that would read it.
"""
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Iterator

import numpy as np

from deephar.data import coco
from deephar.data.human36m import NUM_H36M_JOINTS
from deephar.data.matfile import (
    find_annotations, load_mat, load_npy, number, numbers, points, records, text)
from deephar.data.mpii import NUM_MPII_JOINTS
from deephar.data.ntu import ROW_STEP
from deephar.data.pictures import open_picture
from deephar.data.table import DataSet, dataset
from deephar.utils.modes import MODES
from deephar.utils.places import place
from deephar.utils.pose import get_valid_joints

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """An annotated picture (MPII, COCO) or sequence of pictures.

    Attributes:
        pictures: paths below the data set's folder.
        samples: people (MPII, COCO) or frames.
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
    """Check the data set `name`, a key of `DATASETS`, in the folder `path`.

    Args:
        quick: look whether pictures are there, but do not open them.
        progress: called with (pictures done, pictures in all).
    """
    path, found, entry = place(path), Checkup(), dataset(name)
    try:
        index = read_index(name, path)
    except (OSError, ValueError) as error:
        found.problems += [str(error), f"annotations: {entry.advice}"]
        return found
    wanted = []
    for split, entries in index.items():
        wanted += _check_split(entry, split, entries, path, found)
    if not any(index.values()):
        found.problems.append(f"{path}: the annotations are empty; {entry.advice}")
    elif not wanted:
        found.problems.append(f"{path}: not one picture of the annotations is there")
    _note_unannotated(entry, path, index, found)
    if not quick:
        _open_all(wanted, workers, progress, found)
    return found


def _check_split(dataset: DataSet, split, entries, path, found) -> list[Path]:
    """Facts and problems of one split; returns its pictures that are there."""
    if not entries:
        return []
    pictures = sum(len(entry.pictures) for entry in entries)
    samples = sum(entry.samples for entry in entries)
    line = f"{split}: {len(entries)} {dataset.unit}"
    line += f", {pictures} pictures" if dataset.frame else f", {samples} people"
    expected = dataset.expected.get(split)
    if expected is not None:
        line += (" (complete)" if len(entries) == expected
                 else f" (a part: the full set has {expected})")
    found.facts.append(line)
    unlabelled = [entry.name for entry in entries if not entry.joints]
    if unlabelled:
        found.problems.append(f"{split}: {_first(unlabelled)} without a single joint")
    present, missing = [], []
    for picture in (path / p for entry in entries for p in entry.pictures):
        (present if picture.is_file() else missing).append(picture)
    if not present:
        found.facts.append(f"{split}: none of its pictures is there: not usable")
    elif missing:
        found.problems.append(f"{split}: {_first(missing)} missing; extract the "
                              "pictures again")
    return present


def _first(names: list) -> str:
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return f"{names[0]}{more}"


def _note_unannotated(dataset: DataSet, path, index, found) -> None:
    folder = path / dataset.images
    if not (dataset.frame and folder.is_dir()):
        return
    known = {Path(entry.pictures[0]).parent.name
             for entries in index.values() for entry in entries if entry.pictures}
    unknown = sorted(p.name for p in folder.glob("*")
                     if p.name not in known and p.is_dir())
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
    entry, path = dataset(name), place(path)
    if name == "coco":
        files = coco.annotation_files(path)
        return {split: list(_coco_entries(path, files[mode]))
                for split, mode in MODES.items() if mode in files}
    if not entry.splits:
        if not (folder := path / entry.annotations).is_dir():
            raise FileNotFoundError(f"{folder}: no such folder")
        return {"all": [_ntu_entry(entry, file) for file in sorted(folder.glob("*.npy"))]}
    content = load_mat(find_annotations(path), tuple(entry.splits.values()))
    variables = {split: content[entry.splits[mode]] for split, mode in MODES.items()
                 if mode in entry.splits}
    read = {"mpii": _mpii_entries, "h36m": _h36m_entries, "pennaction": _penn_entries}[name]
    return {split: list(read(entry, value)) for split, value in variables.items()}


def _count_joints(pose) -> int:
    return int(get_valid_joints(np.asarray(pose, float)).sum())


def _coco_entries(root: Path, file: Path) -> Iterator[Entry]:
    for picture in coco.read_pictures(file):
        if people := coco.counted(picture.people):
            yield Entry(picture.path.name, (str(picture.path.relative_to(root)),), len(people),
                        sum(int(get_valid_joints(p["joints"]).sum()) for p in people))


def _mpii_entries(dataset: DataSet, columns: np.ndarray) -> Iterator[Entry]:
    for i in range(columns.shape[1] if columns.ndim == 2 else 0):
        picture, people = text(columns[1, i]), records(columns[2, i])
        joints = sum(_count_joints(points(p["pose"], NUM_MPII_JOINTS)) for p in people)
        yield Entry(picture, (dataset.picture(picture),), len(people), joints)


def _h36m_entries(dataset: DataSet, value) -> Iterator[Entry]:
    for sequence in records(value):
        frames = records(sequence["frames"])
        yield _entry(dataset, text(sequence["name"]), [f["f"] for f in frames], sum(
            _count_joints(points(f["pose3d"], NUM_H36M_JOINTS)) for f in frames))


def _penn_entries(dataset: DataSet, value) -> Iterator[Entry]:
    for sequence in records(value):
        frames = records(sequence["frames"])
        yield _entry(dataset, f"{int(number(sequence['idx'])):04d}",
                     [f["f"] for f in frames],
                     sum(int((numbers(f["visible"]) >= 0.5).sum()) for f in frames))


def _entry(dataset: DataSet, name: str, frames, joints: int) -> Entry:
    return Entry(name, tuple(dataset.picture(name, number(f)) for f in frames),
                 len(frames), joints)


def _ntu_entry(dataset: DataSet, file: Path) -> Entry:
    table = load_npy(file)
    if table.ndim != 2 or table.shape[1] != 151:
        raise ValueError(f"{file} must hold rows of 151 numbers, got shape {table.shape}")
    rows = table[::ROW_STEP]
    joints = int(((rows[:, 76:101] > 0) & (rows[:, 101:126] > 0)).sum())
    return _entry(dataset, file.stem, rows[:, 0], joints)
