"""Writers of the key-point files: from motions, from Human3.6M, from predictions.

What they write is what `deephar.data.h36m_keypoints` reads: the public
layout, and `cameras.json` with the rig.
"""
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np
from scipy.spatial.transform import Rotation

from deephar.data.h36m_cameras import CALIBRATION
from deephar.data.h36m_keypoints import (
    CLASSES, COCO17_SYMMETRY, H36M17, H36M17_SYMMETRY, Keypoints, Take, load_takes,
    read_cameras, read_keypoints, read_poses)
from deephar.data.human36m import SEQUENCE_NAME, Human36M
from deephar.data.keypoint_batches import Symmetry
from deephar.data.synthetic import make_person, motion
from deephar.utils.files import atomic_path, write_json
from deephar.utils.pose import PoseLayout
from deephar.utils.rig import intrinsic_vector, project, to_pixels, world_to_camera

Positions = Mapping[str, Mapping[str, np.ndarray]]     # {subject: {take: array}}

SYNTHETIC = Path("datasets") / "synthetic-keypoints"

# For each of the 17 joints the joints of another skeleton whose mean it is.
CMU31 = (
    ("root",), ("rhipjoint_end",), ("rfemur_end",), ("rtibia_end",),
    ("lhipjoint_end",), ("lfemur_end",), ("ltibia_end",),
    ("upperback_end",), ("thorax_end",), ("upperneck_end",), ("head_end",),
    ("lclavicle_end",), ("lhumerus_end",), ("lwrist_end",),
    ("rclavicle_end",), ("rhumerus_end",), ("rwrist_end",))
# Our layouts' thorax is Human3.6M's joint 12, their neck its joint 13.
POSE_LAYOUT = (
    ("pelvis",), ("r_hip",), ("r_knee",), ("r_ankle",), ("l_hip",), ("l_knee",),
    ("l_ankle",), ("thorax",), ("neck",), ("neck", "head"), ("head",),
    ("l_shoulder",), ("l_elbow",), ("l_wrist",), ("r_shoulder",), ("r_elbow",),
    ("r_wrist",))


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
    points = np.asarray(points)
    return np.stack([points[..., [names.index(n) for n in entry], :].mean(-2)
                     for entry in joint_map], axis=-2)


def from_layout(poses: np.ndarray, layout: PoseLayout) -> np.ndarray:
    """Poses (..., J, D) of one of our layouts to the 17 joints."""
    return map_joints(poses, layout.joint_names, POSE_LAYOUT)


# === Files ===

def write_keypoints(path: str | os.PathLike,
                    positions: Mapping[str, Mapping[str, Sequence[np.ndarray | None]]],
                    *, symmetry: Symmetry = H36M17_SYMMETRY, layout_name: str = "h36m",
                    video_metadata: Mapping[str, Mapping[str, int]] | None = None) -> None:
    """Write a 2D file of the public layout.

    Args:
        path: `data_2d_h36m_NAME.npz`, or `data_2d_custom_NAME.npz` for videos.
        positions: {subject: {take: [(n, J, 2 or 3) per camera]}} in pixels; for
            videos {video: {"custom": [(n, 17, 2)]}}.
        symmetry: pairs of left and right joints.
        layout_name: of the joints.
        video_metadata: {video: {"w": width, "h": height}} of a custom file.
    """
    arrays = [a for takes in positions.values() for views in takes.values()
              for a in views if a is not None]
    joints = {a.shape[1] for a in arrays}
    if len(joints) != 1:
        raise ValueError(f"all key points of a file have one number of joints, got "
                         f"{sorted(joints)}")
    metadata = {"layout_name": layout_name, "num_joints": joints.pop(),
                "keypoints_symmetry": [list(symmetry.left), list(symmetry.right)]}
    if video_metadata is not None:
        metadata["video_metadata"] = {k: dict(v) for k, v in video_metadata.items()}
    content = {s: {t: [None if a is None else np.asarray(a, np.float32) for a in views]
                   for t, views in takes.items()} for s, takes in positions.items()}
    _write(path, positions_2d=content, metadata=metadata)


def write_video_keypoints(path: str | os.PathLike, video: str, keypoints: np.ndarray,
                          size: tuple[int, int], layout: PoseLayout | None = None) -> None:
    """Write one video's key points as a custom file.

    Args:
        keypoints: (n, J, 2) pixels of `layout`, or (n, 17, 2) in COCO order.
        size: (w, h) of the video.
        layout: one of ours; its poses are written as the 17 joints of Human3.6M.
    """
    points = np.asarray(keypoints)
    options = {"symmetry": COCO17_SYMMETRY, "layout_name": "coco"}
    if layout is not None:
        points, options = from_layout(points, layout), {}
    write_keypoints(path, {video: {"custom": [points]}},
                    video_metadata={video: {"w": int(size[0]), "h": int(size[1])}}, **options)


def write_poses(path: str | os.PathLike, positions: Positions) -> None:
    """Write a 3D file: world metres, (n, 17, 3) in their places among the 32 joints."""
    def placed(array):
        if array.shape[1] == 32:
            return np.asarray(array, np.float32)
        full = np.zeros((len(array), 32, 3), np.float32)
        full[:, H36M17] = array
        return full

    _write(path, positions_3d={s: {t: placed(a) for t, a in takes.items()}
                               for s, takes in positions.items()})


def _write(path, **objects) -> None:
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, **{k: np.array(v, dtype=object)
                                          for k, v in objects.items()})


# === A folder of files ===

