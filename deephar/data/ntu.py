"""NTU RGB+D: indoor videos with Kinect's joints, 60 actions."""
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from deephar.config import DataConfig
from deephar.data.clips import VideoDataset, choose_augmentation
from deephar.data.crops import checked_box, crop_box, pose_targets
from deephar.data.labels import ACTION_SETS, one_hot_actions
from deephar.data.matfile import ADVICE, load_npy
from deephar.utils.bbox import DEPTH_HALF_RANGE, get_gt_bbox, whole_image_bbox
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
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
    path: Path

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
        return len(self._rows(mmap_mode="r"))       # what the header says

    def __str__(self) -> str:
        return f"NTU sequence {self.name}"

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Picture numbers (F,) and joints (F, 25, 3) in pixels and mm, NaN if missing."""
        rows = self._rows()
        joints = rows[:, X_COLUMN:X_COLUMN + 3 * NUM_NTU_JOINTS].astype(float)
        joints = joints.reshape(-1, 3, NUM_NTU_JOINTS).transpose(0, 2, 1)
        missing = (joints[..., :2] == 0).all(axis=-1)
        joints[..., :2] /= 2
        joints[missing] = np.nan
        return rows[:, 0].astype(int), joints

    def _rows(self, mmap_mode: str | None = None) -> np.ndarray:
        """The rows (F, 151) that are used."""
        rows = load_npy(self.path, mmap_mode)
        if rows.ndim != 2 or rows.shape[1] < X_COLUMN + 3 * NUM_NTU_JOINTS:
            raise ValueError(f"{self.path} needs rows of {X_COLUMN + 3 * NUM_NTU_JOINTS} "
                             f"numbers, got shape {rows.shape}; prepare NTU again")
        return rows[::ROW_STEP]


class Ntu(VideoDataset):
    """Clips or frames of NTU RGB+D.

    The window comes from, in this order: the `bbox` given to `get_data`, the
    annotated joints (`use_gt_bbox`), the whole picture.

    Args:
        dataset_path: folder with `images-small/` and `nturgb+d_numpy/`.
        dataconf: size and augmentation of the crops.
        poselayout: joints of the targets.
        topology: 'sequences' for clips, 'frames' for single pictures.
        use_gt_bbox: cut around the annotated joints.
        remove_outer_joints: accepted; joints outside the crop are always removed.
        clip_size: frames of a clip.
        pose_only: no pictures are read, samples have no `frame`.
        num_S: setups 1 to `num_S` are used.
        eval_mode: 'cs' splits by person, 'cv' by camera.
        depth_by_scale: a larger window spans more depth, as published; otherwise
            all span the same.
    """

    def __init__(self, dataset_path: str | os.PathLike, dataconf: DataConfig,
                 poselayout: PoseLayout = pa20j3d, topology: str = "sequences",
                 use_gt_bbox: bool = False, remove_outer_joints: bool = True,
                 clip_size: int = 16, pose_only: bool = False, num_S: int = 17, *,
                 eval_mode: str = "cs", depth_by_scale: bool = True):
        super().__init__(dataconf, poselayout, topology, clip_size)
        if eval_mode not in ("cs", "cv"):
            raise ValueError("eval_mode must be 'cs' (cross-subject) or 'cv' (cross-view), "
                             f"got {eval_mode!r}")
        self.dataset_path = dataset_path
        self.use_gt_bbox = use_gt_bbox
        self.remove_outer_joints = remove_outer_joints
        self.pose_only = pose_only
        self.eval_mode = eval_mode
        self.depth_by_scale = depth_by_scale
        self.images = Path(dataset_path) / IMAGES
        self.sequences = {TEST_MODE: [], TRAIN_MODE: [], VALID_MODE: []}
        for sequence in _sequences(Path(dataset_path), num_S):
            is_train = (sequence.person in TRAIN_PERSONS if eval_mode == "cs"
                        else sequence.camera in TRAIN_CAMERAS)
            self.sequences[TRAIN_MODE if is_train else TEST_MODE].append(sequence)

    def get_data(self, key: int, mode: int, frame_list=None, bbox=None, *,
                 augmentation: dict | None = None,
                 rng: np.random.Generator | None = None) -> dict:
        """One clip or frame.

        Args:
            key: number of the sequence, or of the frame.
            mode: of the split; training draws its settings from `rng`.
            frame_list: frames of the clip, from 0; None chooses them.
            bbox: (4,), the window in pixels.
            augmentation: settings to use instead.
            rng: the only source of chance.

        Returns:
            seq_idx, frame_list (T,), ntuaction (60,), pennaction (15,),
            pose (T, J, D + 1), frame (T, H, W, 3), afmat (3, 3); no T in pose
            and frame for a single frame.
        """
        aug, drawn, rng = choose_augmentation(self.dataconf, mode, augmentation, rng)
        index, frame_list = self._select(key, mode, frame_list, aug, drawn, rng)
        sequence = self.sequences[mode][index]
        numbers, joints = sequence.read()
        pose_px = joints[frame_list][:, list(self.poselayout.map_from_ntu)]
        if bbox is not None:
            bbox = checked_box(bbox, PICTURE_SIZE, str(sequence))
        elif self.use_gt_bbox:
            visible = np.isfinite(pose_px).all(axis=-1)
            bbox = get_gt_bbox(
                pose_px, visible, PICTURE_SIZE, aug["scale"], logkey=sequence)
        else:
            bbox = whole_image_bbox(PICTURE_SIZE, aug["scale"])
        folder = self.images / sequence.name
        frames, afmat = crop_box(
            [folder / FRAME.format(numbers[i]) for i in frame_list], bbox, PICTURE_SIZE, aug,
            self.dataconf.crop_resolution, drawn, rng, pose_only=self.pose_only)
        actions = one_hot_actions(ntuaction=sequence.action)
        sample = {
            "seq_idx": index,
            "frame_list": np.array(frame_list),
            "ntuaction": actions["ntuaction"],
            "pennaction": actions["pennaction"],
            "pose": self._squeeze(pose_targets(
                pose_px, afmat, self.poselayout, aug["hflip"],
                _depth_range(pose_px[..., 2],
                             aug["scale"] if self.depth_by_scale else 1))),
        }
        if not self.pose_only:
            sample["frame"] = self._squeeze(frames)
        sample["afmat"] = afmat
        return sample

    def _shapes(self) -> dict:
        layout = self.poselayout
        shapes = {"seq_idx": (), "frame_list": (self.clip_length() or 1,),
                  "pose": (layout.num_joints, layout.dim + 1), "afmat": (3, 3)}
        shapes.update((name, (len(names),)) for name, names in ACTION_SETS.items())
        if not self.pose_only:
            shapes["frame"] = self.dataconf.input_shape
        return shapes


def _sequences(dataset_path: Path, num_S: int) -> list[Sequence]:
    """The sequences of a folder by name, setups 1 to `num_S`."""
    folder = dataset_path / ANNOTATION_FOLDER
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: NTU's annotations are not here; {ADVICE}")
    sequences = [Sequence(path.stem, path) for path in sorted(folder.glob("*.npy"))
                 if SEQUENCE_NAME.fullmatch(path.stem)]
    if not sequences:
        raise ValueError(f"{folder} has no file named like S001C001P001R001A001.npy; "
                         f"{ADVICE}")
    return [sequence for sequence in sequences if sequence.setup <= num_S]


def _depth_range(depth: np.ndarray, scale: float) -> tuple[float, float] | None:
    """(near, far) in mm about the root joint of a clip; None without any depth."""
    for candidates in (depth[:, 0], depth):
        known = candidates[np.isfinite(candidates)]
        if known.size:
            reach = DEPTH_HALF_RANGE * scale
            return known.mean() - reach, known.mean() + reach
    return None
