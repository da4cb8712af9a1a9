"""Writers of the key-point files, and a folder of them as one thing.

What they write is what `deephar.data.keypoints.takes` reads: the public
layout, and `cameras.json` with the rig.
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
    COCO17_SYMMETRY, H36M17_SYMMETRY, Keypoints, Take, load_takes, read_cameras, read_keypoints, read_poses)
from deephar.data.labels import H36M_COLUMNS
from deephar.utils.files import atomic_path, write_json
from deephar.utils.pose import H36M17, PoseLayout
from deephar.utils.rig import intrinsic_vector, project, to_pixels, world_to_camera

SYNTHETIC = Path("datasets") / "synthetic-keypoints"


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
    with atomic_path(path) as temporary:
        np.savez_compressed(temporary, **{k: np.array(v, dtype=object)
                                          for k, v in objects.items()})


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

    def takes(self, subjects: Sequence[str], **options) -> list[Take]:
        """See `deephar.data.keypoints.takes.load_takes`."""
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
            people = synthetic_motion(H36M_COLUMNS, len(CALIBRATION["subjects"]))
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
        "gt, synthetic" if folder == SYNTHETIC else name,
        read_poses(poses, allow_pickle=allow_pickle),
        read_keypoints(points, allow_pickle=allow_pickle, fix_symmetry=fix_symmetry),
        read_cameras(rig if cameras or rig.exists() else None))
