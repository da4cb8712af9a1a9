"""Which frames of a video make a clip, and what the video data sets share."""
import copy
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deephar.config import DataConfig
from deephar.data.crops import checked_box, crop_box, pose_targets
from deephar.data.labels import ACTION_SETS, one_hot_actions
from deephar.data.pictures import open_picture
from deephar.utils.bbox import get_gt_bbox, whole_image_bbox
from deephar.utils.modes import TRAIN_MODE, VALID_MODE
from deephar.utils.pose import PoseLayout
from deephar.utils.transform import normalize_channels

TOPOLOGIES = {"sequences": "sequences", "sequence": "sequences",
              "frames": "frames", "frame": "frames"}


def get_clip_frame_index(sequence_size: int, subsample: int, num_frames: int,
                         random_clip: bool = False,
                         rng: np.random.Generator | None = None) -> list[int]:
    """The frames of one clip out of a video, in the middle or at random.

    A video that is too short is slowed down, so that frames repeat.

    Args:
        sequence_size: frames of the video.
        subsample: step between the frames of the clip, less if it must.
        num_frames: frames of the clip.
        random_clip: start anywhere instead of in the middle.
        rng: for the start.

    Returns:
        `num_frames` frame numbers from 0.
    """
    if sequence_size < 1 or subsample < 1 or num_frames < 1:
        raise ValueError(
            "a clip needs a video of at least one frame, a step and a length of at least "
            f"1, got {sequence_size} frames, step {subsample}, length {num_frames}")
    slowdown = 1.0
    while sequence_size * slowdown < num_frames:
        slowdown *= 1.5
    slowed_size = sequence_size * slowdown
    subsample = min(subsample, int(slowed_size / num_frames))
    rest = slowed_size - subsample * (num_frames - 1) - 1
    if random_clip:
        rng = np.random.default_rng() if rng is None else rng
        start = int(rng.integers(int(rest) + 1))
    else:
        start = int(rest / 2)
    frames = (start + subsample * i for i in range(num_frames))
    return [int(frame / slowdown) for frame in frames]


def get_clips_of_sequence(sequence_size: int, subsamples, num_frames: int
                          ) -> list[list[int]]:
    """Overlapping clips that cover a video, for each step of `subsamples`.

    As published, a video shorter than every clip has none.
    """
    clips = []
    for subsample in subsamples:
        stride = num_frames // 2 + (subsample - 1)
        reach = num_frames * subsample
        for start in range(0, sequence_size - reach + 1, stride):
            clips.append(list(range(start, start + reach, subsample)))
    return clips


