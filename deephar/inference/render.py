"""Predictions to look at: skeletons, 3D views, action bars, heat maps.

Drawing primitives are those of `deephar.utils.plot`.
"""
from collections import deque
from dataclasses import replace
from typing import Callable, Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw

from deephar.inference.results import FrameResult, Person
from deephar.utils.paint import font_of, paint_box, paint_caption, paint_pose
from deephar.utils.plot import PAPER, to_picture
from deephar.utils.pose import PoseLayout

LEAST_CONFIDENCE = 0.1          # joints below it are not drawn
# Colours of the bar, told apart by neighbours; classes take them in their order.
CLASS_COLORS = ((76, 114, 176), (221, 132, 82), (85, 168, 104), (196, 78, 82),
                (129, 114, 179), (147, 120, 96), (218, 139, 195), (140, 140, 140),
                (204, 185, 116), (100, 181, 205))


def draw_people(image, people: Sequence[Person], layout: PoseLayout | None, *,
                boxes: bool = False, labels: bool = True) -> Image.Image:
    """A picture with everybody's skeleton, and what they do.

    Args:
        boxes: also draw where the people were looked for.
        labels: write the likeliest action at each person.
    """
    canvas = np.array(to_picture(image))
    paint_people(canvas, people, layout, boxes=boxes, labels=labels)
    return Image.fromarray(canvas)


def paint_people(canvas: np.ndarray, people: Sequence[Person],
                 layout: PoseLayout | None, *, boxes: bool = False,
                 labels: bool = True, numbers: bool = False) -> None:
    """`draw_people` into an array (H, W, 3), in place; `numbers` tell people apart."""
    for person in people:
        if boxes:
            paint_box(canvas, person.box)
    posed = [person for person in people if person.joints is not None]
    if posed and layout is not None:
        paint_pose(canvas, np.stack([person.joints for person in posed]), layout,
                   np.stack([_drawn(person) for person in posed]))
    for person in people:
        best = person.best_action()
        words = [str(person.id)] if numbers else []
        if labels and best is not None:
            words.append(f"{nice(best[0])} {best[1]:.0%}")
        if words:
            paint_caption(canvas, "  ".join(words), at=_label_place(person))


def _drawn(person: Person) -> np.ndarray:
    return np.asarray(person.confidence) >= LEAST_CONFIDENCE


def _label_place(person: Person) -> tuple[float, float]:
    """Above the person's head, or above the box where there is no pose."""
    if person.joints is None or not _drawn(person).any():
        return float(person.box[0]), float(person.box[1])
    points = person.joints[_drawn(person)]
    left, top = points.min(axis=0)
    return float(left), float(top - 0.06 * np.ptp(points[:, 1]))


def nice(name: str) -> str:
    """A class name for people: 'jumping_jacks' as 'jumping jacks'."""
    return name.replace("_", " ")


# === Actions ===

def _class_color(number: int) -> tuple[int, int, int]:
    return CLASS_COLORS[number % len(CLASS_COLORS)]


