"""Motions for the key-point files: of archives, made-up people and Human3.6M.

All are {subject: {take: (n, 17, 3)}} in metres, world, z up;
`deephar.data.keypoints.files.write_motion` puts cameras before them.
"""
import os
from typing import Mapping, Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from deephar.data.human36m import SEQUENCE_NAME, Human36M
from deephar.data.keypoints.cameras import CALIBRATION
from deephar.data.keypoints.takes import FPS, class_of
from deephar.data.synthetic import make_person, motion
from deephar.utils.files import read_json
from deephar.utils.pose import H36M17, mean_joints
from deephar.utils.reading import read_npz, reading

Positions = Mapping[str, Mapping[str, np.ndarray]]

# For each of the 17 joints the joints of another skeleton whose mean it is.
CMU31 = (
    ("root",), ("rhipjoint_end",), ("rfemur_end",), ("rtibia_end",),
    ("lhipjoint_end",), ("lfemur_end",), ("ltibia_end",),
    ("upperback_end",), ("thorax_end",), ("upperneck_end",), ("head_end",),
    ("lclavicle_end",), ("lhumerus_end",), ("lwrist_end",),
    ("rclavicle_end",), ("rhumerus_end",), ("rwrist_end",))


def map_joints(points: np.ndarray, names: Sequence[str],
               joint_map: Sequence[Sequence[str]]) -> np.ndarray:
    """Points (..., K, D) of named joints to the 17 (..., 17, D), means of some.

    Raises:
        ValueError: the map does not have 17 entries, or names a joint that is not there.
    """
    names = [str(name) for name in names]
    missing = sorted({n for entry in joint_map for n in entry} - set(names))
    if missing or len(joint_map) != len(H36M17):
        raise ValueError(f"a joint map needs {len(H36M17)} entries of joints that exist: "
                         f"it has {len(joint_map)}; unknown are {missing}; "
                         f"there are {', '.join(names)}")
    return mean_joints(np.asarray(points), names, joint_map)


def read_joint_map(path: str | os.PathLike) -> list[list[str]]:
    """A joint map, see `map_joints`, of a JSON file."""
    content = read_json(path)
    if not (isinstance(content, list) and len(content) == len(H36M17) and all(
            entry and isinstance(entry, list) and all(isinstance(name, str) for name in entry)
            for entry in content)):
        raise ValueError(f"{path} must hold {len(H36M17)} lists of joint names, "
                         f"got {str(content)[:100]}")
    return content


def rig_for(subjects: Sequence[str], like: Sequence[str] = ("S1",)) -> dict:
    """Virtual cameras for new subjects, where those of Human3.6M's subjects stand.

    Args:
        subjects: of the new data.
        like: Human3.6M subjects, taken in turn.
    """
    return {**CALIBRATION, "subjects": {
        subject: CALIBRATION["subjects"][like[i % len(like)]]
        for i, subject in enumerate(subjects)}}


def read_motion(path: str | os.PathLike,
                joint_map: Sequence[Sequence[str]] = CMU31, *, up: str = "y",
                shortest: int = 10) -> Positions:
    """Takes by action from an archive of motions, as world metres with z up.

    Args:
        path: npz with SUBJECT_TRIAL/xyz (T, K, 3) in metres, SUBJECT_TRIAL/label
            (T,), joint_names (K,) and action_names.
        joint_map: see `map_joints`.
        up: axis of the archive that points up.
        shortest: frames; parts with one label that are shorter are dropped.

    Returns:
        {"S" + subject: {take: (n, 17, 3)}}; a class's parts are called "Class",
        "Class 1", ...
    """
    if up not in ("y", "z"):
        raise ValueError(f"up must be y or z, got {up!r}")
    motions = {}
    file = read_npz(path)
    with reading(path):
        for key, points in file.items():
            if not key.endswith("/xyz"):
                continue
            trial = key.removesuffix("/xyz")
            if not (np.isfinite(points).all() and np.abs(points).max(initial=0) < 1e6):
                raise ValueError(f"{key} must be finite numbers in metres")
            points = map_joints(points, file["joint_names"], joint_map)
            if up == "y":
                points = points[..., [0, 2, 1]] * np.array([1, -1, 1])
            takes = motions.setdefault("S" + trial.split("_")[0], {})
            labels = file[f"{trial}/label"]
            if labels.shape != points.shape[:1]:
                raise ValueError(f"{key} has {len(points)} frames, its labels {labels.shape}")
            if labels.min(initial=0) < 0:
                raise ValueError(f"{trial} has the label {labels.min()}")
            cuts = np.flatnonzero(np.diff(labels)) + 1
            for first, part in zip([0, *cuts], np.split(points, cuts)):
                if len(part) >= shortest:
                    _add_take(takes, str(file["action_names"][labels[first]]), part)
    return motions


