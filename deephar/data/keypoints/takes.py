"""Takes: what a camera saw of a person, and the pose if it is known, ready for lifting."""
import logging
from dataclasses import dataclass
from typing import Iterable, Mapping, Sequence

import numpy as np

from deephar.data import human36m
from deephar.data.keypoints.batches import Symmetry, kept_frames
from deephar.data.keypoints.cameras import CALIBRATION
from deephar.utils.rig import intrinsic_vector, normalize_pixels, world_to_camera

# Of the joints `deephar.utils.pose.H36M17`.
H36M17_PARENTS = (-1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 9, 8, 11, 12, 8, 14, 15)
H36M17_SYMMETRY = Symmetry((4, 5, 6, 11, 12, 13), (1, 2, 3, 14, 15, 16))
COCO17_SYMMETRY = Symmetry(tuple(range(1, 17, 2)), tuple(range(2, 17, 2)))
# As published: the MPII-16 files pair the left hip with the right ankle.
MPII16_AS_PUBLISHED = Symmetry((3, 4, 5, 13, 14, 15), (0, 1, 2, 10, 11, 12))
MPII16_SYMMETRY = Symmetry((5, 4, 3, 15, 14, 13), (0, 1, 2, 10, 11, 12))

TRAIN_SUBJECTS = tuple(f"S{number}" for number in human36m.TRAIN_SUBJECTS)
TEST_SUBJECTS = tuple(f"S{number}" for number in human36m.VALID_SUBJECTS)
FPS = 50

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Take:
    """One camera's view of a take, as networks want it.

    Attributes:
        subject, name, view: which one; `view` counts cameras from 0.
        keypoints: (n, J, F), normalised pixels (and scores).
        poses: (n, 17, 3) in metres, camera space: joint 0 is where the root
            is, the others are relative to it.  None: unknown.
        camera: (9,), see `deephar.utils.rig.intrinsic_vector`; None: unknown.
        size: (w, h) of the picture.
    """
    subject: str
    name: str
    view: int
    keypoints: np.ndarray
    poses: np.ndarray | None
    camera: np.ndarray | None
    size: tuple[int, int]

    @property
    def action(self) -> str:
        return class_of(self.name)

    def __str__(self) -> str:
        return f"{self.subject} {self.name}, camera {self.view}"


@dataclass(frozen=True)
class Keypoints:
    """The content of a 2D file: `positions[subject][take][camera]` and its joints."""
    positions: Mapping[str, Mapping[str, Sequence[np.ndarray | None]]]
    num_joints: int
    symmetry: Symmetry
    layout_name: str
    video_metadata: Mapping[str, Mapping[str, int]]


def class_of(take: str) -> str:
    """`Walking 1` -> `Walking`."""
    return take.split(" ")[0]


def is_selected(take: str, actions: Iterable[str], prefix: bool = False) -> bool:
    """Whether a take is of one of the actions.

    Args:
        take: for instance "Walking 1".
        actions: class names.
        prefix: as the published tool selects: "Sitting" takes SittingDown too.
    """
    if prefix:
        return any(take.startswith(action) for action in actions)
    return any(take in (action, f"{action} 1", f"{action} 2", f"{action} 3")
               for action in actions)


def load_takes(poses: Mapping[str, Mapping[str, np.ndarray]], keypoints: Keypoints,
               subjects: Sequence[str], *, actions: Sequence[str] = (),
               prefix: bool = False, cameras: Mapping = CALIBRATION,
               fraction: float = 1, stride: int = 1) -> list[Take]:
    """Key points and camera-space poses of subjects, view by view.

    Args:
        poses: from `deephar.data.keypoints.files.read_poses`.
        keypoints: from `files.read_keypoints`.
        subjects: for instance `TRAIN_SUBJECTS`.
        actions: classes to keep; empty keeps all.
        prefix: see `is_selected`.
        cameras: calibration of the rig.
        fraction, stride: see `kept_frames`.

    Raises:
        ValueError: something is missing or does not fit; says what.
    """
    known = sorted({class_of(t) for takes in poses.values() for t in takes})
    for action in actions:
        if not any(k.startswith(action) if prefix else k == action for k in known):
            raise ValueError(f"no take is of action {action!r}; known are {', '.join(known)}")
    loaded = []
    for subject in subjects:
        if subject not in poses:
            raise ValueError(f"no 3D poses of subject {subject}; "
                           f"there are {', '.join(poses)}")
        for take, world in poses[subject].items():
            if actions and not is_selected(take, actions, prefix):
                continue
            views = _views_of(keypoints, subject, take)
            rig = _rig_of(cameras, subject, len(views))
            loaded += [_take(subject, take, i, world, view, keypoints, camera, place,
                             kept_frames(len(world), fraction, stride))
                       for i, (view, camera, place) in enumerate(zip(views, *rig))
                       if view is not None]
    return loaded