class VideoDataset:
    """What the data sets of videos share: keys, clips, lengths and shapes.

    A key is the number of a sequence (topology 'sequences') or of a frame
    ('frames').  A subclass sets `sequences`, mode -> list of videos, which
    have a length in frames and a name as their string, and tells the `_shapes`
    of a sample, without time.
    """
    sequences: dict[int, list]
    _per_frame = ("frame", "pose", "pose_w", "pose_uvd")

    def __init__(self, dataconf: DataConfig, poselayout: PoseLayout, topology: str,
                 clip_size: int):
        if topology not in TOPOLOGIES:
            raise ValueError(f"topology must be 'sequences' or 'frames', got {topology!r}")
        if clip_size < 1:
            raise ValueError(f"clip_size must be at least 1, got {clip_size}")
        self.dataconf = dataconf
        self.poselayout = poselayout
        self.topology = TOPOLOGIES[topology]
        self.clip_size = clip_size
        self._ends = {}

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        raise NotImplementedError

    def clip_length(self) -> int | None:
        """Frames of a sample; None where a sample is one frame."""
        return self.clip_size if self.topology == "sequences" else None

    def clip_shape(self) -> tuple[int, ...]:
        """`(T,)`, or `()` where a sample is one frame."""
        return (self.clip_size,) if self.topology == "sequences" else ()

    def get_length(self, mode: int) -> int:
        """Samples of a split."""
        if self.topology == "sequences":
            return len(self.sequences[mode])
        ends = self._frame_ends(mode)
        return int(ends[-1]) if len(ends) else 0

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        """Shape of one sample's `dictkey`."""
        shapes = self._shapes()
        if dictkey not in shapes:
            raise KeyError(f"{type(self).__name__} samples have no {dictkey!r}, "
                           f"only {', '.join(sorted(shapes))}")
        time = self.clip_shape() if dictkey in self._per_frame else ()
        return time + tuple(shapes[dictkey])

    def hold_out(self, share: float = 0.1, seed: int = 0) -> "VideoDataset":
        """The same data set, some of whose training videos are for validation instead.

        Which ones depends on `seed` and their number alone, so that clips and
        frames of one set hold out the same videos.

        Raises:
            ValueError: no video would be left, the set has a validation split, or
                boxes that were predicted by split.
        """
        videos = self.sequences[TRAIN_MODE]
        count = max(round(share * len(videos)), 1)
        if count >= len(videos):
            raise ValueError(f"{count} of {len(videos)} training videos cannot be held out")
        if self.sequences[VALID_MODE] or getattr(self, "pred_bboxes", None):
            raise ValueError("videos are held out of sets without a validation split and "
                             "without predicted boxes, which are numbered by split")
        chosen = set(np.random.default_rng(seed).permutation(len(videos))[:count].tolist())
        other = copy.copy(self)
        other._ends = {}
        other.sequences = {
            **self.sequences,
            TRAIN_MODE: [v for i, v in enumerate(videos) if i not in chosen],
            VALID_MODE: [v for i, v in enumerate(videos) if i in chosen]}
        return other

    def get_num_frames(self, key: int, mode: int) -> int:
        """Frames of sequence `key`."""
        return len(self.sequences[mode][key])

    def get_clip_index(self, key: int, mode: int, subsamples=(2,)) -> list[list[int]]:
        """Frame lists of the test clips of sequence `key`."""
        return get_clips_of_sequence(
            self.get_num_frames(key, mode), subsamples, self.clip_size)

    def _select(self, key: int, mode: int, frame_list, aug: dict, random_clip: bool,
                rng) -> tuple[int, list[int]]:
        """(sequence, frames) of a sample."""
        length = self.get_length(mode)
        if not 0 <= key < length:
            raise IndexError(f"{type(self).__name__} has {length} samples in mode {mode}, "
                             f"got key {key}")
        if self.topology == "frames":
            ends = self._frame_ends(mode)
            sequence = int(np.searchsorted(ends, key, side="right"))
            return sequence, [int(key - ends[sequence - 1]) if sequence else int(key)]
        video = self.sequences[mode][key]
        size = len(video)
        if size == 0:
            raise ValueError(f"{video} has no frames; prepare it again or take it out of "
                             "the annotations")
        if frame_list is None:
            frame_list = get_clip_frame_index(
                size, aug["subspl"], self.clip_size, random_clip, rng)
        frame_list = [int(frame) for frame in frame_list]
        if not frame_list or min(frame_list) < 0 or max(frame_list) >= size:
            raise ValueError(f"{video} has frames 0 to {size - 1}, "
                             f"got frame_list {frame_list}")
        return int(key), frame_list

    def _frame_ends(self, mode: int) -> np.ndarray:
        """For each video, the number of frames up to its end."""
        if mode not in self._ends:
            sizes = [len(video) for video in self.sequences[mode]]
            self._ends[mode] = np.cumsum(sizes, dtype=int)
        return self._ends[mode]

    def _squeeze(self, array: np.ndarray) -> np.ndarray:
        """A per-frame array (T, ...) without time where a sample is one frame."""
        return array[0] if self.topology == "frames" else array


class VideoClip(NamedTuple):
    """T frames of a video, as `ActionVideos` cuts them out."""
    paths: list[Path]
    size: tuple[int, int]       # (w, h) of the pictures
    pose_px: np.ndarray         # (T, J, 2 or 3) of the layout; NaN where missing
    annotated: tuple[np.ndarray, np.ndarray]    # joints and visibility, for the box