def action_timeline(history: Sequence[Mapping[str, float] | None], width: int,
                    height: int) -> Image.Image:
    """The likeliest class over time, as a coloured bar with names.

    Args:
        history: per frame, the probabilities of the classes, or None.
        width, height: of the picture; all of `history` fills the width.
    """
    picture = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(picture)
    font = font_of(0.6 * height)
    best = [max(h, key=h.get) if h else None for h in history]
    start = 0
    for i in range(1, len(best) + 1):
        if i < len(best) and best[i] == best[start]:
            continue
        name = best[start]
        x1, x2 = start * width / len(best), i * width / len(best)
        if name is not None:
            color = _class_color(list(history[start]).index(name))
            draw.rectangle((x1, 0, x2, height), color)
            room, text = x2 - x1 - 0.4 * height, nice(name)
            if font.getlength(text) <= room:
                draw.text((x1 + 0.2 * height, height / 2), text, (255, 255, 255),
                          font=font, anchor="lm", stroke_width=max(1, height // 30),
                          stroke_fill=(40, 42, 48))
        start = i
    return picture


# === Heat maps ===

def draw_heat_map(image, heat_map: np.ndarray, crop_matrix: np.ndarray, *,
                  strength: float = 0.75) -> Image.Image:
    """A heat map (H, W), of the crop, laid over the picture it was cut from.

    Args:
        heat_map: any range; its largest value becomes opaque.
        crop_matrix: from pixels of the picture to fractions of the crop.
        strength: opacity of the largest value.
    """
    from matplotlib import colormaps
    picture = to_picture(image)
    heat = np.asarray(heat_map, np.float64)
    heat = (heat - heat.min()) / max(np.ptp(heat), 1e-12)
    rows, columns = heat.shape
    layer = Image.fromarray(heat.astype(np.float32), "F")
    to_map = np.diag([columns, rows, 1.0]) @ crop_matrix
    spread = np.asarray(layer.transform(picture.size, Image.Transform.AFFINE,
                                        tuple(to_map[:2].ravel()),
                                        Image.Resampling.BILINEAR))
    color = colormaps["inferno"](0.4 + 0.6 * spread)[..., :3] * 255    # never dark
    alpha = (strength * np.sqrt(spread))[..., None]
    mixed = np.asarray(picture) * (1 - alpha) + color * alpha
    return Image.fromarray(np.round(mixed).astype(np.uint8))


# === Frames of a rendered video ===

class Renderer:
    """Draws one frame after another in the same manner.

    Args:
        layout: of the poses.
        boxes: draw where people were looked for.
        beside: draws what is in a square at the right of the picture, from the
            result and the side of the square.
        timeline: draw bars of the actions below, over so many frames; 0: none.
        rows: bars; of the people that were seen last.  With more than one, people
            wear their numbers.
        max_side: larger pictures are made smaller.
        least_height: lower ones are made larger.
    """

    def __init__(self, layout: PoseLayout | None, *, boxes: bool = False,
                 beside: Callable[[FrameResult, int], np.ndarray] | None = None,
                 timeline: int = 0, rows: int = 1, max_side: int = 1920,
                 least_height: int = 1):
        self.layout, self.boxes, self.beside = layout, boxes, beside
        self.max_side, self.least_height = max_side, least_height
        self._history: deque = deque(maxlen=timeline or None)
        self._timeline, self._rows = timeline, rows
        self._last_seen: dict[int, int] = {}            # person: count of frames
        self._count = 0

    def __call__(self, picture, result: FrameResult) -> np.ndarray:
        """The drawn frame, (H, W, 3) uint8; the picture stays as it is."""
        picture, people = self._fitted(picture, result.people)
        height, width = picture.shape[:2]
        bar = max(18, round(0.05 * height)) if self._timeline else 0
        canvas = np.empty((height + bar * self._rows, width, 3), np.uint8)
        canvas[:height] = picture
        paint_people(canvas[:height], people, self.layout, boxes=self.boxes,
                     numbers=self._rows > 1)
        if bar:
            canvas[height:] = self._bars(people, width, bar)
        if self.beside is None:
            return canvas
        square = np.full((len(canvas), height, 3), PAPER, np.uint8)
        square[:height] = self.beside(result, height)
        return np.concatenate([canvas, square], axis=1)

    def _fitted(self, picture, people):
        """Picture and people, between `least_height` and `max_side`."""
        array = picture if isinstance(picture, np.ndarray) else np.asarray(picture)
        scale = min(max(1.0, self.least_height / array.shape[0]),
                    self.max_side / max(array.shape[:2]))
        if scale == 1:
            return array, people
        size = [max(1, round(scale * side)) for side in array.shape[1::-1]]
        fitted = Image.fromarray(array).resize(size, Image.Resampling.BILINEAR,
                                               reducing_gap=2)
        return np.asarray(fitted), [_scaled(person, scale) for person in people]

    def _bars(self, people, width: int, height: int) -> np.ndarray:
        """A bar for each person that was seen lately, in the order of the numbers."""
        self._history.append({p.id: next(iter(p.actions.values()), None) for p in people})
        self._count += 1
        self._last_seen |= {p.id: self._count for p in people}
        latest = sorted(self._last_seen, key=self._last_seen.get)[-self._rows:]
        self._last_seen = {id: self._last_seen[id] for id in latest}
        missing = [None] * (self._timeline - len(self._history))
        bars = np.full((self._rows * height, width, 3), PAPER, np.uint8)
        label = round(1.6 * height) if self._rows > 1 else 0
        for row, id in enumerate(sorted(latest)):
            bar = bars[row * height:(row + 1) * height]
            history = [seen.get(id) for seen in self._history] + missing
            bar[:, label:] = np.asarray(action_timeline(history, width - label, height))
            if label:
                paint_caption(bar, str(id), (0.3 * height, height), size=0.55 * height)
        return bars


def _scaled(person: Person, scale: float) -> Person:
    joints = None if person.joints is None else np.asarray(person.joints) * scale
    return replace(person, joints=joints, box=np.asarray(person.box) * scale)