def load_videos(keypoints: Keypoints) -> list[Take]:
    """The takes of a custom file: key points without poses or cameras."""
    takes = []
    for video, parts in keypoints.positions.items():
        if video not in keypoints.video_metadata:
            raise ValueError(f"the metadata have no width and height of video {video}")
        size = tuple(int(keypoints.video_metadata[video][k]) for k in ("w", "h"))
        for name, views in parts.items():
            for view, points in enumerate(views):
                _check_keypoints(points, keypoints.num_joints, f"{video} {name}")
                takes.append(Take(video, name, view, _normalised(points, *size),
                                  None, None, size))
    return takes


def root_relative(poses: np.ndarray) -> np.ndarray:
    """A take's poses with the root at 0 instead of at its place."""
    poses = np.array(poses)
    poses[:, 0] = 0
    return poses


def fill_missing(points: np.ndarray) -> np.ndarray:
    """(T, J, D) with NaN filled in, linearly in time, coordinate by coordinate.

    Raises:
        ValueError: a coordinate is missing in every frame.
    """
    points = np.asarray(points)
    columns = points.reshape(len(points), -1).copy()
    time = np.arange(len(points))
    for column in columns.T:
        known = np.isfinite(column)
        if not known.any():
            raise ValueError("a key point is missing in every frame: nothing to fill from")
        column[~known] = np.interp(time[~known], time[known], column[known])
    return columns.reshape(points.shape)


def at_times(wanted: np.ndarray, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Values (n, ...) at `times` (n,), interpolated to the times wanted (m,)."""
    columns = np.reshape(values, (len(values), -1)).T
    found = np.stack([np.interp(wanted, times, column) for column in columns], axis=-1)
    return found.reshape(len(wanted), *np.shape(values)[1:])


def _views_of(keypoints, subject, take) -> Sequence[np.ndarray | None]:
    if subject not in keypoints.positions:
        raise ValueError(f"no 2D key points of subject {subject}; there are "
                       f"{', '.join(keypoints.positions)}")
    if take not in keypoints.positions[subject]:
        raise ValueError(f"no 2D key points of take {take!r} of {subject}; there are "
                       f"{', '.join(keypoints.positions[subject])}")
    views = keypoints.positions[subject][take]
    for i, view in enumerate(views):
        if view is None:
            log.warning("%s %s: camera %d has no key points and is left out.",
                        subject, take, i)
    return views


def _rig_of(cameras, subject, count) -> tuple[list, list]:
    """(intrinsics, places) of `count` cameras."""
    if subject not in cameras["subjects"]:
        raise ValueError(f"no calibration of the cameras of {subject}; there is one for "
                       f"{', '.join(cameras['subjects'])}: pass cameras= (--cameras)")
    intrinsics, places = cameras["cameras"], cameras["subjects"][subject]
    if min(len(intrinsics), len(places)) != count:
        raise ValueError(f"{subject} has key points of {count} cameras, and "
                         f"{min(len(intrinsics), len(places))} are calibrated")
    return intrinsics, places


def _take(subject, name, view, world, points, keypoints, camera, place, kept) -> Take:
    where = f"{subject} {name}, camera {view}"
    _check_keypoints(points, keypoints.num_joints, where)
    if len(points) < len(world):
        raise ValueError(f"{where}: {len(world)} poses and only {len(points)} frames "
                         "of key points")
    if not np.isfinite(world).all():
        raise ValueError(f"{where}: a 3D pose holds NaN")
    size = (camera["res_w"], camera["res_h"])
    poses = world_to_camera(world, place["orientation"],
                            np.array(place["translation"]) / 1000)
    poses[:, 1:] -= poses[:, :1]
    return Take(subject, name, view, _normalised(points[:len(world)][kept], *size),
                poses[kept].astype(np.float32),
                intrinsic_vector(camera).astype(np.float32), size)


def _check_keypoints(points, num_joints, where) -> None:
    if points.ndim != 3 or points.shape[1] != num_joints or points.shape[2] not in (2, 3):
        raise ValueError(f"{where}: key points must be (n, {num_joints}, 2 or 3), "
                         f"got {points.shape}")
    bad = ~np.isfinite(points).all(axis=(1, 2))
    if bad.any():
        raise ValueError(
            f"{where}: the key points of {bad.sum()} frames hold NaN, frame "
            f"{bad.argmax()} is the first; fill_missing interpolates them")


def _normalised(points, width, height) -> np.ndarray:
    xy = normalize_pixels(points[..., :2], width, height)
    return np.concatenate([xy, points[..., 2:]], -1).astype(np.float32)