class ActionVideos(VideoDataset):
    """What Penn Action and NTU share: the window of a clip and its sample.

    A subclass reads the frames of a clip (`_read`), and names its own classes.
    """
    action_set: str
    gives_bbox = True           # samples tell their window
    output_fullframe = False

    def __init__(self, dataset_path: str | os.PathLike, dataconf: DataConfig,
                 poselayout: PoseLayout, topology: str, use_gt_bbox: bool, clip_size: int,
                 pose_only: bool):
        super().__init__(dataconf, poselayout, topology, clip_size)
        self.dataset_path = dataset_path
        self.use_gt_bbox = use_gt_bbox
        self.pose_only = pose_only

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
            seq_idx, frame_list (T,), pennaction (15,), ntuaction (60,),
            pose (T, J, D + 1), frame (T, H, W, 3), bbox (4,), afmat (3, 3);
            no T in pose and frame for a single frame, no bbox of NTU.
        """
        aug, drawn, rng = choose_augmentation(self.dataconf, mode, augmentation, rng)
        index, frame_list = self._select(key, mode, frame_list, aug, drawn, rng)
        video = self.sequences[mode][index]
        clip = self._read(video, frame_list)
        bbox = (self._window(index, mode, frame_list, clip, aug["scale"]) if bbox is None
                else checked_box(bbox, clip.size, str(video)))
        frames, afmat = crop_box(
            clip.paths, bbox, clip.size, aug, self.dataconf.crop_resolution, drawn, rng,
            pose_only=self.pose_only)
        pose = pose_targets(clip.pose_px, afmat, self.poselayout, aug["hflip"],
                            self._depth_range(clip.pose_px, aug["scale"]))
        sample = {"seq_idx": index, "frame_list": np.array(frame_list),
                  **one_hot_actions(self.action_set, video.action),
                  "pose": self._squeeze(pose)}
        if not self.pose_only:
            sample["frame"] = self._squeeze(frames)
        if self.output_fullframe:
            sample["fullframe"] = self._squeeze(np.stack([
                normalize_channels(np.asarray(open_picture(path)[0]), aug["chpower"])
                for path in clip.paths]))
        if self.gives_bbox:
            sample["bbox"] = bbox
        sample["afmat"] = afmat
        return sample

    def _read(self, video: Any, frame_list: list[int]) -> VideoClip:
        raise NotImplementedError

    def _window(self, index: int, mode: int, frame_list: list[int], clip: VideoClip,
                scale: float) -> np.ndarray:
        """The box around the person in a clip, before it is shifted."""
        if self.use_gt_bbox:
            return get_gt_bbox(*clip.annotated, clip.size, scale,
                               logkey=self.sequences[mode][index])
        return whole_image_bbox(clip.size, scale)

    def _depth_range(self, pose_px: np.ndarray, scale: float
                     ) -> tuple[float, float] | None:
        """(near, far) in mm; None without depth."""
        return None

    def _shapes(self) -> dict:
        layout = self.poselayout
        shapes = {"seq_idx": (), "frame_list": (self.clip_length() or 1,),
                  **{name: (len(names),) for name, names in ACTION_SETS.items()},
                  "pose": (layout.num_joints, layout.dim + 1), "afmat": (3, 3)}
        if self.gives_bbox:
            shapes["bbox"] = (4,)
        if not self.pose_only:
            shapes["frame"] = self.dataconf.input_shape
        return shapes


def choose_augmentation(dataconf: DataConfig, mode: int, augmentation: dict | None,
                        rng: np.random.Generator | None
                        ) -> tuple[dict, bool, np.random.Generator]:
    """(settings, whether they were drawn at random, generator) of one sample.

    Settings given by the caller are used as they are; else training draws
    them from `rng` and the other splits take the fixed ones.
    """
    rng = np.random.default_rng() if rng is None else rng
    if augmentation is not None:
        return dict(dataconf.get_fixed_config(), **augmentation), False, rng
    if mode == TRAIN_MODE:
        return dataconf.random_data_generator(rng), True, rng
    return dataconf.get_fixed_config(), False, rng
