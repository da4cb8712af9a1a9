"""Which frames of a video make a clip, and what the video data sets share."""
import numpy as np

from deephar.config import DataConfig
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.pose import PoseLayout

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
