"""A motion in space to look at: as a picture of a few moments, or as a video."""
from pathlib import Path
from typing import Callable

import numpy as np
from PIL import Image
from scipy.ndimage import median_filter, uniform_filter1d

from deephar.inference.motion3d import Motion3D
from deephar.inference.results import FrameResult
from deephar.inference.space import Space
from deephar.inference.writer import VideoWriter
from deephar.utils.files import write_picture
from deephar.utils.pose import PoseLayout

PICTURES = (".png", ".jpg", ".jpeg")
MOMENTS = 4                     # of a picture
SIDE = 640                      # of a view, in pixels
SECOND = 1.0

Beside = Callable[[FrameResult, int], np.ndarray]       # (result, side): square picture


class MotionView:
    """Pictures of a motion's moments, all of one part of space.

    Args:
        motion: what to show.
        azimuth, elevation, turn: see `Space`.
    """

    def __init__(self, motion: Motion3D, *, azimuth: float = 35.0, elevation: float = 14.0,
                 turn: float = 0.0):
        self.motion = motion
        layout, points = motion.drawable()
        self.points = {id: on_the_ground(own, motion.step) for id, own in points.items()}
        self.space = Space(layout, np.stack(list(self.points.values())), azimuth=azimuth,
                           elevation=elevation, turn=turn, floor=0.0)
        self._rows = {frame: row for row, frame in enumerate(motion.frames.tolist())}

    def __call__(self, frame: int, time: float, side: int = SIDE) -> np.ndarray:
        """The square picture (side, side, 3) of a frame, by its number, and of its time."""
        row = self._rows.get(frame)
        poses = [] if row is None else [points[row] for points in self.points.values()]
        return self.space(poses, (side, side), time)

    def beside(self, result: FrameResult, side: int) -> np.ndarray:
        """The picture of a result's frame."""
        return self(result.index, result.time or 0.0, side)


def on_the_ground(points: np.ndarray, step: float) -> np.ndarray:
    """One person's (T, J, 3), a frame every `step` seconds, with the ground of the second
    around each at 0.

    How far away somebody is, and so how low, is not known well; who jumps, leaves it.
    """
    lowest = np.nanmax(points[..., 1], axis=1, initial=-np.inf)
    known = np.flatnonzero(np.isfinite(lowest))
    if not len(known):
        return points
    lowest = np.interp(np.arange(len(points)), known, lowest[known])
    size = 2 * round(SECOND / max(step, 1e-3) / 2) + 1
    ground = uniform_filter1d(median_filter(lowest, size, mode="nearest"), size // 2 + 1,
                              mode="nearest")
    return points - ground[:, None, None] * [0, 1, 0]


def pose_beside(layout: PoseLayout, azimuth: float) -> Beside:
    """What draws the first person's `joints_mm` of a result."""
    space = Space(layout, azimuth=azimuth)

    def draw(result, side):
        poses = [p.joints_mm / 1000 for p in result.people if p.joints_mm is not None]
        return space(poses[:1], (side, side))

    return draw


def write_view(path: str | Path, view: MotionView,
               progress: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Write a picture of a few moments, or all of them as .mp4, .gif, ... or a folder."""
    path, times = Path(path), view.motion.times - view.motion.times[0]
    moments = list(zip(view.motion.frames.tolist(), times))
    if path.suffix.lower() in PICTURES:
        count = min(MOMENTS, len(times))
        picked = ((np.arange(count) + 0.5) * len(times) / count).astype(int)
        row = np.concatenate([view(*moments[t]) for t in picked], axis=1)
        write_picture(path, Image.fromarray(row))
        return
    with VideoWriter(path, 1 / max(view.motion.step, 1e-3)) as writer:
        for done, (frame, time) in enumerate(moments, 1):
            writer.write(view(frame, time), time)
            progress(done, len(times))
