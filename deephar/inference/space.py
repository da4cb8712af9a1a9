"""People in space as a picture: skeletons and their shadows over a ground in metres.

Coordinates are a camera's, in metres: x right, y down, z away.  The ground lies
level with that camera, at the feet.
"""
import math
from typing import Sequence

import numpy as np
from PIL import Image, ImageDraw

from deephar.utils.paint import font_of, paint_pose
from deephar.utils.plot import PAPER
from deephar.utils.pose import PoseLayout

STEP = 0.5                          # metres between the lines of the ground
MARGIN = 0.3                        # metres of it around people
GROUND, LINE, SHADOW, INK = (226, 228, 232), (252, 252, 253), (190, 194, 202), (96, 100, 110)
DISTANCE = 4.0                      # of the viewer, in radii of what is seen
SMOOTH = 2                          # lines are drawn so many times larger, then shrunk


class Space:
    """A part of space, seen from a side that may turn with time.

    Args:
        layout: of the poses.
        points: (..., 3) metres, all that must be seen; NaN does not count.
            None: one person about the origin.
        azimuth: degrees that the viewer walks to the right around the middle; 0
            is the camera's own view.
        elevation: degrees that the viewer looks down.
        turn: degrees that the azimuth grows per second.
        floor: y of the ground; None: at the lowest joint of every frame.
    """

    def __init__(self, layout: PoseLayout, points: np.ndarray | None = None, *,
                 azimuth: float = 35.0, elevation: float = 14.0, turn: float = 0.0,
                 floor: float | None = None):
        self.layout, self.azimuth, self.elevation = layout, azimuth, elevation
        self.turn, self.floor = turn, floor
        points = np.zeros((0, 3)) if points is None else np.reshape(points, (-1, 3))
        points = points[np.isfinite(points).all(axis=-1)]
        low, high = (-0.6, -0.6), (0.6, 0.6)
        self.height = 2.0
        if len(points):
            # Who is far from all others does not make everybody small.
            low, high = np.percentile(points[:, [0, 2]], (2, 98), axis=0)
            self.height = max(1.0, np.ptp(np.percentile(points[:, 1], (0.5, 99.5))) + 0.2)
        self.low = np.floor((np.array(low) - MARGIN) / STEP) * STEP
        self.high = np.ceil((np.array(high) + MARGIN) / STEP) * STEP
        self.bounds = self._bounds()

    def __call__(self, poses: Sequence[np.ndarray], size: tuple[int, int],
                 time: float = 0.0) -> np.ndarray:
        """A picture (h, w, 3) of poses (J, 3); `time` in seconds turns the view."""
        poses = np.reshape(poses, (-1, self.layout.num_joints, 3)).astype(np.float64)
        known = np.isfinite(poses).all(axis=-1)
        floor = self.floor
        if floor is None:
            floor = np.max(poses[known][:, 1], initial=-np.inf)
            floor = floor if np.isfinite(floor) else 0.0
        project = self._projection(size, floor, self.azimuth + self.turn * time)
        large = Image.new("RGB", (SMOOTH * size[0], SMOOTH * size[1]), PAPER)
        draw = ImageDraw.Draw(large)
        self._draw_ground(draw, project, floor, min(size))
        self._draw_shadows(draw, project, floor, poses, known, min(size))
        picture = large.resize(size, Image.Resampling.BOX)
        self._draw_scales(ImageDraw.Draw(picture), project, floor, size)
        canvas = np.array(picture)
        seen = [project(pose) for pose in poses]
        for points, mask in sorted(zip(seen, known), key=lambda one: -np.nanmean(
                np.where(one[1], one[0][:, 2], np.nan)) if one[1].any() else 0.0):
            paint_pose(canvas, points, self.layout, mask, depth=points[:, 2],
                       width=max(2.0, 0.05 * self._scale(size)))
        return canvas

    # === The viewer ===

    def _seen(self, points, azimuth) -> np.ndarray:
        """Points (..., 3) from the middle of the ground as the viewer has them, in metres."""
        a, e = math.radians(azimuth), math.radians(self.elevation)
        around = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0],
                           [-math.sin(a), 0, math.cos(a)]])
        down = np.array([[1, 0, 0], [0, math.cos(e), -math.sin(e)],
                         [0, math.sin(e), math.cos(e)]])
        seen = np.asarray(points, np.float64) @ (down @ around).T
        distance = DISTANCE * max(1.0, math.hypot(*(self.high - self.low)) / 2)
        near = distance / np.maximum(distance + seen[..., 2:], 0.1 * distance)
        return np.concatenate([seen[..., :2] * near, seen[..., 2:]], axis=-1)

    def _bounds(self) -> np.ndarray:
        """What the viewer must have in sight, ((x, y), (x, y)) in metres."""
        across, along = (self.high - self.low) / 2
        corners = [(x, y, z) for x in (-across, across) for z in (-along, along)
                   for y in (-self.height, 0.0)]
        turns = np.arange(0, 360, 15) if self.turn else [self.azimuth]
        seen = np.concatenate([self._seen(corners, turn) for turn in turns])[:, :2]
        return np.array([seen.min(axis=0), seen.max(axis=0)])

    def _scale(self, size) -> float:
        """Pixels of a metre in the middle."""
        return 0.84 * float(np.min(size / (self.bounds[1] - self.bounds[0])))

    def _projection(self, size, floor, azimuth):
        """From points (..., 3) to pixels and depth (..., 3)."""
        x, z = (self.low + self.high) / 2
        scale = self._scale(size)
        offset = np.array(size) / 2 - scale * self.bounds.mean(axis=0)

        def project(points):
            seen = self._seen(np.asarray(points, np.float64) - (x, floor, z), azimuth)
            seen[..., :2] = seen[..., :2] * scale + offset
            return seen

        return project

    # === What does not move ===

    def _corners(self, floor) -> np.ndarray:
        """Of the ground, one after another, (4, 3)."""
        (x0, z0), (x1, z1) = self.low, self.high
        return np.array([(x0, floor, z0), (x1, floor, z0), (x1, floor, z1), (x0, floor, z1)])

    def _draw_ground(self, draw, project, floor, side) -> None:
        def flat(points):
            return [tuple(SMOOTH * p[:2]) for p in project(points)]

        draw.polygon(flat(self._corners(floor)), GROUND)
        width = max(SMOOTH, round(SMOOTH * side / 400))
        (x0, z0), (x1, z1) = self.low, self.high
        for x in np.arange(x0, x1 + STEP / 2, STEP):
            draw.line(flat([(x, floor, z0), (x, floor, z1)]), LINE, width)
        for z in np.arange(z0, z1 + STEP / 2, STEP):
            draw.line(flat([(x0, floor, z), (x1, floor, z)]), LINE, width)

    def _draw_shadows(self, draw, project, floor, poses, known, side) -> None:
        width = max(SMOOTH, round(SMOOTH * side / 110))
        for pose, mask in zip(poses, known):
            flat = project(np.where([False, True, False], floor, np.nan_to_num(pose)))
            for a, b in self.layout.links:
                if mask[a] and mask[b]:
                    draw.line([tuple(SMOOTH * flat[j, :2]) for j in (a, b)], SHADOW, width)

    def _draw_scales(self, draw, project, floor, size) -> None:
        """Metres along the two sides that are nearest, and up from the leftmost corner."""
        corners = self._corners(floor)
        seen = project(corners)
        font = font_of(max(9.0, min(size) / 32))
        side = max(np.max(self.high - self.low) / STEP, 1)
        skip = STEP * max(1, math.ceil(side / 8)) * (1 if min(size) >= 240 else 2)
        centre = seen[:, :2].mean(axis=0)
        nearest = int(np.argmin(seen[:, 2]))
        for other in ((nearest + 1) % 4, (nearest - 1) % 4):
            axis = 0 if abs(corners[other] - corners[nearest])[0] > 0 else 2
            ends = sorted((corners[nearest], corners[other]), key=lambda c: c[axis])
            marks = np.arange(math.ceil(ends[0][axis] / skip) * skip,
                              ends[1][axis] + 1e-6, skip)
            places = np.repeat(ends[:1], len(marks), axis=0)
            places[:, axis] = marks
            outward = (seen[nearest] + seen[other])[:2] / 2 - centre
            outward *= 0.035 * min(size) / max(np.linalg.norm(outward), 1e-6)
            for mark, at in zip(marks, project(places)):
                draw.text(tuple(at[:2] + outward), f"{mark:g}", INK, font=font, anchor="mm")
            name = "x (m)" if axis == 0 else "depth (m)"
            at = project((corners[nearest] + corners[other]) / 2)[:2] + 3.3 * outward
            draw.text(tuple(at), name, INK, font=font, anchor="mm")
        foot = corners[int(np.argmin(seen[:, 0]))]
        top = foot - [0, self.height, 0]
        draw.line([tuple(project(p)[:2]) for p in (foot, top)], INK, 1)
        for mark in np.arange(skip, self.height + 1e-6, skip):
            at = project(foot - [0, mark, 0])
            draw.text((at[0] - 4, at[1]), f"{mark:g}", INK, font=font, anchor="rm")
        draw.text((project(top)[0] - 4, project(top)[1] - 0.03 * min(size)), "m", INK,
                  font=font, anchor="rm")