@dataclass(frozen=True)
class KeypointSet:
    """Poses, key points and cameras of a folder, ready for `takes`."""
    poses: Positions
    keypoints: Keypoints
    cameras: Mapping

    def takes(self, subjects: Sequence[str], **options) -> list[Take]:
        """See `deephar.data.h36m_keypoints.load_takes`."""
        return load_takes(self.poses, self.keypoints, subjects, cameras=self.cameras,
                          **options)


def open_set(data: str | os.PathLike, name: str, *, cameras: str = "",
             allow_pickle: bool = False, fix_symmetry: bool = False) -> KeypointSet:
    """The key-point files of a folder.

    Args:
        data: a folder with data_3d_h36m.npz and data_2d_h36m_NAME.npz, or
            "synthetic": people who are made up once, in
            datasets/synthetic-keypoints below the current folder.
        name: of the 2D file.
        cameras: JSON file of the rig; empty takes cameras.json of the folder
            if it is there, else the calibration of Human3.6M.
        allow_pickle: the caller trusts the files.
        fix_symmetry: see `read_keypoints`.
    """
    folder = Path(data)
    if str(data) == "synthetic":
        folder, allow_pickle = SYNTHETIC, True
        if not (folder / "cameras.json").exists():      # written last
            people = synthetic_motion(CLASSES, len(CALIBRATION["subjects"]))
            write_motion(folder, dict(zip(CALIBRATION["subjects"], people.values())),
                         CALIBRATION)
        name = "gt"
    poses, points = folder / "data_3d_h36m.npz", folder / f"data_2d_h36m_{name}.npz"
    for path in (poses, points):
        if not path.exists():
            there = sorted(p.name for p in folder.glob("data_*.npz"))
            raise FileNotFoundError(f"{path} is not there; {folder} has {there}; see "
                                    "docs/lifting.md for the files, or pass synthetic")
    rig = cameras or folder / "cameras.json"
    return KeypointSet(
        read_poses(poses, allow_pickle=allow_pickle),
        read_keypoints(points, allow_pickle=allow_pickle, fix_symmetry=fix_symmetry),
        read_cameras(rig if cameras or rig.exists() else None))


# === Sources ===

def rig_for(subjects: Sequence[str], like: Sequence[str] = ("S1",)) -> dict:
    """Virtual cameras for new subjects, where those of Human3.6M's subjects stand.

    Args:
        subjects: of the new data.
        like: Human3.6M subjects, taken in turn.
    """
    return {**CALIBRATION, "subjects": {
        subject: CALIBRATION["subjects"][like[i % len(like)]]
        for i, subject in enumerate(subjects)}}


def write_motion(folder: str | os.PathLike, positions: Positions, cameras: Mapping, *,
                 name: str = "gt", noise_px: float = 0, seed: int = 0) -> None:
    """Write the files of a motion that virtual cameras look at.

    Args:
        folder: gets data_3d_h36m.npz, data_2d_h36m_NAME.npz and cameras.json.
        positions: {subject: {take: (n, 17, 3)}}, world metres, z up.
        cameras: of every subject, see `rig_for`; a place of None gives no view.
        name: of the 2D file.
        noise_px: standard deviation of an error of every key point.
    """
    rng = np.random.default_rng(seed)

    def see(world, view, place):
        if place is None:
            return None
        seen = world_to_camera(world, place["orientation"],
                               np.array(place["translation"]) / 1000)
        if (seen[..., 2] <= 0).any():
            raise ValueError("the motion passes behind a camera: move it near the origin")
        vector = np.broadcast_to(intrinsic_vector(view), (len(seen), 9))
        pixels = to_pixels(project(seen, vector), view["res_w"], view["res_h"])
        return pixels + rng.normal(0, noise_px, pixels.shape) if noise_px else pixels

    keypoints = {
        subject: {take: [see(world, *pair) for pair in zip(
            cameras["cameras"], cameras["subjects"][subject])]
            for take, world in takes.items()} for subject, takes in positions.items()}
    folder = Path(folder)
    write_poses(folder / "data_3d_h36m.npz", positions)
    write_keypoints(folder / f"data_2d_h36m_{name}.npz", keypoints)
    write_json(folder / "cameras.json", cameras)


def read_motion(path: str | os.PathLike,
                joint_map: Sequence[Sequence[str]] = CMU31, *, up: str = "y",
                shortest: int = 10) -> dict[str, dict[str, np.ndarray]]:
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
    with np.load(path) as file:         # no pickles in here
        for key in file.files:
            if not key.endswith("/xyz"):
                continue
            trial = key.removesuffix("/xyz")
            points = map_joints(file[key], file["joint_names"], joint_map)
            if up == "y":
                points = points[..., [0, 2, 1]] * np.array([1, -1, 1])
            takes = motions.setdefault("S" + trial.split("_")[0], {})
            labels = file[f"{trial}/label"]
            cuts = np.flatnonzero(np.diff(labels)) + 1
            for first, part in zip([0, *cuts], np.split(points, cuts)):
                if len(part) >= shortest:
                    _add_take(takes, str(file["action_names"][labels[first]]), part)
    return motions


def synthetic_motion(actions: Sequence[str], people: int, *, seconds: float = 10,
                     fps: float = 50, seed: int = 0) -> dict[str, dict[str, np.ndarray]]:
    """{"S1": {action: (n, 17, 3)}, ...} of made-up people, world metres.

    Args:
        actions: keys of `deephar.data.synthetic.MOTIONS`; see its docs.
        people: number of subjects.
    """
    return {f"S{i + 1}": {
        action: motion(action, make_person(seed, i),
                       np.random.default_rng([seed, i, j]), fps, seconds)[:, H36M17] / 1000
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
    count = sum(name.split(" ")[0] == label for name in takes)
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
