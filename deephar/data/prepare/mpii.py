"""MPII Human Pose: from the owners' `mpii_human_pose_v1_u12_1.mat` and pictures.

Source folder: the `.mat` file and `images/`, anywhere below it.

A sample is every person of a training picture (`img_train` = 1) that has
joints, a head box, a position and a scale; the owners' test pictures have no
joints and are left out.  The owners publish no validation split: a picture is
for validation if its name is in the list that the caller gives; without one,
if the number of its video (`vididx`) is a multiple of 8, so that pictures of
one video stay together.  A picture without a video's number goes by the
checksum of its name.  The list of the papers gives their split.
"""
import logging
import zlib
from pathlib import Path

import numpy as np

from deephar.data.matfile import ANNOTATION_FILE, load_mat, number, numbers, records, text
from deephar.data.mpii import IMAGES, NUM_MPII_JOINTS
from deephar.data.prepare.annotations import mpii_columns, save_mat
from deephar.data.prepare.work import Outcome, Progress, place, run_jobs
from deephar.utils.reading import read_text, reading

log = logging.getLogger(__name__)

RELEASE_FILE = "mpii_human_pose_v1_u12_1.mat"
VALID_SHARE = 8             # one video in 8 is for validation


def prepare(source: Path, out: Path, *, workers: int = 2,
            progress: Progress | None = None,
            valid_list: Path | None = None) -> Outcome:
    """Make `out/annotations.mat` and `out/images/` from the owners' files.

    Args:
        valid_list: text file with the names of the validation pictures, one
            per line; default: one video in 8.
    """
    files = sorted(source.rglob(RELEASE_FILE))
    if not files:
        raise FileNotFoundError(f"no {RELEASE_FILE} below {source}: it is in "
                                "mpii_human_pose_v1_u12_2.zip of the owners")
    content = load_mat(files[0], ("RELEASE",))["RELEASE"]
    names = None
    if valid_list is not None:
        names = set(read_text(valid_list).split())
    outcome = Outcome()
    pictures = {path.name: path for path in source.rglob("*.jpg")
                if out / IMAGES not in path.parents}
    with reading(files[0]):
        splits, missing = _read_samples(records(content)[0], names, pictures)
    outcome.problems += [f"{name}: picture not found below {source}" for name in missing]
    used = [name for rows in splits.values() for name, _ in rows]
    _, problems = run_jobs(lambda name: place(pictures[name], out / IMAGES / name),
                           used, workers, progress)
    outcome.problems += problems
    save_mat(out / ANNOTATION_FILE, {
        variable: mpii_columns((name, range(1, len(people) + 1), people)
                               for name, people in splits[split])
        for variable, split in (("annot_tr", "train"), ("annot_val", "valid"))})
    outcome.sequences = {split: sum(len(people) for _, people in rows)
                         for split, rows in splits.items()}
    outcome.notes.append(
        f"validation: the {len(names)} pictures of {valid_list}" if names is not None
        else f"validation: videos whose number is a multiple of {VALID_SHARE}")
    outcome.write(out)
    return outcome


def _read_samples(release: dict, names, pictures):
    """({split: [(picture's name, [person])]}, names of missing pictures)."""
    entries = records(release["annolist"])
    splits, missing = {"train": [], "valid": []}, []
    for entry, is_train in zip(entries, numbers(release["img_train"])):
        people = [p for p in map(_person, records(entry["annorect"])) if p]
        if not is_train or not people:
            continue
        name = text(records(entry["image"])[0]["name"])
        if name not in pictures:
            missing.append(name)
            continue
        if names is not None:
            is_valid = name in names
        else:
            is_valid = _video_number(entry, name) % VALID_SHARE == 0
        splits["valid" if is_valid else "train"].append((name, people))
    return splits, missing


def _video_number(entry: dict, name: str) -> int:
    given = numbers(entry.get("vididx", ()))
    return int(given[0]) if given.size else zlib.crc32(name.encode())


def _person(rect: dict) -> dict | None:
    """The fields of a sample, or None for a person without joints or scale."""
    head = [numbers(rect.get(key, ())) for key in ("x1", "y1", "x2", "y2")]
    scale = numbers(rect.get("scale", ()))
    centre = records(rect.get("objpos", ()))
    points = [point for group in records(rect.get("annopoints", ()))
              for point in records(group["point"])]
    if not scale.size or not all(v.size for v in head) or not centre or not points:
        return None
    pose = np.full((2, NUM_MPII_JOINTS), np.nan)
    for point in points:
        joint = int(number(point["id"]))
        if not 0 <= joint < NUM_MPII_JOINTS:
            raise ValueError(f"a joint has the number {joint}")
        pose[:, joint] = number(point["x"]), number(point["y"])
        if not np.isfinite(pose[:, joint]).all():
            raise ValueError(f"joint {joint} of a person is at {pose[:, joint].tolist()}, "
                             "which is no place")
    objpos = np.array([[number(centre[0]["x"]), number(centre[0]["y"])]])
    return {"head": np.array([np.concatenate(head)]), "scale": scale[:1, None],
            "pose": pose, "objpos": objpos}
