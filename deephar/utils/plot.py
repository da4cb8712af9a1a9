"""Drawing on pictures: skeletons, boxes, captions, contact sheets.

The marks are those of `deephar.utils.paint`.  A "picture" is a PIL image, a
uint8 array (H, W, 3) or (H, W), or a network's frame: floats in [-1, 1].
Nothing is drawn in place: every function returns a new PIL image.
"""
import math
from typing import Iterable, Sequence

import numpy as np
from PIL import Image, ImageDraw

from deephar.utils.files import write_picture
from deephar.utils.paint import (
    font_of, line_width, paint_box, paint_caption, paint_pose)
from deephar.utils.pose import POSE_LAYOUTS, PoseLayout, get_valid_joints

PAPER, INK = (250, 250, 248), (32, 34, 40)


def to_picture(image) -> Image.Image:
    """Any picture as a new RGB image; alpha is laid over white, 16 bits are scaled.

    Args:
        image: a PIL image, a uint8 array, or floats in [-1, 1] as a network
            sees them; arrays are (H, W), (H, W, 1), (H, W, 3) or (H, W, 4).
    """
    if not isinstance(image, Image.Image):
        image = Image.fromarray(_to_uint8(np.asarray(image)))
    if image.mode.startswith("I"):      # 16 bits; Pillow's own conversion clips
        levels = np.asarray(image).astype(np.int64) >> 8
        image = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
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


def draw_pose(image, pose_px, layout: PoseLayout, valid=None, *, depth=None,
              width: float | None = None) -> Image.Image:
    """Draw the skeletons of one or more people; see `paint_pose` for the arguments."""
    canvas = np.array(to_picture(image))
    paint_pose(canvas, pose_px, layout, valid, depth=depth, width=width)
    return Image.fromarray(canvas)


def draw_box(image, box, color: Sequence[int] = (255, 255, 255),
             label: str | None = None) -> Image.Image:
    """Draw a box (x1, y1, x2, y2), with an optional label on its upper edge."""
    canvas = np.array(to_picture(image))
    paint_box(canvas, box, color)
    if label:
        paint_caption(canvas, label, at=(box[0], box[1] - line_width(canvas)))
    return Image.fromarray(canvas)


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
        write_picture(filename, picture)
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
