"""Penn Action: sport videos with 2D joints, one person, 15 actions."""
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deephar.config import DataConfig
from deephar.data.clips import ActionVideos, VideoClip
from deephar.data.crops import checked_box
from deephar.data.matfile import (
    find_annotations, load_mat, number, numbers, points, records, texts)
from deephar.utils.files import read_json
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import PoseLayout, pa16j2d
from deephar.utils.reading import numbers_of, reading

NUM_PENN_JOINTS = 13
IMAGES, FRAME = "frames", "{:06d}.jpg"
SPLITS = {TEST_MODE: "sequences_te", TRAIN_MODE: "sequences_tr"}


@dataclass(frozen=True)
class Sequence:
    """One video of F frames."""
    idx: int                    # names its folder
    action: int                 # from 0
    frames: np.ndarray          # (F,), from 1
    size: tuple[int, int]       # (w, h)
    pose_px: np.ndarray         # (F, 13, 2), NaN where not annotated
    visible: np.ndarray         # (F, 13)

    def __len__(self) -> int:
        return len(self.frames)

    def __str__(self) -> str:
        return f"Penn Action sequence {self.idx:04d}"


class PennAction(ActionVideos):
    """Clips or frames of Penn Action.

    The window comes from, in this order: the `bbox` given to `get_data`, the
    annotated joints (`use_gt_bbox`), a file of predicted boxes, the whole picture.

    Args:
        dataset_path: folder with `frames/` and `annotations.mat`.
        dataconf: size and augmentation of the crops.
        poselayout: joints of the targets.
        topology: 'sequences' for clips, 'frames' for single pictures.
        use_gt_bbox: cut around the annotated joints.
        remove_outer_joints: as published, they are removed whatever it says.
        clip_size: frames of a clip.
        pose_only: no pictures are read, samples have no `frame`.
        output_fullframe: samples also have `fullframe`, the uncut pictures.
        pred_bboxes_file: JSON list by mode of {"SEQUENCE.FRAME": box}, both
            counted from 0; a path, or a name in `dataset_path`.
    """

    action_set = "pennaction"

    def __init__(self, dataset_path: str | os.PathLike, dataconf: DataConfig,
                 poselayout: PoseLayout = pa16j2d, topology: str = "sequences",
                 use_gt_bbox: bool = False, remove_outer_joints: bool = True,
                 clip_size: int = 16, pose_only: bool = False,
                 output_fullframe: bool = False,
                 pred_bboxes_file: str | os.PathLike | None = None):
        super().__init__(dataset_path, dataconf, poselayout, topology, use_gt_bbox,
                         clip_size, pose_only)
        self.output_fullframe = output_fullframe
        path = find_annotations(dataset_path)
        content = load_mat(path, tuple(SPLITS.values()))
        with reading(path):
            self.sequences = {mode: _sequences(content[name])
                              for mode, name in SPLITS.items()}
            self.action_labels = texts(content.get("action_labels", ()))
        self.sequences[VALID_MODE] = []
        if not any(self.sequences.values()):
            raise ValueError(f"{path} has no sequence in any split; download it again")
        self.images = path.parent / IMAGES
        self.pred_bboxes_file = pred_bboxes_file
        self.pred_bboxes = (None if pred_bboxes_file is None
                            else _read_boxes(path.parent, pred_bboxes_file))

    def _read(self, video, frame_list):
        folder = self.images / f"{video.idx:04d}"
        pose_px, visible = video.pose_px[frame_list], video.visible[frame_list]
        # NaN for what is not seen or not Penn's.
        joints = np.full((len(frame_list), self.poselayout.num_joints, 2), np.nan)
        joints[:, list(self.poselayout.map_from_pa13j)] = np.where(
            visible[..., None] >= 0.5, pose_px, np.nan)
        return VideoClip([folder / FRAME.format(video.frames[i]) for i in frame_list],
                         video.size, joints, (pose_px, visible))

    def _window(self, index, mode, frame_list, clip, scale):
        if self.use_gt_bbox or self.pred_bboxes is None:
            return super()._window(index, mode, frame_list, clip, scale)
        keys = [f"{index}.{frame}" for frame in frame_list]
        missing = [key for key in keys if key not in self.pred_bboxes[mode]]
        if missing:
            raise ValueError(f"{self.pred_bboxes_file} has no box {missing[0]!r} (sequence."
                           f"frame, from 0) of mode {mode}; predict the boxes of this split "
                           "again, or use use_gt_bbox=True")
        boxes = np.array([self.pred_bboxes[mode][key] for key in keys])
        union = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
        return checked_box(union, clip.size, str(self.sequences[mode][index]))


def _sequences(value) -> list[Sequence]:
    sequences = []
    for item in records(value):
        frames = records(item["frames"])
        pose_px = np.array([points(frame["pose"], NUM_PENN_JOINTS) for frame in frames],
                           float).reshape(-1, NUM_PENN_JOINTS, 2)
        visible = np.array([numbers(frame["visible"]) for frame in frames]
                           ).reshape(-1, NUM_PENN_JOINTS)
        pose_px[(pose_px == 0).any(axis=-1)] = np.nan
        sequences.append(Sequence(
            idx=int(number(item["idx"])),
            action=int(number(item["action_id"])) - 1,
            frames=np.array([int(number(frame["f"])) for frame in frames], int),
            size=(tuple(int(number(frames[0][side])) for side in "wh")
                  if frames else (0, 0)),
            pose_px=pose_px,
            visible=visible))
    return sequences


def _read_boxes(folder: Path, name) -> list[dict]:
    """Boxes by mode, from a file in the data set's folder or anywhere."""
    path = folder / name
    boxes = read_json(path if path.exists() else name)
    if not (isinstance(boxes, list) and len(boxes) == 3):
        raise ValueError(f"{name}: predicted boxes are a JSON list [test, train, valid], "
                         f"got {str(boxes)[:100]}")
    with reading(path):
        for key, box in (pair for of_mode in boxes for pair in of_mode.items()):
            numbers_of(box, (4,), f"box {key}")
    return boxes
