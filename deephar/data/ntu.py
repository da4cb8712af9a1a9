"""NTU RGB+D: indoor videos with Kinect's joints, 60 actions."""
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from deephar.config import DataConfig
from deephar.data.clips import ActionVideos, VideoClip
from deephar.data.matfile import ADVICE, load_npy, npy_header
from deephar.utils.bbox import DEPTH_HALF_RANGE
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.places import Place, place
from deephar.utils.pose import PoseLayout, pa20j3d

NUM_NTU_JOINTS = 25
IMAGES, FRAME, ANNOTATION_FOLDER = "images-small", "{:05d}.jpg", "nturgb+d_numpy"
# Setup, camera, person (performer), repetition, action, each counted from 1.
SEQUENCE_NAME = re.compile(r"S(\d{3})C(\d{3})P(\d{3})R(\d{3})A(\d{3})")
TRAIN_PERSONS = frozenset((1, 2, 4, 5, 8, 9, 13, 14, 15, 16, 17, 18, 19, 25, 27, 28, 31,
                           34, 35, 38))
TRAIN_CAMERAS = frozenset((2, 3))
PICTURE_SIZE = (960, 540)       # half of what the coordinates are given in
ROW_STEP = 2                    # every second frame was kept
# Columns of a row: frame, 75 Kinect values, then x, y and depth of the joints.
X_COLUMN = 76


@dataclass(frozen=True)
class Sequence:
    """One video; its joints are read when they are needed."""
    name: str
    path: Path | Place

    @property
    def _fields(self) -> tuple[int, ...]:
        return tuple(int(v) for v in SEQUENCE_NAME.match(self.name).groups())

    @property
    def setup(self) -> int:
        return self._fields[0]

    @property
    def camera(self) -> int:
        return self._fields[1]

    @property
    def person(self) -> int:
        return self._fields[2]

    @property
    def action(self) -> int:
        """From 0."""
        return self._fields[4] - 1

    def __len__(self) -> int:
        return self._num_frames

    @cached_property
    def _num_frames(self) -> int:
        shape, dtype = npy_header(self.path)
        self._check(shape, dtype)
        return -(-shape[0] // ROW_STEP)

    def __str__(self) -> str:
        return f"NTU sequence {self.name}"

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Picture numbers (F,) and joints (F, 25, 3) in pixels and mm, NaN if missing."""
        rows = self._rows()
        if np.isinf(rows).any() or not np.isfinite(rows[:, 0]).all():
            raise ValueError(f"{self.path} holds infinities; prepare NTU again")
        if (rows[:, 0] < 0).any():
            raise ValueError(f"{self.path} holds pictures' numbers below 0; prepare NTU again")
        joints = rows[:, X_COLUMN:X_COLUMN + 3 * NUM_NTU_JOINTS].astype(float)
        joints = joints.reshape(-1, 3, NUM_NTU_JOINTS).transpose(0, 2, 1)
        missing = (joints[..., :2] == 0).all(axis=-1)
        joints[..., :2] /= 2
        joints[missing] = np.nan
        return rows[:, 0].astype(int), joints

    def _rows(self) -> np.ndarray:
        """The rows (F, 151) that are used."""
        rows = load_npy(self.path)
        self._check(rows.shape, rows.dtype)
        return rows[::ROW_STEP]

    def _check(self, shape: tuple[int, ...], dtype: np.dtype) -> None:
        if dtype.kind not in "fiu":
            raise ValueError(f"{self.path} needs numbers, got {dtype}; prepare NTU again")
        if len(shape) != 2 or shape[1] < X_COLUMN + 3 * NUM_NTU_JOINTS:
            raise ValueError(f"{self.path} needs rows of {X_COLUMN + 3 * NUM_NTU_JOINTS} "
                             f"numbers, got shape {shape}; prepare NTU again")


class Ntu(ActionVideos):
    """Clips or frames of NTU RGB+D.

    The window comes from, in this order: the `bbox` given to `get_data`, the
    annotated joints (`use_gt_bbox`), the whole picture.

    Args:
        dataset_path: folder with `images-small/` and `nturgb+d_numpy/`.
        dataconf: size and augmentation of the crops.
        poselayout: joints of the targets.
        topology: 'sequences' for clips, 'frames' for single pictures.
        use_gt_bbox: cut around the annotated joints.
        remove_outer_joints: as published, they are removed whatever it says.
        clip_size: frames of a clip.
        pose_only: no pictures are read, samples have no `frame`.
        num_S: setups 1 to `num_S` are used.
        eval_mode: 'cs' splits by person, 'cv' by camera.
        depth_by_scale: a larger window spans more depth, as published; otherwise
            all span the same.
    """

    action_set = "ntuaction"
    gives_bbox = False          # as published

    def __init__(self, dataset_path: str | os.PathLike, dataconf: DataConfig,
                 poselayout: PoseLayout = pa20j3d, topology: str = "sequences",
                 use_gt_bbox: bool = False, remove_outer_joints: bool = True,
                 clip_size: int = 16, pose_only: bool = False, num_S: int = 17, *,
                 eval_mode: str = "cs", depth_by_scale: bool = True):
        super().__init__(dataset_path, dataconf, poselayout, topology, use_gt_bbox,
                         clip_size, pose_only)
        if eval_mode not in ("cs", "cv"):
            raise ValueError("eval_mode must be 'cs' (cross-subject) or 'cv' (cross-view), "
                             f"got {eval_mode!r}")
        self.eval_mode = eval_mode
        self.depth_by_scale = depth_by_scale
        folder = place(dataset_path)
        self.images = folder / IMAGES
        self.sequences = {TEST_MODE: [], TRAIN_MODE: [], VALID_MODE: []}
        for sequence in _sequences(folder, num_S):
            is_train = (sequence.person in TRAIN_PERSONS if eval_mode == "cs"
                        else sequence.camera in TRAIN_CAMERAS)
            self.sequences[TRAIN_MODE if is_train else TEST_MODE].append(sequence)

    def _read(self, video, frame_list):
        numbers, joints = video.read()
        pose_px = joints[frame_list][:, list(self.poselayout.map_from_ntu)]
        folder = self.images / video.name
        return VideoClip([folder / FRAME.format(numbers[i]) for i in frame_list],
                         PICTURE_SIZE, pose_px,
                         (pose_px, np.isfinite(pose_px).all(axis=-1)))

    def _depth_range(self, pose_px, scale):
        """About the root joint of the clip, or about all joints without one."""
        depth = pose_px[..., 2]
        for candidates in (depth[:, 0], depth):
            known = candidates[np.isfinite(candidates)]
            if known.size:
                reach = DEPTH_HALF_RANGE * (scale if self.depth_by_scale else 1)
                return known.mean() - reach, known.mean() + reach
        return None


def _sequences(dataset_path: Path | Place, num_S: int) -> list[Sequence]:
    """The sequences of a folder by name, setups 1 to `num_S`."""
    folder = dataset_path / ANNOTATION_FOLDER
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: NTU's annotations are not here; {ADVICE}")
    paths: list[Any] = sorted(folder.glob("*.npy"))
    sequences = [Sequence(path.stem, path) for path in paths
                 if SEQUENCE_NAME.fullmatch(path.stem)]
    if not sequences:
        raise ValueError(f"{folder} has no file named like S001C001P001R001A001.npy; "
                         f"{ADVICE}")
    return [sequence for sequence in sequences if sequence.setup <= num_S]
