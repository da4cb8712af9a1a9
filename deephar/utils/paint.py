"""Marks painted into a picture's array, in place: for videos, where time counts.

A canvas is a uint8 array (H, W, 3).  `deephar.utils.plot` has the same marks as
functions that return a new picture.  Right is orange, left is blue, the trunk
is yellow; every mark has a dark rim, so that it reads on light and on dark.
Widths follow the size of the picture and of the person.
"""
import functools
import math
from pathlib import Path
from typing import NamedTuple, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deephar.utils.pose import PoseLayout, get_valid_joints

RIGHT, LEFT, MIDDLE = (255, 132, 28), (64, 170, 255), (255, 224, 96)
RIM = (16, 18, 24)
RIM_OPACITY, PANEL_OPACITY = 0.8, 190           # of 1, of 255


def side_color(name: str) -> tuple[int, int, int]:
    """The colour of a joint, by its name: right, left or middle."""
    return {"r_": RIGHT, "l_": LEFT}.get(name[:2], MIDDLE)


# === Skeletons ===

def paint_pose(canvas: np.ndarray, pose_px, layout: PoseLayout, valid=None, *,
               depth=None, width: float | None = None) -> None:
    """Paint the skeletons of one or more people.

    Args:
        canvas: the picture.
        pose_px: (J, D) or (N, J, D), x and y in pixels of the picture (0 is the
            left edge of the first pixel); further coordinates are not used.
        layout: the joints' names.
        valid: (J,) or (N, J), which joints to draw; default: all that are
            finite and not marked missing.
        depth: (J,) or (N, J); what is far is drawn first.
        width: of the bones, in pixels; default: by picture and person.
    """
    poses = np.asarray(pose_px, np.float64)
    poses = poses[None] if poses.ndim == 2 else poses
    if poses.ndim != 3 or poses.shape[1] != layout.num_joints or poses.shape[2] < 2:
        raise ValueError(f"{layout.name}: a pose is ({layout.num_joints}, 2 or more) "
                         f"or has people before that, got {np.shape(pose_px)}")
    seen = get_valid_joints(poses[..., :2]) & np.isfinite(poses[..., :2]).all(axis=-1)
    if valid is not None:
        seen = seen & (np.asarray(valid) > 0.5).reshape(seen.shape)
    depths = (np.zeros(seen.shape) if depth is None
              else np.asarray(depth, np.float64).reshape(seen.shape))
    for points, mask, away in zip(poses[..., :2], seen, depths):
        bone = width or bone_width(canvas.shape, points[mask])
        _paint(canvas, _strokes(points, mask, away, layout, bone), rim=max(1.0, bone * 0.4))


def bone_width(picture_shape: tuple, points: np.ndarray) -> float:
    """Width of a bone in pixels: it follows the person, within the picture's limits."""
    diagonal = math.hypot(*picture_shape[:2])
    extent = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    return max(1.6, float(np.clip(0.022 * extent, 0.003 * diagonal, 0.008 * diagonal)))


class Stroke(NamedTuple):
    """A round-ended segment."""
    ends: tuple
    radius: float
    color: tuple[int, int, int]


def _strokes(points, mask, depth, layout, bone) -> list[Stroke]:
    """A skeleton's bones and joints: what is far comes first."""
    strokes = []
    for a, b in layout.links + _stand_ins(mask, layout):
        if mask[a] and mask[b]:
            across = {layout.joint_names[k][:2] for k in (a, b)} == {"r_", "l_"}
            color = MIDDLE if across else side_color(layout.joint_names[b])
            away = (depth[a] + depth[b]) / 2
            strokes.append((away, Stroke((points[a], points[b]), bone / 2, color)))
    for j in np.flatnonzero(mask):
        strokes.append((depth[j], Stroke((points[j], points[j]), bone * 0.85,
                                         side_color(layout.joint_names[j]))))
    return [stroke for _, stroke in sorted(strokes, key=lambda entry: -entry[0])]


