"""People in space over time, from results and from every 3D file that is written here.

    predictions (.json, .npz)       `lifted` with `place`, or `joints_mm`
    labels of `deephar label3d`     NAME/poses (N, 17, 3), mm
    poses of eval_videopose3d.py    VIDEO/NAME/CAMERA (N, 17, 3), metres

Animation programs get BVH files.
"""
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Mapping, Sequence

import numpy as np

from deephar.data.bvh import parents_of, write_bvh
from deephar.data.keypoints.takes import FPS, at_times
from deephar.inference.results import SCHEMA, FrameResult
from deephar.utils.files import read_json
from deephar.utils.pose import H36M17_NAMES, POSE_LAYOUTS, PoseLayout, pa17j3d
from deephar.utils.reading import numbers_of, read_npz, reading

APART = 1.2                     # metres between people whose places are not known
LARGEST, LONGEST = 1000.0, 1e7  # metres, seconds
MOST_PEOPLE = 50                # of a motion; those who are seen longest


@dataclass(frozen=True)
class Motion3D:
    """People in space over time.

    Attributes:
        joint_names: of the J joints.
        people: {number: (T, J, 3)}, metres, x right, y down, z away; NaN where one
            is not known.
        times: (T,), seconds.
        frames: (T,), their numbers in the video, rising.
        placed: whether they stand where they are before the camera; else the first
            joint is the origin.
    """
    joint_names: tuple[str, ...]
    people: Mapping[int, np.ndarray]
    times: np.ndarray
    frames: np.ndarray
    placed: bool

    @property
    def step(self) -> float:
        """Seconds from one frame to the next; those of a damaged file may be none."""
        steps = np.diff(self.times)
        return float(np.median(steps[steps > 0])) if (steps > 0).any() else 1 / FPS

    def drawable(self) -> tuple[PoseLayout, dict[int, np.ndarray]]:
        """A layout with bones and everybody's joints in it; nobody stands in another."""
        layout, points = _layout_of(self.joint_names), dict(self.people)
        if self.joint_names == H36M17_NAMES:
            points = {id: layout.from_h36m17(p) for id, p in points.items()}
        if not self.placed:
            middle = (len(points) - 1) / 2
            points = {id: p + [APART * (i - middle), 0, 0]
                      for i, (id, p) in enumerate(sorted(points.items()))}
        return layout, points


def _layout_of(names: Sequence[str]) -> PoseLayout:
    if tuple(names) == H36M17_NAMES:
        return pa17j3d
    for layout in POSE_LAYOUTS.values():
        if layout.dim == 3 and layout.joint_names == tuple(names):
            return layout
    raise ValueError(f"no layout has the joints {', '.join(names)}")


def motion_of(results: Iterable[FrameResult], layout: PoseLayout) -> Motion3D | None:
    """The lifted people of results, else those of `joints_mm`; None: there are none."""
    rows = [(result.index, result.time, person) for result in results
            for person in result.people]
    names = H36M17_NAMES
    found = [(i, time, p.id, p.lifted, p.place) for i, time, p in rows
             if p.lifted is not None]
    if not found:
        names = layout.joint_names
        found = [(i, time, p.id, p.joints_mm / 1000, None) for i, time, p in rows
                 if p.joints_mm is not None]
    return _of_rows(names, *zip(*found)) if found else None


def _of_rows(names, frames, times, ids, poses, places, fps: float = FPS) -> Motion3D:
    """A motion of rows (frame, time, number, pose, place or None)."""
    known, rows = np.unique(np.asarray(frames, int), return_index=True)
    seconds = np.array([np.nan if t is None else t for t in times], np.float64)[rows]
    if not (np.isfinite(seconds).all() and (np.diff(seconds) >= 0).all()
            and np.abs(seconds).max() < LONGEST):
        seconds = known / fps
    row_of = {frame: row for row, frame in enumerate(known.tolist())}
    numbers, counts = np.unique(np.asarray(ids, int), return_counts=True)
    kept = set(numbers[np.argsort(-counts, kind="stable")[:MOST_PEOPLE]].tolist())
    people: dict[int, np.ndarray] = {}
    placed = all(place is not None and np.isfinite(place).all() for place in places)
    for frame, id, pose, place in zip(frames, ids, poses, places):
        if int(id) not in kept:
            continue
        own = people.setdefault(int(id), np.full((len(known), len(names), 3), np.nan))
        own[row_of[int(frame)]] = np.asarray(pose) + (np.asarray(place) if placed else 0)
    return Motion3D(tuple(names), people, seconds, known, placed)


