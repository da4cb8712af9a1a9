"""Penn Action: from the owners' `labels/NNNN.mat` and `frames/NNNN/NNNNNN.jpg`.

The joints keep the order of the owners' files (head, then pairs), and so do
the splits (`train` = 1 is training).  A label file with fewer rows than
pictures, or the reverse, is used as far as both go, and reported.
"""
import logging
from pathlib import Path

import numpy as np

from deephar.data.labels import PENN_ACTIONS
from deephar.data.matfile import load_mat, number, text
from deephar.data.pennaction import IMAGES
from deephar.data.pictures import picture_size
from deephar.data.prepare.annotations import PENN_JOINTS, penn_sequence, save_sequences
from deephar.data.prepare.work import Outcome, Progress, need_folder, place, run_jobs
from deephar.utils.reading import numbers_of, reading

log = logging.getLogger(__name__)


def prepare(source: Path, out: Path, *, workers: int = 2,
            progress: Progress | None = None) -> Outcome:
    """Make `out/annotations.mat` and `out/frames/` from the owners' files."""
    labels = need_folder(source / "labels", "labels/NNNN.mat of Penn_Action.tar.gz")
    need_folder(source / "frames", "frames/NNNN/NNNNNN.jpg of Penn_Action.tar.gz")
    files = sorted(labels.glob("*.mat"))
    if not files:
        raise FileNotFoundError(f"{labels} holds no .mat file")
    read, problems = run_jobs(lambda file: _sequence(file, source, out), files,
                              workers, progress)
    outcome = Outcome(problems=problems)
    sequences = {"train": [], "test": []}
    for file, (record, is_train, problem) in read.items():
        sequences["train" if is_train else "test"].append(record)
        outcome.problems += [problem] if problem else []
    save_sequences(out, {"tr": sequences["train"], "te": sequences["test"]}, PENN_ACTIONS,
                   PENN_JOINTS)
    outcome.sequences = {split: len(rows) for split, rows in sequences.items()}
    outcome.notes.append("joints stand in the order of the owners' files")
    outcome.write(out)
    return outcome


def _sequence(file: Path, source: Path, out: Path):
    """(record of our layout, whether it is for training, a problem or None)."""
    label = load_mat(file, ("action", "x", "y", "visibility", "train"))
    with reading(file):
        x, y, visible = (numbers_of(label[key], np.shape(label[key]), key)
                         for key in ("x", "y", "visibility"))
        is_train = number(label["train"]) == 1
    action = text(label["action"]).strip().replace(" ", "_").replace("-", "_")
    if action not in PENN_ACTIONS:
        raise ValueError(f"{file}: action must be one of {', '.join(PENN_ACTIONS)}, "
                         f"got {action!r}")
    if not x.shape == y.shape == visible.shape or x.shape[1] != len(PENN_JOINTS):
        raise ValueError(f"{file}: x, y and visibility must be n×{len(PENN_JOINTS)}, "
                         f"got {x.shape}, {y.shape}, {visible.shape}")
    index = int(file.stem)
    folder = Path(IMAGES) / f"{index:04d}"
    pictures = sorted((source / folder).glob("*.jpg"))
    count = min(len(pictures), len(x))
    if not count:
        raise FileNotFoundError(f"{source / folder}: no pictures for {file.name}")
    for picture in pictures[:count]:
        place(picture, out / folder / picture.name)
    size = picture_size(pictures[0])
    record = penn_sequence(index, PENN_ACTIONS.index(action) + 1,
                           [int(picture.stem) for picture in pictures[:count]], size,
                           np.stack([x, y], -1), visible)
    problem = None
    if len(pictures) != len(x):
        problem = (f"{file.name}: {len(x)} labels for {len(pictures)} pictures; "
                   f"the first {count} are used")
    return record, is_train, problem
