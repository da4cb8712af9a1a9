"""The public key-point files of Human3.6M: read, written, and a folder of them as one thing.

    data_3d_h36m.npz         positions_3d  {subject: {take: (n, 32, 3)}}, metres, world
    data_2d_h36m_NAME.npz    positions_2d  {subject: {take: [(m, J, 2) per camera]}}, pixels
                             metadata      layout_name, num_joints, keypoints_symmetry
    data_2d_custom_NAME.npz  the same for videos: {video: {"custom": [(n, 17, 2)]}},
                             metadata["video_metadata"][video] = {"w", "h"}

The files hold pickled dictionaries.  Unpickling runs code that the file
chooses, so that nothing is read before the caller says `allow_pickle=True`.
"""
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

import numpy as np

from deephar.data.keypoints.batches import Symmetry
from deephar.data.keypoints.cameras import CALIBRATION
from deephar.data.keypoints.sources import Positions, synthetic_motion
from deephar.data.keypoints.takes import (
    COCO17_SYMMETRY, H36M17_SYMMETRY, MPII16_AS_PUBLISHED, MPII16_SYMMETRY, Keypoints, Take,
    load_takes)
from deephar.data.labels import H36M_COLUMNS
from deephar.utils.files import atomic_path, read_json, write_json
from deephar.utils.pose import H36M17, PoseLayout
from deephar.utils.reading import names_in, numbers_of, read_npz, reading
from deephar.utils.rig import intrinsic_vector, project, to_pixels, world_to_camera

LARGEST = 1e6                   # of a coordinate, in any unit
INTRINSICS = {"center": (2,), "focal_length": (2,), "radial_distortion": (3,),
              "tangential_distortion": (2,), "res_w": (), "res_h": ()}
POSITIVE = ("focal_length", "res_w", "res_h")
SYNTHETIC = Path("datasets") / "synthetic-keypoints"


# === Reading ===

def read_keypoints(path: str | os.PathLike, *, allow_pickle: bool = False,
                   fix_symmetry: bool = False) -> Keypoints:
    """Read a `data_2d_*.npz` file.

    Args:
        path: of the file.
        allow_pickle: the caller trusts the file.
        fix_symmetry: give MPII-16 files the anatomical pairs; published numbers
            used the pairs in the files.
    """
    positions, metadata = _read_objects(path, ("positions_2d", "metadata"), allow_pickle)
    with reading(path):
        joints = int(metadata["num_joints"])
        left, right = (tuple(map(int, side)) for side in metadata["keypoints_symmetry"])
        if not (len(left) == len(right) and all(0 <= j < joints for j in left + right)):
            raise ValueError(f"{left} and {right} are no pairs of {joints} joints")
        symmetry = Symmetry(left, right)
        if fix_symmetry and symmetry == MPII16_AS_PUBLISHED:
            symmetry = MPII16_SYMMETRY
        for subject, takes in positions.items():
            for take, views in takes.items():
                for view in views:
                    if view is not None:
                        _check_points(view, (joints,), (2, 3), f"{subject} {take}: key points")
        sizes = {video: {side: int(size[side]) for side in ("w", "h")}
                 for video, size in metadata.get("video_metadata", {}).items()}
        if min((side for size in sizes.values() for side in size.values()), default=1) < 1:
            raise ValueError(f"a video has the size {sizes}")
        return Keypoints(positions, joints, symmetry,
                         str(metadata.get("layout_name", "unknown")), sizes)


def read_poses(path: str | os.PathLike, *, allow_pickle: bool = False
               ) -> dict[str, dict[str, np.ndarray]]:
    """Read a `data_3d_*.npz` file: {subject: {take: (n, 17, 3)}}, world metres."""
    content, = _read_objects(path, ("positions_3d",), allow_pickle)
    with reading(path):
        return {subject: {take: _h36m17(array, f"{path}: {subject} {take}")
                          for take, array in takes.items()}
                for subject, takes in content.items()}


