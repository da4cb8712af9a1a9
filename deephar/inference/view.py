"""A motion in space to look at: as a picture of a few moments, or as a video."""
from pathlib import Path
from typing import Callable

import numpy as np
from PIL import Image

from deephar.inference.motion3d import Motion3D
from deephar.inference.results import FrameResult
from deephar.inference.space import Space
from deephar.inference.writer import VideoWriter
from deephar.utils.files import atomic_path
from deephar.utils.pose import PoseLayout

PICTURES = (".png", ".jpg", ".jpeg")
MOMENTS = 4                     # of a picture
SIDE = 640                      # of a view, in pixels

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
        layout, self.points = motion.drawable()
        everybody = np.stack(list(self.points.values()))            # (P, T, J, 3)
        lowest = np.nanmax(everybody.reshape(-1, *everybody.shape[2:])[..., 1], axis=-1,
                           initial=-np.inf)
        lowest = lowest[np.isfinite(lowest)]
        self.space = Space(
            layout, everybody, azimuth=azimuth, elevation=elevation, turn=turn,
            floor=float(np.percentile(lowest, 95)) if len(lowest) else None)

        self._rows = {frame: row for row, frame in enumerate(motion.frames.tolist())}

    def __call__(self, frame: int, time: float, side: int = SIDE) -> np.ndarray:
        """The square picture (side, side, 3) of a frame, by its number, and of its time."""
        row = self._rows.get(frame)
        poses = [] if row is None else [points[row] for points in self.points.values()]
        return self.space(poses, (side, side), time)

    def beside(self, result: FrameResult, side: int) -> np.ndarray:
        """The picture of a result's frame."""
        return self(result.index, result.time or 0.0, side)


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
        with atomic_path(path) as temporary:
            Image.fromarray(row).save(temporary)
        return
    rate = 1 / max(np.median(np.diff(times)), 1e-3) if len(times) > 1 else 1.0
    with VideoWriter(path, rate) as writer:
        for done, (frame, time) in enumerate(moments, 1):
            writer.write(view(frame, time), time)
            progress(done, len(times))
