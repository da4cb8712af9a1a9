"""Marks painted into a picture's array, in place: for videos, where time counts.

A canvas is a uint8 array (H, W, 3).  `deephar.utils.plot` has the same marks as
functions that return a new picture.  Right is orange, left is blue, the trunk
is yellow; every mark has a dark rim, so that it reads on light and on dark.
Widths follow the size of the picture and of the person.
"""
import functools
import math
from pathlib import Path
from typing import Sequence

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
        strokes = _strokes(points, mask, away, layout, bone)
        _paint(canvas, *strokes, rim=max(1.0, bone * 0.4))


def bone_width(picture_shape: tuple, points: np.ndarray) -> float:
    """Width of a bone in pixels: it follows the person, within the picture's limits."""
    diagonal = math.hypot(*picture_shape[:2])
    extent = float(np.ptp(points, axis=0).max()) if len(points) else 0.0
    return max(1.6, float(np.clip(0.022 * extent, 0.003 * diagonal, 0.008 * diagonal)))


def _strokes(points, mask, depth, layout, bone):
    """Segments (S, 2, 2), radii (S,) and colours (S, 3): what is far comes first."""
    strokes = []
    for a, b in layout.links + _stand_ins(mask, layout):
        if mask[a] and mask[b]:
            across = {layout.joint_names[k][:2] for k in (a, b)} == {"r_", "l_"}
            color = MIDDLE if across else side_color(layout.joint_names[b])
            away = (depth[a] + depth[b]) / 2
            strokes.append((away, (points[a], points[b]), bone / 2, color))
    for j in np.flatnonzero(mask):
        strokes.append((depth[j], (points[j], points[j]), bone * 0.85,
                        side_color(layout.joint_names[j])))
    strokes.sort(key=lambda stroke: -stroke[0])
    return tuple(zip(*(stroke[1:] for stroke in strokes))) or ((), (), ())


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
    sides = [(corners[i], corners[(i + 1) % 4]) for i in range(4)]
    line = line_width(canvas)
    _paint(canvas, sides, [line / 2] * 4, [tuple(color)] * 4, rim=max(0.8, line * 0.4))


def line_width(canvas: np.ndarray) -> float:
    """Width of a box's outline, in pixels."""
    return max(1.2, 0.0025 * math.hypot(*canvas.shape[:2]))


# === Strokes with soft edges ===

def _paint(canvas: np.ndarray, segments, radii, colors, rim: float) -> None:
    """Paint round-ended segments: first all rims, then all colours."""
    near = [_near(canvas.shape, a, b, radius + rim + 0.5)
            for (a, b), radius in zip(segments, radii)]
    for (places, distance), radius in zip(near, radii):
        alpha = RIM_OPACITY * (radius + rim + 0.5 - distance).clip(0, 1)
        _blend(canvas, places, RIM, alpha)
    for (places, distance), radius, color in zip(near, radii, colors):
        _blend(canvas, places, color, (radius + 0.5 - distance).clip(0, 1))


def _near(shape, a, b, reach: float):
    """((rows, columns) of the pixels within `reach` of a segment, their distances)."""
    low, high = np.minimum(a, b) - reach - 1, np.maximum(a, b) + reach + 1
    x0, y0 = (int(v) for v in np.clip(np.floor(low), 0, (shape[1], shape[0])))
    x1, y1 = (int(v) for v in np.clip(np.ceil(high), 0, (shape[1], shape[0])))
    x = (np.arange(x0, x1) + 0.5 - a[0]).astype(np.float32)[None, :]
    y = (np.arange(y0, y1) + 0.5 - a[1]).astype(np.float32)[:, None]
    dx, dy = np.float32(b[0] - a[0]), np.float32(b[1] - a[1])
    along = ((x * dx + y * dy) / max(float(dx * dx + dy * dy), 1e-12)).clip(0, 1)
    squares = (x - along * dx) ** 2 + (y - along * dy) ** 2
    rows, columns = np.nonzero(squares < reach * reach)
    return (rows + y0, columns + x0), np.sqrt(squares[rows, columns])


def _blend(canvas: np.ndarray, places, color, alpha: np.ndarray) -> None:
    old = canvas[places].astype(np.float32)
    canvas[places] = np.round(old + (np.float32(color) - old) * alpha[:, None])


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