def read_cameras(path: str | os.PathLike | None = None) -> dict:
    """Calibration from a JSON file of the structure of `CALIBRATION`, or that table."""
    if path is None:
        return CALIBRATION
    cameras = read_json(path)
    with reading(path):
        for camera in cameras["cameras"]:
            for name, size in INTRINSICS.items():
                found = numbers_of(camera[name], size, name)
                if not (np.abs(found) < LARGEST).all() or (
                        name in POSITIVE and (found <= 0).any()):
                    raise ValueError(f"no camera has {name} {camera[name]}")
        for name, places in cameras["subjects"].items():
            for place in filter(None, places):
                turned = numbers_of(place["orientation"], (4,), f"{name}: orientation")
                moved = numbers_of(place["translation"], (3,), f"{name}: translation")
                if abs(np.linalg.norm(turned) - 1) > 1e-3 or np.abs(moved).max() > LARGEST:
                    raise ValueError(f"{name}: an orientation is a quaternion of length 1 and "
                                     f"a translation in mm, got {turned} and {moved}")
    return cameras


def _read_objects(path, keys: Sequence[str], allow_pickle: bool) -> list:
    if not allow_pickle:
        raise ValueError(
            f"{path} holds pickled objects, and reading those runs code that the file "
            "chooses: do it for files of your own or of people you trust only, with "
            "allow_pickle=True (--allow-pickle)")
    found = read_npz(path, lambda name: name in keys, pickled=True)
    for key in keys:
        if np.shape(found.get(key)) != () or key not in found:
            raise ValueError(f"{path} has no {key}; it has {', '.join(names_in(path))}")
    return [found[key].item() for key in keys]


def _check_points(array, joints: Sequence[int], dims: Sequence[int], where: str) -> None:
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
        raise ValueError(f"{where} must be an array of numbers, got {str(array)[:100]}")
    if array.ndim != 3 or array.shape[1] not in joints or array.shape[2] not in dims:
        shapes = [f"(n, {j}, {' or '.join(map(str, dims))})" for j in joints]
        raise ValueError(f"{where} must be {' or '.join(shapes)}, got {array.shape}")
    if array.size and np.nanmax(np.abs(array), initial=0) > LARGEST:
        raise ValueError(f"{where} reach {np.nanmax(np.abs(array))}")


def _h36m17(array: np.ndarray, where: str) -> np.ndarray:
    _check_points(array, (32, 17), (3,), f"{where}: poses")
    return array[:, list(H36M17)] if array.shape[1] == 32 else array


# === Writing ===

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
        points, options = layout.to_h36m17(points), {}
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
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **{k: np.array(v, dtype=object) for k, v in objects.items()})


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


# === A folder of files ===

@dataclass(frozen=True)
class KeypointSet:
    """Poses, key points and cameras of a folder, ready for `takes`."""
    name: str
    poses: Positions
    keypoints: Keypoints
    cameras: Mapping
    files: str                  # where they came from, in words

    def takes(self, subjects: Sequence[str], **options) -> list[Take]:
        """See `deephar.data.keypoints.takes.load_takes`."""
        try:
            return load_takes(self.poses, self.keypoints, subjects, cameras=self.cameras,
                              **options)
        except ValueError as error:
            raise ValueError(f"{self.files}: {error}") from error


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
            people = synthetic_motion(H36M_COLUMNS, len(CALIBRATION["subjects"]))
            write_motion(folder, dict(zip(CALIBRATION["subjects"], people.values())),
                         CALIBRATION)
        name = "gt"
    poses, points = folder / "data_3d_h36m.npz", folder / f"data_2d_h36m_{name}.npz"
    for path in (poses, points):
        if not path.exists() and not path.is_symlink():
            there = sorted(p.name for p in folder.glob("data_*.npz"))
            raise FileNotFoundError(f"{path} is not there; {folder} has {there}; see "
                                    "docs/lifting.md for the files, or pass synthetic")
    rig = Path(cameras or folder / "cameras.json")
    return KeypointSet(
        "gt, synthetic" if folder == SYNTHETIC else name,
        read_poses(poses, allow_pickle=allow_pickle),
        read_keypoints(points, allow_pickle=allow_pickle, fix_symmetry=fix_symmetry),
        read_cameras(rig if cameras or rig.exists() else None),
        f"{points} with {poses} and {rig}")