def _stand_ins(mask, layout) -> tuple:
    """Bones that hold a trunk together whose middle joints are missing."""
    index = {name: j for j, name in enumerate(layout.joint_names)}

    def lacks(name):
        return name not in index or not mask[index[name]]

    bones = []
    if lacks("thorax"):
        bones.append(("r_shoulder", "l_shoulder"))
    if lacks("pelvis"):
        bones.append(("r_hip", "l_hip"))
    if lacks("thorax") or lacks("pelvis"):
        bones += [("r_shoulder", "r_hip"), ("l_shoulder", "l_hip")]
    return tuple((index[a], index[b]) for a, b in bones if a in index and b in index)


def paint_box(canvas: np.ndarray, box, color: Sequence[int] = (255, 255, 255)) -> None:
    """Paint the outline of a box (x1, y1, x2, y2)."""
    x1, y1, x2, y2 = (float(v) for v in np.asarray(box, np.float64))
    corners = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])
    line = line_width(canvas)
    _paint(canvas, [Stroke((corners[i], corners[(i + 1) % 4]), line / 2, tuple(color))
                    for i in range(4)], rim=max(0.8, line * 0.4))


def line_width(canvas: np.ndarray) -> float:
    """Width of a box's outline, in pixels."""
    return max(1.2, 0.0025 * math.hypot(*canvas.shape[:2]))


# === Strokes with soft edges ===

def _paint(canvas: np.ndarray, strokes: Sequence[Stroke], rim: float) -> None:
    """Paint segments: first all rims, then all colours."""
    if not strokes:
        return
    ends, radii, colors = (np.array(values, np.float32) for values in zip(*strokes))
    radii, rim = radii + np.float32(0.5), np.float32(rim)
    stroke, rows, columns, distance = _near(canvas.shape, ends, radii + rim)
    within = radii[stroke] - distance
    rims, inner = np.flatnonzero(within > -rim), np.flatnonzero(within > 0)
    alpha = np.concatenate([np.float32(RIM_OPACITY) * (within[rims] + rim).clip(0, 1),
                            within[inner].clip(0, 1)])
    which = np.concatenate([np.full(len(rims), -1), stroke[inner]])
    pixels = np.concatenate([rims, inner])
    if len(pixels):
        _blend(canvas, rows[pixels], columns[pixels], alpha,
               np.concatenate([colors, np.float32([RIM])]), which)


def _blend(canvas, rows, columns, alpha, colors, which) -> None:
    """Lay marks (N,) over pixels, of which one may have many.

    Sorted by pixel, without those that a full colour hides, the first mark of every
    pixel is laid at once, then the second, and so on.
    """
    places = rows * canvas.shape[1] + columns
    order = np.argsort(places, kind="stable")
    alpha, which = alpha[order], which[order]
    starts = np.flatnonzero(np.diff(places[order], prepend=-1))     # of every pixel
    counts = np.diff(starts, append=len(order))
    number = np.arange(len(order))
    first = np.maximum(starts, np.maximum.reduceat(np.where(alpha >= 1, number, 0), starts))
    level = number - np.repeat(first, counts)
    pixel = np.repeat(np.arange(len(starts)), counts)
    at = rows[order[starts]], columns[order[starts]]
    mixed = canvas[at].astype(np.float32)
    for height in range(level.max() + 1):
        marks = np.flatnonzero(level == height)
        below = mixed[pixel[marks]]
        mixed[pixel[marks]] = below + (colors[which[marks]] - below) * alpha[marks, None]
    canvas[at] = np.round(mixed)


