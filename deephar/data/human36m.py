"""Human3.6M: 3D poses in the world, seen by calibrated cameras."""
import os
import re
from dataclasses import dataclass

import numpy as np

from deephar.config import DataConfig
from deephar.data.clips import VideoDataset, choose_augmentation
from deephar.data.crops import crop_clip, pose_targets
from deephar.data.matfile import (
    find_annotations, load_mat, number, numbers, points, records, text, texts)
from deephar.utils.bbox import get_crop_params
from deephar.utils.camera import Camera
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import PoseLayout, pa17j3d
from deephar.utils.reading import numbers_of, reading

NUM_H36M_JOINTS = 32
TRAIN_SUBJECTS, VALID_SUBJECTS = (1, 5, 6, 7, 8), (9, 11)
CAMERA = {"R": 9, "T": 3, "f": 2, "c": 2, "p": 2, "k": 3}
IMAGES, FRAME = "images", "{:05d}.jpg"
# Action, subject, take and camera, each counted from 1.
SEQUENCE_NAME = re.compile(r"a(\d+)_s(\d+)_e(\d+)_c(\d+)")
SPLITS = {TEST_MODE: "sequences_te", TRAIN_MODE: "sequences_tr",
          VALID_MODE: "sequences_val"}


@dataclass(frozen=True)
class Sequence:
    """One video: F frames that were kept of it."""
    name: str
    camera: Camera
    frames: np.ndarray          # (F,), from 1
    size: tuple[int, int]       # (w, h)
    pose_w: np.ndarray          # (F, 32, 3), mm

    def __len__(self) -> int:
        return len(self.frames)

    def __str__(self) -> str:
        return f"Human3.6M sequence {self.name}"

    @property
    def action(self) -> int:
        """From 0, as in the file's `action_labels`."""
        return int(SEQUENCE_NAME.match(self.name).group(1)) - 1


class Human36M(VideoDataset):
    """Frames or clips of Human3.6M, cut out around the root joint.

    Args:
        dataset_path: folder with `images/` and `annotations.mat`.
        dataconf: size and augmentation of the crops.
        poselayout: joints of the targets.
        topology: 'sequences' for clips, 'frames' for single pictures.
        clip_size: frames of a clip.
    """

    def __init__(self, dataset_path: str | os.PathLike, dataconf: DataConfig,
                 poselayout: PoseLayout = pa17j3d, topology: str = "sequences",
                 clip_size: int = 16):
        super().__init__(dataconf, poselayout, topology, clip_size)
        self.dataset_path = dataset_path
        path = find_annotations(dataset_path)
        content = load_mat(path, tuple(SPLITS.values()))
        with reading(path):
            self.sequences = {mode: _sequences(content[name], path)
                              for mode, name in SPLITS.items()}
            self.action_labels = texts(content.get("action_labels", ()))
        if not any(self.sequences.values()):
            raise ValueError(f"{path} has no sequence in any split; download it again")
        self.images = path.parent / IMAGES

    def get_data(self, key: int, mode: int, frame_list=None, *,
                 augmentation: dict | None = None,
                 rng: np.random.Generator | None = None) -> dict:
        """One clip or frame.

        Args:
            key: number of the sequence, or of the frame.
            mode: of the split; training draws its settings from `rng`.
            frame_list: frames of the clip, from 0; None chooses them.
            augmentation: settings to use instead.
            rng: the only source of chance.

        Returns:
            camera (21,), action, pose_w and pose_uvd (T, J, 3),
            pose (T, J, D + 1), frame (T, H, W, 3), afmat (3, 3); no T for a
            single frame.
        """
        aug, drawn, rng = choose_augmentation(self.dataconf, mode, augmentation, rng)
        index, frame_list = self._select(key, mode, frame_list, aug, drawn, rng)
        sequence = self.sequences[mode][index]
        pose_w = sequence.pose_w[frame_list][:, list(self.poselayout.map_from_h36m)]
        pose_uvd = sequence.camera.project(pose_w)
        centre, winsize, depth_range = get_crop_params(
            pose_uvd[:, 0], sequence.size, sequence.camera.f, aug["scale"])
        centre = centre + aug["scale"] * np.array([aug["transx"], aug["transy"]])
        folder = self.images / sequence.name
        frames, afmat = crop_clip(
            [folder / FRAME.format(sequence.frames[i]) for i in frame_list],
            centre, winsize, aug, self.dataconf.crop_resolution, drawn, rng)
        if not np.isfinite(pose_uvd).all():
            raise ValueError(f"{sequence}: a joint of frames {frame_list} is NaN")
        pose = pose_targets(pose_uvd, afmat, self.poselayout, aug["hflip"], depth_range)
        return {
            "camera": sequence.camera.serialize(),
            "action": sequence.action,
            "pose_w": self._squeeze(pose_w),
            "pose_uvd": self._squeeze(pose_uvd),
            "pose": self._squeeze(pose),
            "frame": self._squeeze(frames),
            "afmat": afmat,
        }

    def _shapes(self) -> dict:
        joints = self.poselayout.num_joints
        return {"camera": (21,), "action": (), "pose_w": (joints, 3),
                "pose_uvd": (joints, 3), "pose": (joints, self.poselayout.dim + 1),
                "frame": self.dataconf.input_shape, "afmat": (3, 3)}


def _sequences(value, path) -> list[Sequence]:
    sequences = []
    for item in records(value):
        name = text(item["name"])
        if not SEQUENCE_NAME.match(name):
            raise ValueError(f"{path}: a sequence is named like a02_s01_e01_c01, "
                             f"got {name!r}")
        camera, = records(item["camera_parameters"])
        frames = records(item["frames"])
        size = tuple(int(number(frames[0][side])) for side in "wh") if frames else (0, 0)
        pose_w = [points(frame["pose3d"], NUM_H36M_JOINTS) for frame in frames]
        seen_by = Camera(*(numbers_of(numbers(camera[part]), (count,), f"{name}: camera {part}")
                           for part, count in CAMERA.items()))
        if not np.allclose(seen_by.R @ seen_by.R.T, np.eye(3), atol=0.01) or min(seen_by.f) <= 0:
            raise ValueError(f"{name}: a camera has no rotation {seen_by.R.tolist()} with focal "
                             f"lengths {seen_by.f}")
        sequences.append(Sequence(
            name=name,
            camera=seen_by,
            frames=np.array([int(number(frame["f"])) for frame in frames], int),
            size=size,
            pose_w=np.array(pose_w).reshape(-1, NUM_H36M_JOINTS, 3)))
    return sequences
