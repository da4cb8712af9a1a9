"""Where people are filmed: cameras, rooms and fields, light, things in the way."""
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from deephar.data.synthetic.draw import Light, Part, View

FIELDS_AND_FLOORS = ((96, 140, 70), (70, 110, 150), (170, 96, 66), (150, 150, 150),
                     (190, 160, 110), (120, 130, 96))
WALLS = ((214, 206, 190), (176, 190, 200), (200, 176, 160), (150, 160, 150), (226, 226, 226),
         (120, 130, 150), (190, 200, 170))
THINGS = ((150, 60, 50), (60, 90, 140), (70, 120, 80), (200, 170, 90), (110, 80, 60),
          (90, 90, 100), (220, 220, 215))

MARGIN = 110.0      # mm; bodies are thicker than their joints


def look_at(position: np.ndarray, target: np.ndarray, roll: float = 0.0) -> np.ndarray:
    """R of a camera at `position` that looks at `target`; roll in radians."""
    ahead = np.subtract(target, position).astype(float)
    ahead /= np.linalg.norm(ahead)
    right = np.cross(ahead, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    down = np.cross(ahead, right)
    right, down = (np.cos(roll) * right + np.sin(roll) * down,
                   np.cos(roll) * down - np.sin(roll) * right)
    return np.stack([right, down, ahead])


def frame_view(rng: np.random.Generator, points: np.ndarray, size: tuple,
               fill: tuple = (0.6, 0.88), azimuth: float | None = None,
               elevation: tuple = (-4, 22), shift: float = 0.06) -> View:
    """A camera from any side that sees the points (N, 3) fill the picture.

    Args:
        fill: how much of the picture's tighter side the points take.
        azimuth: direction in degrees from which to look; random if None.
        elevation: range in degrees.
        shift: how far the points' middle may be from the picture's, in
            shares of the free place.
    """
    width, height = size
    focal = rng.uniform(1.1, 1.7) * max(size)
    azimuth = np.radians(rng.uniform(0, 360) if azimuth is None else azimuth)
    tilt = np.radians(rng.uniform(*elevation))
    roll = np.radians(rng.normal(0, 1.2))
    wanted = rng.uniform(*fill)
    away = np.array([np.cos(azimuth) * np.cos(tilt), np.sin(azimuth) * np.cos(tilt),
                     np.sin(tilt)])
    points = np.concatenate([points - MARGIN, points + MARGIN])
    middle = (points.min(0) + points.max(0)) / 2
    distance = 4000.0
    centre = np.array([width / 2, height / 2])
    for _ in range(4):
        position = middle + distance * away
        position[2] = max(position[2], 250.0)
        view = View(look_at(position, middle, roll), position, np.full(2, focal), centre, size)
        uv = view.project(points)[:, :2]
        share = (np.ptp(uv, axis=0) / size).max() / wanted
        distance = max(distance * share, 1.2 * np.ptp(points, axis=0).max())
    # Move the picture so that the people's box is about in the middle.
    box = (uv.min(0) + uv.max(0)) / 2
    aim = centre + rng.uniform(-1, 1, 2) * shift * np.array(size)
    return View(view.R, view.T, view.f, centre + aim - box, size)


def make_light(rng: np.random.Generator) -> Light:
    """Sun or lamps from a random side, a little warm or cold."""
    azimuth, height = rng.uniform(0, 2 * np.pi), np.radians(rng.uniform(35, 75))
    direction = np.array([np.cos(azimuth) * np.cos(height),
                          np.sin(azimuth) * np.cos(height), np.sin(height)])
    colour = np.clip(1 + rng.normal(0, 0.04, 3), 0.85, 1.1) * rng.uniform(0.95, 1.12)
    return Light(direction, float(rng.uniform(0.55, 0.78)), tuple(colour))


def background(rng: np.random.Generator, view: View, indoors: bool | None = None) -> Image.Image:
    """A room or an open field behind and under the people."""
    width, height = view.size
    small = max(1, round(max(view.size) / 320))     # coarser where the picture is large
    w, h = width // small, height // small
    u = (np.arange(w)[None] + 0.5) * width / w
    v = (np.arange(h)[:, None] + 0.5) * height / h
    x, y = view.rays(u, v)
    x, y = np.broadcast_arrays(x.astype(np.float32), y.astype(np.float32))
    ray = np.stack([x, y, np.ones_like(x)], -1) @ view.R.astype(np.float32)
    if indoors is None:
        indoors = rng.random() < 0.5
    image = _room(rng, view, ray) if indoors else _field(rng, view, ray)
    grain = rng.normal(0, 1, (h // 6 + 2, w // 6 + 2)).astype(np.float32)
    grain = np.asarray(Image.fromarray(grain).resize((w, h), Image.Resampling.BICUBIC))
    image = np.clip(image * (1 + 0.022 * grain[..., None]), 0, 255).astype(np.uint8)
    picture = Image.fromarray(image)
    if small > 1:
        picture = picture.resize(view.size, Image.Resampling.BILINEAR)
    return picture


def _floor_pattern(rng, place, distance):
    """Colours of floor points (h, w, 2) in mm: plain, tiles, planks or patches.

    The pattern fades with the distance (h, w), where pixels would miss it.
    """
    colour = np.array(_pick(rng, FIELDS_AND_FLOORS)) + rng.normal(0, 10, 3)
    colour = colour.astype(np.float32)
    other = colour * rng.uniform(0.78, 1.18)
    step = rng.uniform(350, 900)
    p = place / step
    kind = rng.integers(4)
    if kind == 0:
        mask = np.zeros(p.shape[:2], bool)
    elif kind == 1:
        mask = (np.floor(p[..., 0]) + np.floor(p[..., 1])) % 2 == 0
    elif kind == 2:
        mask = np.floor(p[..., 0] * 3) % 2 == 0
    else:
        mask = np.sin(2 * p[..., 0]) + np.sin(1.7 * p[..., 1] + 1) > 0.4
    clear = np.clip(1.6 - distance / 7000, 0, 1)[..., None]
    image = colour + np.where(mask[..., None], other - colour, 0) * clear.astype(np.float32)
    if rng.random() < 0.4:          # the lines of a court
        for axis in range(2):
            at = rng.uniform(-2500, 2500)
            image[np.abs(place[..., axis] - at) < 35] = (236, 236, 230)
    return image


def _pick(rng, table):
    return table[rng.integers(len(table))]


def _field(rng, view, ray):
    """Sky over ground that fades into the distance, with trees and houses."""
    down = np.minimum(ray[..., 2], -1e-4)
    t = view.T[2] / -down
    place = view.T[:2].astype(np.float32) + ray[..., :2] * t[..., None]
    far = np.clip(t / 40000, 0, 1)[..., None] ** 0.7
    haze = np.array(_pick(rng, ((206, 220, 232), (236, 224, 204), (196, 204, 206))), np.float32)
    ground = _floor_pattern(rng, np.clip(place, -1e5, 1e5), t) * (1 - far) + haze * 0.8 * far
    rise = np.clip(ray[..., 2] / np.linalg.norm(ray, axis=-1), 0, 1)[..., None] ** 0.6
    top = np.array(_pick(rng, ((90, 140, 210), (130, 150, 180), (150, 180, 220))), np.float32)
    sky = haze * (1 - rise) + top * rise
    is_sky = ray[..., 2] >= 0
    image = np.where(is_sky[..., None], sky, ground)
    row = np.argmin(np.abs(ray[:, ray.shape[1] // 2, 2]))
    layer = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
    pencil = ImageDraw.Draw(layer)
    h, w = image.shape[:2]
    if is_sky.any():
        for _ in range(rng.integers(3, 10)):
            x, size = rng.uniform(0, w), h * rng.uniform(0.08, 0.3)
            colour = np.array(_pick(rng, THINGS)) * 0.4 + haze * 0.4
            if rng.random() < 0.6:
                green = tuple(int(c) for c in
                              np.array([70, 106, 62]) * rng.uniform(0.7, 1.3))
                pencil.rectangle([x - size / 14, row - size * 0.5, x + size / 14, row + 2],
                                 fill=(90, 70, 54))
                for _ in range(4):
                    cx, cy = x + rng.normal(0, size / 6), row - size * rng.uniform(0.4, 0.9)
                    r = size * rng.uniform(0.2, 0.34)
                    pencil.ellipse([cx - r, cy - r, cx + r, cy + r], fill=green)
            else:
                pencil.rectangle([x - size, row - size, x + size * 0.8, row + 1],
                                 fill=tuple(int(c) for c in colour))
    if rng.random() < 0.5:
        layer = layer.filter(ImageFilter.GaussianBlur(float(rng.uniform(0.6, 1.6))))
    return np.asarray(layer, np.float32)


def _room(rng, view, ray):
    """The inside of a box: floor, four walls with windows and posters, a ceiling."""
    position = view.T.astype(np.float32)
    half = np.maximum(np.abs(position[:2]) + 600, rng.uniform(2600, 4200, 2)).astype(np.float32)
    ceiling = max(float(position[2]) + 500, rng.uniform(2700, 4200))
    with np.errstate(divide="ignore", invalid="ignore"):
        walls = (np.sign(ray[..., :2]) * half - position[:2]) / ray[..., :2]
        levels = np.where(ray[..., 2] < 0, -position[2], ceiling - position[2]) / ray[..., 2]
    side = np.argmin(walls, -1)
    t_wall = np.min(walls, -1)
    t = np.minimum(t_wall, levels)
    place = position + ray * t[..., None]
    is_wall = t_wall <= levels
    colours = [np.array(_pick(rng, WALLS), np.float32) for _ in range(2)]
    image = np.where((side == 0)[..., None], colours[0], colours[0] * 0.88)
    along = np.where(side == 0, place[..., 1], place[..., 0]) + 5000.0 * np.where(
        np.take_along_axis(ray, side[..., None], -1)[..., 0] > 0, 2, 6) * (1 + side)
    high = place[..., 2]
    kind = rng.integers(4)
    if kind == 0:                               # panels up to the hips
        image = np.where((high < 1000)[..., None], colours[1], image)
    elif kind == 1:                             # bricks
        row = np.floor(high / 110)
        joint = (np.mod(high, 110) < 12) | (np.mod(along + 130 * (row % 2), 260) < 12)
        image = np.where(joint[..., None], image * 0.85, image)
    elif kind == 2:                             # stripes
        image = np.where((np.mod(along, 420) < 140)[..., None], colours[1], image)
    for _ in range(rng.integers(4, 12)):        # posters, shelves, windows, doors
        centre = rng.uniform(-4500, 4500) + 5000.0 * rng.choice([2, 6]) * rng.choice([1, 2])
        width, low = rng.uniform(150, 800), rng.uniform(0, 1900)
        top = low + rng.uniform(300, 1300)
        inside = (np.abs(along - centre) < width) & (high > low) & (high < top)
        frame = inside & ~((np.abs(along - centre) < width - 40)
                           & (high > low + 40) & (high < top - 40))
        colour = np.array(_pick(rng, THINGS), np.float32)
        image = np.where(inside[..., None], colour * (0.75 + 0.25 * (high - low) / (
            top - low))[..., None], image)
        image = np.where(frame[..., None], colour * 0.55, image)
    image = np.where(((high < 110) & is_wall)[..., None], colours[1] * 0.6, image)
    floor = _floor_pattern(rng, place[..., :2], t)
    flat = np.where((ray[..., 2] < 0)[..., None], floor, np.float32(225))
    image = np.where(is_wall[..., None], image, flat)
    # Corners and far places are darker.
    corner = np.min(half - np.abs(place[..., :2]), -1)
    edge = np.where(is_wall, np.minimum(high, 600), np.clip(corner, 0, 600)) / 600
    return image * (0.82 + 0.18 * np.sqrt(np.clip(edge, 0, 1)))[..., None]


def occluders(rng: np.random.Generator, view: View, target: np.ndarray) -> list[Part]:
    """One or two things between the camera and the people, low or at the side."""
    parts = []
    for _ in range(rng.integers(1, 3)):
        share = rng.uniform(0.25, 0.55)
        at = view.T + share * (target - view.T)
        sideways = rng.uniform(0.04, 0.42) * rng.choice([-1, 1]) * np.linalg.norm(target - at)
        foot = (at + view.R[0] * sideways) * [1, 1, 0]
        colour = _pick(rng, THINGS)
        tall = rng.uniform(500, 2600)
        top = foot + np.array([0, 0, tall])
        radius = rng.uniform(25, 90) if tall > 1100 else rng.uniform(80, 260)
        parts.append(Part(foot, top, (radius, radius), colour))
        parts.append(Part(top, None, (radius, radius, 0.4 * radius), colour))
        if tall < 1100 and rng.random() < 0.5:     # a plant in its pot
            for _ in range(7):
                leaf = top + rng.normal(0, radius, 3) + [0, 0, 1.2 * radius]
                parts.append(Part(leaf, None, tuple(radius * rng.uniform(0.3, 0.8, 3)),
                                  (62, int(rng.uniform(90, 150)), 58)))
    return parts