def _near(shape, ends: np.ndarray, reach: np.ndarray) -> tuple[np.ndarray, ...]:
    """Pixels about as near to segments (S, 2, 2) as `reach` (S,), segment after segment.

    Returns:
        (N,) each: the segment's number, row, column, distance.
    """
    start, along = ends[:, 0], ends[:, 1] - ends[:, 0]
    y = ends[..., 1]
    line, rows = _ranges(y.min(axis=1) - reach, y.max(axis=1) + reach, shape[0])
    # Of a row, only the part of the segment counts that is near enough in height.
    up, wide = rows + 0.5 - start[line, 1], reach[line]
    steep = np.where(np.abs(along[:, 1]) < 1e-6, 1e-6, along[:, 1])[line]
    x = start[line, 0] + along[line, 0] * (np.stack([up - wide, up + wide]) / steep).clip(0, 1)
    row, columns = _ranges(x.min(axis=0) - wide, x.max(axis=0) + wide, shape[1])
    segment = line[row]
    dx, dy = along.T
    square = np.maximum(dx * dx + dy * dy, np.float32(1e-12))
    x = columns - (start[:, 0] - np.float32(0.5))[segment]
    y = up.astype(np.float32)[row]
    dx, dy = dx[segment], dy[segment]
    part = ((x * dx + y * dy) / square[segment]).clip(0, 1)
    distance = np.sqrt((x - part * dx) ** 2 + (y - part * dy) ** 2)
    return segment, rows[row], columns, distance


def _ranges(low: np.ndarray, high: np.ndarray, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers from low (R,) to high (R,) within 0 to `end`: (whose, numbers)."""
    first = np.floor(low).clip(0, end).astype(np.int32)
    counts = np.ceil(high).clip(0, end).astype(np.int32) - first
    whose = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    before = (np.cumsum(counts) - counts).astype(np.int32)
    return whose, np.arange(len(whose), dtype=np.int32) + (first - before)[whose]


# === Words ===

@functools.lru_cache(maxsize=32)
def font_of(size: float) -> ImageFont.FreeTypeFont:
    """The font that comes with matplotlib, so that every machine writes the same."""
    import matplotlib
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(path, max(8, round(size)))


def paint_caption(canvas: np.ndarray, text: str,
                  at: str | tuple[float, float] = "top left", *,
                  size: float | None = None) -> None:
    """Paint white text on a dark panel.

    Args:
        canvas: the picture.
        text: one or more lines.
        at: 'top left', 'top right', 'bottom left', 'bottom right', or the
            pixel of the panel's lower left corner; it is kept inside.
        size: of the letters in pixels; default: by the picture.
    """
    height, width = canvas.shape[:2]
    size = size or max(11.0, 0.024 * math.hypot(width, height))
    panel = _panel(text, round(size))
    gap = 0.4 * size
    room_x, room_y = width - panel.shape[1], height - panel.shape[0]
    if isinstance(at, str):
        x = room_x - gap if "right" in at else gap
        y = room_y - gap if "bottom" in at else gap
    else:
        x, y = at[0], at[1] - panel.shape[0]
    x, y = (max(0, round(min(v, room))) for v, room in ((x, room_x), (y, room_y)))
    below = canvas[y:y + panel.shape[0], x:x + panel.shape[1]]
    panel = panel[:below.shape[0], :below.shape[1]]
    alpha = panel[..., 3:].astype(np.float32) / 255
    below[...] = np.round(below + (panel[..., :3] - below.astype(np.float32)) * alpha)


@functools.lru_cache(maxsize=64)
def _panel(text: str, size: int) -> np.ndarray:
    """Text on its panel, (h, w, 4)."""
    font = font_of(size)
    pad = 0.4 * size
    measure = ImageDraw.Draw(Image.new("L", (1, 1)))
    left, top, right, bottom = measure.multiline_textbbox((0, 0), text, font=font)
    side = (math.ceil(right - left + 2 * pad), math.ceil(bottom - top + 2 * pad))
    panel = Image.new("RGBA", side)
    draw = ImageDraw.Draw(panel)
    draw.rounded_rectangle((0, 0, side[0] - 1, side[1] - 1), pad * 0.8,
                           RIM + (PANEL_OPACITY,))
    letters = Image.new("L", side)
    ImageDraw.Draw(letters).multiline_text((pad - left, pad - top), text, 255, font=font)
    panel.paste((255, 255, 255, 255), (0, 0), letters)
    return np.array(panel)
