"""The annotation files that the data sets' classes read, written."""
from pathlib import Path
from typing import Iterable, Mapping, Sequence

import numpy as np
import scipy.io

from deephar.data.matfile import ANNOTATION_FILE
from deephar.utils.files import atomic_path

PENN_JOINTS = ("head", "r_shoulder", "l_shoulder", "r_elbow", "l_elbow", "r_wrist",
               "l_wrist", "r_hip", "l_hip", "r_knee", "l_knee", "r_ankle", "l_ankle")


def save_mat(path: Path, content: dict) -> None:
    """Write a MATLAB file, whole or not at all."""
    with atomic_path(path) as temporary:
        scipy.io.savemat(temporary, content, do_compression=True)


def struct_array(records: Iterable[dict], names: Sequence[str]) -> np.ndarray:
    """Dictionaries with the keys `names` as a MATLAB struct array (1, n)."""
    records = list(records)
    array = np.empty((1, len(records)), [(name, object) for name in names])
    for i, record in enumerate(records):
        array[0, i] = tuple(record[name] for name in names)
    return array


def cells(values: Iterable) -> np.ndarray:
    """Values as a MATLAB cell array (1, n)."""
    values = list(values)
    array = np.empty((1, len(values)), object)
    array[0, :] = values
    return array


def mpii_columns(pictures: Iterable[tuple[str, Sequence[int], Sequence[dict]]]) -> np.ndarray:
    """Pictures, (name, numbers of the people from 1, people), as MPII's 3×n cells."""
    pictures = list(pictures)
    columns = np.empty((3, len(pictures)), object)
    for i, (name, used, people) in enumerate(pictures):
        persons = np.empty((len(people), 1), object)
        for k, person in enumerate(people):
            persons[k, 0] = struct_array([person], ("head", "objpos", "scale", "pose"))
        columns[:, i] = (np.array(used, np.int64)[:, None], name, persons)
    return columns


def penn_sequence(index: int, action: int, numbers: Iterable[int], size: tuple[int, int],
                  poses: np.ndarray, visible: np.ndarray) -> dict:
    """A video of Penn Action; poses (T, 13, 2), visible (T, 13), action from 1."""
    frames = [{"f": f, "w": size[0], "h": size[1], "pose": pose.T,
               "visible": np.asarray(seen, float)[:, None]}
              for f, pose, seen in zip(numbers, poses, visible)]
    return {"idx": index, "action_id": action,
            "frames": struct_array(frames, ("f", "w", "h", "pose", "visible"))}


def h36m_sequence(name: str, camera: Mapping[str, Sequence], numbers: Iterable[int],
                  size: tuple[int, int], poses: Sequence[np.ndarray]) -> dict:
    """A video of Human3.6M; camera R T f c p k, poses (32, 3) in the world, mm."""
    rows = {part: np.atleast_2d(camera[part]) for part in "RTfcpk"}
    rows["T"] = rows["T"].T
    frames = [{"f": f, "w": size[0], "h": size[1], "pose3d": pose.T}
              for f, pose in zip(numbers, poses)]
    return {"name": name, "camera_parameters": struct_array([rows], "RTfcpk"),
            "frames": struct_array(frames, ("f", "w", "h", "pose3d"))}


def save_sequences(out: Path, splits: Mapping[str, Sequence[dict]], actions: Iterable[str],
                   joints: Iterable[str]) -> None:
    """Write the videos of a set, {suffix of the split: sequences}, and their labels."""
    fields = next((tuple(rows[0]) for rows in splits.values() if rows), ("frames",))
    save_mat(out / ANNOTATION_FILE, {
        **{f"sequences_{split}": struct_array(rows, fields) for split, rows in splits.items()},
        "action_labels": cells(actions), "joint_labels": cells(joints)})