def synthetic_motion(actions: Sequence[str], people: int, *, seconds: float = 10,
                     seed: int = 0) -> Positions:
    """{"S1": {action: (n, 17, 3)}, ...} of made-up people, world metres.

    Args:
        actions: keys of `deephar.data.synthetic.MOTIONS`; see its docs.
        people: number of subjects.
    """
    if not seconds * FPS >= 1:
        raise ValueError(f"a take lasts a frame at least, {1 / FPS} s, got {seconds} s")
    return {f"S{i + 1}": {
        action: motion(action, make_person(seed, i),
                       np.random.default_rng([seed, i, j]), FPS, seconds)[:, H36M17] / 1000
        for j, action in enumerate(actions)} for i in range(people)}


def from_human36m(dataset: Human36M, mode: int) -> tuple[dict, dict]:
    """Poses and rig of a split of our Human3.6M data set, for `write_motion`.

    The annotations keep one frame in 5 (training) or 64 (validation).

    Returns:
        {subject: {take: (n, 17, 3)}} in world metres, and the cameras.
    """
    motions, rigs, sizes, seen = {}, {}, {}, set()
    for sequence in dataset.sequences[mode]:
        action, subject, take, view = map(
            int, SEQUENCE_NAME.match(sequence.name).groups())
        rigs.setdefault(f"S{subject}", {})[view] = sequence.camera
        sizes[view] = sequence.size
        if (action, subject, take) not in seen and len(sequence.frames):
            seen.add((action, subject, take))       # the world is the same in all views
            _add_take(motions.setdefault(f"S{subject}", {}),
                      str(dataset.action_labels[action - 1]),
                      sequence.pose_w[:, H36M17] / 1000)
    any_rig = {view: camera for rig in rigs.values() for view, camera in rig.items()}
    return motions, {
        "unit_translation": "mm",
        "cameras": [_intrinsics(str(view), sizes[view], any_rig[view])
                    for view in sorted(any_rig)],
        "subjects": {subject: [_place(rig.get(view)) for view in sorted(any_rig)]
                     for subject, rig in rigs.items()}}


def _add_take(takes: dict, label: str, poses: np.ndarray) -> None:
    """Under `label`, or under the first `label K` that is free."""
    count = sum(class_of(name) == label for name in takes)
    takes[f"{label} {count}" if count else label] = poses


def _intrinsics(name, size, camera) -> dict:
    return {"id": name, "res_w": size[0], "res_h": size[1],
            "center": camera.c.tolist(), "focal_length": camera.f.tolist(),
            "radial_distortion": camera.k.tolist(),
            "tangential_distortion": camera.p.tolist()}


def _place(camera) -> dict | None:
    """Orientation (w, x, y, z) and position of a camera; None: it is not there."""
    if camera is None:
        return None
    x, y, z, w = Rotation.from_matrix(camera.R.T).as_quat().tolist()
    return {"orientation": [w, x, y, z], "translation": camera.t.tolist()}