def save_bvh(path: str | Path, results: Iterable[FrameResult], layout: PoseLayout
             ) -> list[Path]:
    """Write everybody's motion for animation programs; of several as PATH-NUMBER.

    From the first to the last frame that somebody is seen in, evenly in time.

    Raises:
        ValueError: nobody stands in space.
    """
    motion = motion_of(results, layout)
    if motion is None:
        raise ValueError("a BVH file needs poses in space, and no frame has one: --lift "
                         "them, or take a network of 3D poses")
    path, files, step = Path(path), [], motion.step
    for id, points in motion.people.items():
        seen = np.isfinite(points).all(axis=(1, 2))
        times = motion.times[seen]
        even = times[0] + step * np.arange(int((times[-1] - times[0]) / step + 1.5))
        files.append(path if len(motion.people) == 1 else
                     path.with_name(f"{path.stem}-{id}{path.suffix}"))
        write_bvh(files[-1], motion.joint_names, parents_of(motion.joint_names, layout),
                  at_times(even, times, points[seen]), 1 / step)
    return files


# === Files ===

def read_motions(path: str | Path, fps: float = FPS) -> dict[str, Motion3D]:
    """The motions of a file by their names.

    Args:
        fps: of what has no times.

    Raises:
        ValueError: it holds no 3D poses; says what to do.
    """
    path = Path(path)
    if path.suffix.lower() == ".json":
        motions = _of_json(path, fps)
    else:
        arrays = read_npz(path)
        with reading(path):
            motions = (_of_table if "joint_names" in arrays else _of_arrays)(
                path, arrays, fps)
    for name, motion in motions.items():
        for points in motion.people.values():
            if np.nanmax(np.abs(points), initial=0) > LARGEST:
                raise ValueError(f"{path}: {name} reaches {np.nanmax(np.abs(points)):.0f} m")
    if not motions:
        raise ValueError(f"{path} holds no 3D poses: make some with `deephar predict VIDEO "
                         "--lift RUN`, a network of 3D poses, or `deephar label3d`")
    return motions


def _of_json(path: Path, fps: float) -> dict[str, Motion3D]:
    content = read_json(path)
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise ValueError(f"{path} is no file of `deephar predict` ({SCHEMA})")
    with reading(path):
        rows = [(frame["index"], frame["time"], person) for frame in content["frames"]
                for person in frame["people"]]
        for key, names, scale in (("lifted", H36M17_NAMES, 1.0),
                                  ("joints_mm", content["joints"], 1e-3)):
            found = [(index, time, person["id"],
                      scale * numbers_of(person[key], (len(names), 3), key),
                      None if key != "lifted" or person["place"] is None
                      else numbers_of(person["place"], (3,), "place"))
                     for index, time, person in rows if person.get(key) is not None]
            if found:
                return {path.stem: _of_rows(names, *zip(*found), fps=fps)}
    return {}


def _of_table(path: Path, arrays: Mapping, fps: float) -> dict[str, Motion3D]:
    """Of `--save-npz`: a row per person and frame."""
    for key, names, scale in (("lifted", H36M17_NAMES, 1.0),
                              ("joints_mm", arrays["joint_names"].tolist(), 1e-3)):
        poses = np.asarray(arrays.get(key, np.zeros((0, 0, 3))), np.float64)
        known = np.isfinite(poses).all(axis=(1, 2)).nonzero()[0]
        if not len(known):
            continue
        if poses.shape[1:] != (len(names), 3):
            raise ValueError(f"{key} must be (N, {len(names)}, 3), got {poses.shape}")
        for column in ("frame", "time", "person"):
            if arrays[column].shape != poses.shape[:1]:
                raise ValueError(f"{column} must be ({len(poses)},), one for every pose, "
                                 f"got {arrays[column].shape}")
        places = arrays["place"][known] if key == "lifted" else [None] * len(known)
        return {path.stem: _of_rows(names, *(arrays[k][known] for k in (
            "frame", "time", "person")), scale * poses[known], places, fps)}
    return {}


def _of_arrays(path: Path, arrays: Mapping, fps: float) -> dict[str, Motion3D]:
    """Labels in millimetres, or an array of metres for every sequence."""
    labels = {name.removesuffix("/poses"): array / 1000 for name, array in arrays.items()
              if name.endswith("/poses")}
    motions = {}
    for name, poses in (labels or arrays).items():
        if poses.dtype.kind == "f" and poses.shape[1:] == (17, 3) and len(poses):
            motions[name] = Motion3D(H36M17_NAMES, {0: poses.astype(np.float64)},
                                     np.arange(len(poses)) / fps, np.arange(len(poses)),
                                     False)
    return motions
