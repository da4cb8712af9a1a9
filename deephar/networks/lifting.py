"""A temporal network as a lifter of whole sequences, piece by piece, and of videos."""
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator

import keras
import numpy as np

from deephar.checkpoints.lifting import load_temporal, load_trajectory, read_settings
from deephar.data.keypoints.batches import Symmetry, flip_points, pad_sequence
from deephar.data.keypoints.takes import FPS, H36M17_SYMMETRY
from deephar.models.temporal import temporal_padding
from deephar.utils.rig import normalize_pixels

PIECE = 4096                # frames that are predicted at once
QUICKSTART = Path("output/quickstart-lift")     # of `deephar quickstart --lift`


# From key points (T, J, F) to poses in pieces, (t, 17, 3) after each other.
Lifter = Callable[[np.ndarray], Iterator[np.ndarray]]


def lifter_of(model: keras.Model, padding: tuple[int, int],
              flips: Symmetry | None = None, piece: int = PIECE) -> Lifter:
    """A temporal model as a lifter of whole sequences.

    Args:
        model: the dilated form.
        padding: see `deephar.models.temporal.temporal_padding`.
        flips: 2D pairs; given, the prediction is averaged with the mirrored
            prediction of the mirrored key points.
        piece: frames predicted at once.
    """
    front, behind = padding
    back = H36M17_SYMMETRY if model.output_shape[-2] == 17 else Symmetry((), ())

    def lift(keypoints):
        length = len(keypoints)
        for first in range(0, length, piece):
            end = min(first + piece, length)
            window = keypoints[max(first - front, 0):end + behind]
            window = pad_sequence(window, max(front - first, 0),
                                  max(end + behind - length, 0))
            if flips is None:
                yield model.predict_on_batch(window[None])[0]
                continue
            plain, mirrored = model.predict_on_batch(
                np.stack([window, flip_points(window, flips)]))
            yield (plain + flip_points(mirrored, back)) / 2

    return lift


# === Videos ===

@dataclass(frozen=True)
class VideoLifter:
    """A trained lifter for the key points of anybody's video.

    Attributes:
        pose: from normalised key points to joints relative to the hip.
        place: from the same to the hip's place before the camera; None: not learned.
        fps: of the key points that the networks know.
        name: of the run.
    """
    pose: Lifter
    place: Lifter | None
    fps: float
    name: str

    def __call__(self, points: np.ndarray, size: tuple[int, int]
                 ) -> tuple[np.ndarray, np.ndarray | None]:
        """Poses (T, 17, 3) and places (T, 3) in metres: x right, y down, z away.

        Args:
            points: (T, 17, 2) pixels, of Human3.6M's 17 joints, at `fps`.
            size: (w, h) of the video.
        """
        keypoints = normalize_pixels(points, *size).astype(np.float32)
        poses = np.concatenate(list(self.pose(keypoints)))
        poses = poses - poses[:, :1]
        if self.place is None:
            return poses, None
        return poses, np.concatenate(list(self.place(keypoints)))[:, 0]


def load_video_lifter(run: str | os.PathLike) -> VideoLifter:
    """The lifter of a run's folder; 'quickstart' is that of `deephar quickstart --lift`.

    Raises:
        FileNotFoundError, ValueError: it is no lifter, or not of Human3.6M's joints.
    """
    folder = QUICKSTART if str(run) == "quickstart" else Path(run)
    settings = read_settings(folder)
    model, arguments, _ = load_temporal(folder)
    symmetry = settings.get("symmetry", [list(side) for side in H36M17_SYMMETRY])
    joints, features = model.input_shape[-2:]
    if (joints, features) != (17, 2) or symmetry != [list(side) for side in H36M17_SYMMETRY]:
        raise ValueError(
            f"{folder} lifts {joints} joints with {features} numbers, paired {symmetry}; "
            "poses become the 17 joints of Human3.6M with x and y: take a lifter that was "
            "trained on such key points (--keypoints gt, say)")
    fps = settings.get("fps", FPS)
    if not (isinstance(fps, (int, float)) and 1 <= fps <= 1000):
        raise ValueError(f"{folder}: fps must be 1 to 1000, got {fps}")
    trajectory = load_trajectory(folder)
    padding = temporal_padding(arguments.get("widths", (3, 3, 3)),
                               arguments.get("causal", False))
    return VideoLifter(
        lifter_of(model, padding, H36M17_SYMMETRY),
        trajectory and lifter_of(trajectory, padding, H36M17_SYMMETRY),
        float(fps), str(folder))
