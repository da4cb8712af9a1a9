"""Drawing on pictures: skeletons, boxes, captions, contact sheets.

Right is orange, left is blue, the trunk is yellow; every mark has a dark rim, so
that it reads on light and on dark.  Widths follow the size of the picture and
of the person, from a thumbnail to 4K.  A "picture" is a PIL image, a uint8
array (H, W, 3) or (H, W), or a network's frame: floats in [-1, 1].  Nothing is
drawn in place: every function returns a new PIL image.
"""
import functools
import math
from pathlib import Path
from typing import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from deephar.utils.files import atomic_path
from deephar.utils.pose import POSE_LAYOUTS, PoseLayout, get_valid_joints

RIGHT, LEFT, MIDDLE = (255, 132, 28), (64, 170, 255), (255, 224, 96)
RIM = (16, 18, 24)
PAPER, INK = (250, 250, 248), (32, 34, 40)


def to_picture(image) -> Image.Image:
    """Any picture as a new RGB image; alpha is laid over white.

    Args:
        image: a PIL image, a uint8 array, or floats in [-1, 1] as a network
            sees them; arrays are (H, W), (H, W, 1), (H, W, 3) or (H, W, 4).
    """
    if not isinstance(image, Image.Image):
        image = Image.fromarray(_to_uint8(np.asarray(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, image).convert("RGB")
    return image.convert("RGB") if image.mode != "RGB" else image.copy()


def _to_uint8(array: np.ndarray) -> np.ndarray:
    if array.ndim == 3 and array.shape[-1] == 1:
        array = array[..., 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[-1] not in (3, 4)):
        raise ValueError("a picture is (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), "
                         f"got shape {array.shape}")
    if array.dtype == np.uint8:
        return array
    if not np.issubdtype(array.dtype, np.floating):
        raise ValueError("a picture's array is uint8, or floats in [-1, 1], "
                         f"got {array.dtype}")
    return np.round((np.clip(array, -1, 1) + 1) * 127.5).astype(np.uint8)


def side_color(name: str) -> tuple[int, int, int]:
    """The colour of a joint, by its name: right, left or middle."""
    return {"r_": RIGHT, "l_": LEFT}.get(name[:2], MIDDLE)


def draw_pose(image, pose_px, layout: PoseLayout, valid=None, *, depth=None,
              width: float | None = None) -> Image.Image:
    """Draw the skeletons of one or more people.

    Args:
        image: a picture.
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
    canvas = np.array(to_picture(image))
    for points, mask, away in zip(poses[..., :2], seen, depths):
        bone = width or bone_width(canvas.shape, points[mask])
        strokes = _strokes(points, mask, away, layout, bone)
        _paint(canvas, *strokes, rim=max(1.0, bone * 0.4))
    return Image.fromarray(canvas)


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
    lacks = lambda name: name not in index or not mask[index[name]]
    bones = []
    if lacks("thorax"):
        bones.append(("r_shoulder", "l_shoulder"))
    if lacks("pelvis"):
        bones.append(("r_hip", "l_hip"))
    if lacks("thorax") or lacks("pelvis"):
        bones += [("r_shoulder", "r_hip"), ("l_shoulder", "l_hip")]
    return tuple((index[a], index[b]) for a, b in bones if a in index and b in index)


def _paint(canvas: np.ndarray, segments, radii, colors, rim: float) -> None:
    """Draw round-ended segments, with soft edges, into `canvas`: first all rims."""
    fields = [_distance_field(canvas.shape, a, b, radius + rim)
              for (a, b), radius in zip(segments, radii)]
    for (window, distance), radius in zip(fields, radii):
        _blend(canvas[window], RIM, 0.8 * np.clip(radius + rim + 0.5 - distance, 0, 1))
    for (window, distance), radius, color in zip(fields, radii, colors):
        _blend(canvas[window], color, np.clip(radius + 0.5 - distance, 0, 1))


def _distance_field(shape, a, b, reach):
    """(window of the canvas, distance of its pixels' centres to segment a-b)."""
    low = np.floor(np.minimum(a, b) - reach - 1)
    high = np.ceil(np.maximum(a, b) + reach + 1)
    limit = (shape[1], shape[0])
    x0, y0 = (int(v) for v in np.clip(low, 0, limit))
    x1, y1 = (int(v) for v in np.clip(high, 0, limit))
    x = (np.arange(x0, x1) + 0.5 - a[0]).astype(np.float32)[None, :]
    y = (np.arange(y0, y1) + 0.5 - a[1]).astype(np.float32)[:, None]
    dx, dy = float(b[0] - a[0]), float(b[1] - a[1])
    along = np.clip((x * dx + y * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
    return np.s_[y0:y1, x0:x1], np.hypot(x - along * dx, y - along * dy)


def _blend(window: np.ndarray, color, alpha: np.ndarray) -> None:
    mixed = window + (np.float32(color) - window) * alpha[..., None]
    window[...] = np.round(mixed).astype(np.uint8)


def draw_box(image, box, color: Sequence[int] = (255, 255, 255),
             label: str | None = None) -> Image.Image:
    """Draw a box (x1, y1, x2, y2), with an optional label on its upper edge."""
    picture = to_picture(image)
    canvas = np.array(picture)
    x1, y1, x2, y2 = (float(v) for v in np.asarray(box, np.float64))
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
    sides = [(np.array(corners[i]), np.array(corners[(i + 1) % 4])) for i in range(4)]
    line = max(1.2, 0.0025 * math.hypot(*picture.size))
    _paint(canvas, sides, [line / 2] * 4, [tuple(color)] * 4, rim=max(0.8, line * 0.4))
    picture = Image.fromarray(canvas)
    if not label:
        return picture
    return caption(picture, label, at=(x1, y1 - line))


@functools.lru_cache(maxsize=32)
def font_of(size: float) -> ImageFont.FreeTypeFont:
    """The font that comes with matplotlib, so that every machine writes the same."""
    import matplotlib
    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(path, max(8, round(size)))


def caption(image, text: str, at: str | tuple[float, float] = "top left", *,
            size: float | None = None) -> Image.Image:
    """Write white text on a dark panel.

    Args:
        image: a picture.
        text: one or more lines.
        at: 'top left', 'top right', 'bottom left', 'bottom right', or the
            pixel of the panel's lower left corner; it is kept inside.
        size: of the letters in pixels; default: by the picture.
    """
    picture = to_picture(image)
    font = font_of(size or max(11.0, 0.024 * math.hypot(*picture.size)))
    pad = font.size * 0.4
    draw = ImageDraw.Draw(picture, "RGBA")
    left, top, right, bottom = draw.multiline_textbbox((0, 0), text, font=font)
    panel_w, panel_h = right - left + 2 * pad, bottom - top + 2 * pad
    room_w, room_h = picture.width - panel_w, picture.height - panel_h
    if isinstance(at, str):
        x = room_w - pad if "right" in at else pad
        y = room_h - pad if "bottom" in at else pad
    else:
        x, y = at[0], at[1] - panel_h
    x, y = max(0.0, min(x, room_w)), max(0.0, min(y, room_h))
    draw.rounded_rectangle((x, y, x + panel_w, y + panel_h), pad * 0.8, RIM + (190,))
    draw.multiline_text((x + pad - left, y + pad - top), text, (255, 255, 255), font=font)
    return picture


def contact_sheet(images: Iterable, columns: int,
                  captions: Sequence[str] | None = None, *,
                  cell: int = 256) -> Image.Image:
    """Pictures in rows, each scaled into a `cell` × `cell` square, on white.

    Args:
        images: pictures of any size.
        columns: pictures in a row.
        captions: one short text per picture, written below it.
        cell: side of a square in pixels.
    """
    pictures = [to_picture(image) for image in images]
    if columns < 1 or cell < 1:
        raise ValueError("columns and cell must be ≥ 1, "
                         f"got columns={columns}, cell={cell}")
    if not pictures:
        raise ValueError("a contact sheet needs at least one picture, got none")
    if captions is not None and len(captions) != len(pictures):
        raise ValueError(f"captions: one per picture ({len(pictures)}), "
                         f"got {len(captions)}")
    gap = max(2, cell // 40)
    font = font_of(max(10, cell / 18))
    text_height = round(font.size * 1.8) if captions is not None else 0
    for picture in pictures:
        picture.thumbnail((cell, cell), Image.Resampling.LANCZOS)
    columns = min(columns, len(pictures))
    rows = math.ceil(len(pictures) / columns)
    heights = [max(p.height for p in pictures[r * columns:(r + 1) * columns])
               for r in range(rows)]
    step = max(p.width for p in pictures) + gap
    sheet = Image.new("RGB", (columns * step + gap,
                              sum(heights) + rows * (gap + text_height) + gap), PAPER)
    draw = ImageDraw.Draw(sheet)
    for i, picture in enumerate(pictures):
        row, column = divmod(i, columns)
        y = gap + sum(heights[:row]) + row * (gap + text_height)
        middle = gap + column * step + (step - gap) / 2
        sheet.paste(picture, (round(middle - picture.width / 2), y))
        if captions is not None:
            draw.text((middle, y + heights[row] + text_height / 2),
                      _shortened(captions[i], font, step - gap), INK,
                      font=font, anchor="mm")
    return sheet


def _shortened(text: str, font, room: float) -> str:
    """`text`, cut with an ellipsis where it does not fit."""
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "…") > room:
        text = text[:-1]
    return text + "…"


# === Names of the published code ===

def show(x, gray_scale: bool = False, jet_cmap: bool = False, filename=None) -> None:
    """Show a picture in a window, or write it to `filename`.

    Args:
        x: a picture.
        gray_scale, jet_cmap: show x (H, W), of any range, in grey or in colours.
        filename: write this file and open no window.
    """
    if gray_scale or jet_cmap:
        x = np.squeeze(np.asarray(x, np.float64))
        x = (x - x.min()) / max(np.ptp(x), 1e-12)
        if jet_cmap:
            from matplotlib import colormaps
            x = colormaps["jet"](x)[..., :3]
        x = np.round(x * 255).astype(np.uint8)
    picture = to_picture(x)
    if filename is not None:
        with atomic_path(filename) as temporary:
            picture.save(temporary)
        return
    import matplotlib.pyplot as plt
    figure = plt.figure(figsize=(picture.width / 100, picture.height / 100))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.imshow(picture)
    axes.set_axis_off()
    plt.show()


def draw(x=None, skels: Sequence = (), bboxes: Sequence = (),
         bbox_color: Sequence[int] = (255, 255, 255), abs_pos: bool = False,
         filename=None) -> Image.Image:
    """Draw skeletons and boxes on a picture, show or write it, and return it.

    Args:
        x: a picture; None is a white one of 512 × 512.
        skels: poses (J, D) of 16, 17, 20 or 21 joints.
        bboxes: boxes (x1, y1, x2, y2).
        bbox_color: (r, g, b).
        abs_pos: coordinates are pixels; otherwise fractions of the picture.
        filename: write this file and open no window.
    """
    picture = Image.new("RGB", (512, 512), "white") if x is None else to_picture(x)
    scale = np.array((1, 1) if abs_pos else picture.size, np.float64)
    layouts = {layout.num_joints: layout for layout in POSE_LAYOUTS.values()}
    for box in bboxes:
        picture = draw_box(picture, np.asarray(box) * np.tile(scale, 2), bbox_color)
    for pose in skels:
        pose = np.asarray(pose, np.float64)
        if len(pose) not in layouts:
            raise ValueError(f"a pose has {sorted(layouts)} joints, got {len(pose)}")
        picture = draw_pose(picture, pose[:, :2] * scale, layouts[len(pose)],
                            get_valid_joints(pose[:, :2]))
    show(picture, filename=filename)
    return picture
