"""A small ray caster: cones and ellipsoids, shaded, in front of a picture.

Every part of a body or prop is a quadric.  In a frame of its own it is a
round cone along z or the unit ball, so that one ray through each pixel meets
it where a quadratic equation says; the discriminant, as a function of the
pixel, is the part's outline.
"""
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Callable, NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

# Axes of parts that are round and need none: not along anything.
_ASKEW = np.linalg.qr(np.array([[0.3, 1.0, 0.2], [1.0, -0.2, 0.1], [0.1, 0.2, 1.0]]))[0]
NEAR = 150.0                    # mm; nothing closer is drawn


@dataclass(frozen=True)
class View:
    """A camera: x = R (P - T) in mm, then f, c and the distortion k, p in pixels.

    With k and p this is Human3.6M's camera model (see `deephar.utils.camera`).
    """
    R: np.ndarray
    T: np.ndarray
    f: np.ndarray
    c: np.ndarray
    size: tuple                 # (width, height)
    k: np.ndarray = field(default_factory=lambda: np.zeros(3))
    p: np.ndarray = field(default_factory=lambda: np.zeros(2))

    def project(self, points: np.ndarray) -> np.ndarray:
        """World (..., 3) to (u, v, depth)."""
        x = (np.asarray(points) - self.T) @ self.R.T
        q = self.distort(x[..., :2] / x[..., 2:])
        return np.concatenate([q * self.f + self.c, x[..., 2:]], -1)

    def distort(self, q: np.ndarray) -> np.ndarray:
        """Ideal points (..., 2) to where the lens shows them."""
        x, y = q[..., 0], q[..., 1]
        r2 = x * x + y * y
        k1, k2, k3 = self.k
        scale = 1 + r2 * (k1 + r2 * (k2 + r2 * k3)) + self.p[0] * x + self.p[1] * y
        return np.stack([x * scale + self.p[0] * r2, y * scale + self.p[1] * r2], -1)

    @cached_property
    def is_straight(self) -> bool:
        return not (self.k.any() or self.p.any())

    def rays(self, u: np.ndarray, v: np.ndarray) -> tuple:
        """Directions (x, y, 1) through pixels (h, w) or (1, w) and (h, 1)."""
        x, y = (u - self.c[0]) / self.f[0], (v - self.c[1]) / self.f[1]
        if self.is_straight:
            return x, y
        seen = np.stack(np.broadcast_arrays(x, y), -1)
        q = seen
        for _ in range(6):      # the distortion is small: this converges fast
            q = q - (self.distort(q) - seen)
        return q[..., 0], q[..., 1]


@dataclass(frozen=True)
class Part:
    """A cone from `a` to `b` with radii, or a ball if `b` is None.

    `paint` is a colour, or a function of local places (n, 3) that returns
    colours (n, 3).  A cone's local frame is (lateral, front, share of the
    length), the first two in radii; a ball's is its axes, in radii.
    """
    a: np.ndarray
    b: np.ndarray | None
    radii: tuple                        # cone: at a and b; ball: along the axes
    paint: tuple | Callable
    axes: np.ndarray | None = None      # (3, 3) columns; a cone uses the first
    flat: float = 1.0                   # cone: depth of the section over its width
    shiny: float = 0.0

    @property
    def extent(self) -> float:
        return max(self.radii)

    @property
    def ends(self) -> tuple:
        return self.a, self.a if self.b is None else self.b


@dataclass(frozen=True)
class Light:
    """Where the light comes from (world, unit) and how much is left in shadow."""
    direction: np.ndarray
    ambient: float = 0.45
    colour: tuple = (1.0, 1.0, 1.0)


def draw_parts(picture: np.ndarray, parts: list, view: View, light: Light,
               oversample: int = 2, held: int = 0) -> np.ndarray:
    """Draw parts over a picture.

    Args:
        picture: (H, W, 3) uint8, changed in place.
        oversample: rays per pixel and direction.
        held: so many parts at the end of the list are drawn, but left out of
            the depth that is returned.

    Returns:
        (H, W) float32, depth in mm, infinite where nothing was drawn.
    """
    height, width = picture.shape[:2]
    depth = np.full((height, width), np.inf, np.float32)
    boxes, distance = _bounds(parts, view)
    inside = ((boxes[:, 0] < width) & (boxes[:, 1] < height)
              & (boxes[:, 2] > 0) & (boxes[:, 3] > 0) & (distance > NEAR))
    if not inside.any():
        return depth
    x0, y0 = np.maximum(boxes[inside, :2].min(0), 0)
    x1, y1 = np.minimum(boxes[inside, 2:].max(0), (width, height))
    n = oversample
    u = (np.arange((x1 - x0) * n) + 0.5)[None, :] / n + x0
    v = (np.arange((y1 - y0) * n) + 0.5)[:, None] / n + y0
    x, y = view.rays(u, v)
    x, y = x.astype(np.float32), y.astype(np.float32)
    z = np.full((v.shape[0], u.shape[1]), np.inf, np.float32)
    rgb = np.zeros(z.shape + (3,), np.float32)
    equations = _quadrics(parts, view)
    toward = view.R @ light.direction
    above = view.R[:, 2]
    fine = [(slice(i, None, n), slice(j, None, n)) for i in range(n) for j in range(n)]
    first_held = len(parts) - held
    # Near parts first: what they hide is never shaded.  Held ones last.
    order = sorted(np.flatnonzero(inside), key=lambda i: (i >= first_held, distance[i]))
    solid = None
    for i in order:
        if i >= first_held and solid is None:
            solid = np.minimum.reduce([z[f] for f in fine])
        bx0, by0, bx1, by1 = boxes[i]
        window = (slice(max(by0 - y0, 0) * n, min(by1 - y0, y1 - y0) * n),
                  slice(max(bx0 - x0, 0) * n, min(bx1 - x0, x1 - x0) * n))
        wx = x[:, window[1]] if x.shape[0] == 1 else x[window]
        wy = y[window[0]] if y.shape[1] == 1 else y[window]
        _draw_part(parts[i], [field[i] for field in equations], wx, wy, z[window],
                   rgb[window], toward, above, light)
    over = sum(rgb[f] for f in fine)
    open_rays: Any = sum(np.isinf(z[f]).astype(np.float32) for f in fine)
    below = picture[y0:y1, x0:x1]
    mixed = (over + below * open_rays[..., None]) * (1 / (n * n)) + 0.5
    below[...] = np.clip(mixed, 0, 255, out=mixed).astype(np.uint8)
    depth[y0:y1, x0:x1] = np.minimum.reduce([z[f] for f in fine]) if solid is None else solid
    return depth


def _bounds(parts: list, view: View) -> tuple:
    """Pixel boxes (N, 4) as x0 y0 x1 y1, a little large, and distances (N,)."""
    ends = np.array([p.ends for p in parts])
    radii = np.array([(p.extent, p.extent) if p.b is None else p.radii for p in parts])
    uvd = view.project(ends)                                    # (N, 2, 3)
    distance = (uvd[..., 2] - radii).min(1)
    reach = radii * (1.12 * max(view.f)) / np.maximum(uvd[..., 2] - radii, 1.0) + 2
    low = (uvd[..., :2] - reach[..., None]).min(1)
    high = (uvd[..., :2] + reach[..., None]).max(1)
    boxes = np.clip(np.concatenate([np.floor(low), np.ceil(high)], 1), -1e6, 1e6)
    return boxes.astype(int), distance


class Quadrics(NamedTuple):
    """Parts as equations of t along a ray q: a t² + 2 b t + c = 0.

    The surface is where `local = M (t q) + o` is on the unit ball or on the
    cone x² + y² = (r + k z)²; a = q A q, b = w q, and q S q is the
    discriminant, whose sign draws the outline.
    """
    M: np.ndarray               # (N, 3, 3)
    o: np.ndarray               # (N, 3)
    r: np.ndarray               # (N,)
    k: np.ndarray               # (N,)
    A: np.ndarray               # (N, 3, 3)
    w: np.ndarray               # (N, 3)
    c: np.ndarray               # (N,)
    S: np.ndarray               # (N, 3, 3) float32


def _quadrics(parts: list, view: View) -> Quadrics:
    ball = np.array([p.b is None for p in parts])
    start = (np.array([p.a for p in parts]) - view.T) @ view.R.T
    axes = np.array([_ASKEW if p.axes is None else p.axes for p in parts], float)
    axes = view.R @ axes                                        # columns, camera frame
    size = np.array([p.radii if p.b is None else (1.0, p.flat, 1.0) for p in parts])
    r = np.array([0.0 if p.b is None else p.radii[0] for p in parts])
    k = np.array([0.0 if p.b is None else p.radii[1] - p.radii[0] for p in parts])
    # A cone: lateral and front in mm, the third in shares of the length.
    along = (np.array([p.ends[1] for p in parts]) - view.T) @ view.R.T - start
    length = np.linalg.norm(along, axis=1, keepdims=True) + 1e-6
    along = along / length
    guess = axes[:, :, 0] + 1e-4 * axes[:, :, 1]
    across = guess - along * (guess * along).sum(1, keepdims=True)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    cone = np.stack([across, np.cross(along, across), along / length], 1)
    M = np.where(ball[:, None, None], axes.transpose(0, 2, 1), cone) / size[:, :, None]
    o = -np.einsum("nij,nj->ni", M, start)
    edge = r + k * o[:, 2]
    last = np.where(ball, 1.0, -k * k)[:, None]
    D = np.concatenate([np.ones((len(parts), 2)), last], 1)
    A = np.einsum("nji,nj,njk->nik", M, D, M)
    slope = np.stack([o[:, 0], o[:, 1], np.where(ball, o[:, 2], -k * edge)], 1)
    w = np.einsum("nji,nj->ni", M, slope)
    c = o[:, 0] ** 2 + o[:, 1] ** 2 + np.where(ball, o[:, 2] ** 2 - 1, -edge ** 2)
    S = w[:, :, None] * w[:, None, :] - c[:, None, None] * A
    S /= np.abs(S).max((1, 2), keepdims=True)
    return Quadrics(M, o, r, k, A, w, c, S.astype(np.float32))


def _draw_part(part, quadric, x, y, z, rgb, toward, above, light) -> None:
    M, o, r0, k, A, w, c, S = quadric
    outline = (x * (S[0, 0] * x + 2 * S[0, 2]) + y * (S[1, 1] * y + 2 * S[1, 2])
               + (2 * S[0, 1]) * x * y + S[2, 2])
    rows, columns = np.nonzero(outline > 0)
    if not len(rows):
        return
    q = np.ones((3, len(rows)))
    q[0] = x[0, columns] if x.shape[0] == 1 else x[rows, columns]
    q[1] = y[rows, 0] if y.shape[1] == 1 else y[rows, columns]
    a = np.einsum("in,in->n", A @ q, q)
    b = w @ q
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    t = (-b - root) / np.where(np.abs(a) < 1e-12, 1e-12, a)
    local = o[:, None] + (M @ q) * t
    keep = (t > NEAR) & (t < z[rows, columns])
    if part.b is not None:
        keep &= (local[2] >= 0) & (local[2] <= 1)
    if not keep.any():
        return
    rows, columns, t, local, q = (
        rows[keep], columns[keep], t[keep], local[:, keep], q[:, keep])
    if part.b is None:
        normal = M.T @ local
    else:
        radius = r0 + k * local[2]
        normal = M[:2].T @ local[:2] - np.outer(M[2], k * radius)
        local[:2] /= radius
    normal /= _length(normal)
    colour = part.paint(local.T) if callable(part.paint) else np.asarray(part.paint)
    rgb[rows, columns] = _shade(colour, normal, q, toward, above, light, part.shiny)
    z[rows, columns] = t


def _shade(colour, normal, q, toward, above, light, shiny) -> np.ndarray:
    """Half Lambert, darker from below, a rim at the outline and a highlight."""
    facing = np.maximum(toward @ normal * 0.5 + 0.5, 0)
    facing = facing * np.sqrt(facing)
    sky = 0.85 + 0.15 * (above @ normal)
    strength = (light.ambient + (1.15 - light.ambient) * facing) * sky
    toward_eye = -np.einsum("in,in->n", normal, q) / _length(q)
    strength *= 0.72 + 0.28 * np.sqrt(np.maximum(toward_eye, 0))
    shaded = np.asarray(colour) * (strength[:, None] * np.asarray(light.colour))
    if shiny:
        half = toward[:, None] - q / _length(q)
        half /= _length(half)
        glow = np.maximum(np.einsum("in,in->n", half, normal), 0) ** 24
        shaded = shaded + (255 * shiny) * glow[:, None]
    return shaded


def _length(v: np.ndarray) -> np.ndarray:
    """Lengths (n,) of columns (3, n)."""
    return np.sqrt(np.einsum("in,in->n", v, v))


def draw_shadow(picture: Image.Image, parts: list, view: View, light: Light,
                strength: float = 0.45) -> Image.Image:
    """The picture with the parts' soft shadow on the floor (z = 0)."""
    coarse = max(1, view.size[0] // 320)        # it is soft anyway
    mask = Image.new("L", (view.size[0] // coarse, view.size[1] // coarse), 0)
    pencil = ImageDraw.Draw(mask)
    slope = light.direction[:2] / max(light.direction[2], 0.35)
    ends = np.array([p.ends for p in parts], float)
    ends[..., :2] -= slope * ends[..., 2:]
    ends[..., 2] = 0
    uvd = view.project(ends)                                    # (N, 2, 3)
    radii = 0.75 * max(view.f) * np.array([p.extent for p in parts]) / np.maximum(
        uvd[..., 2].mean(1), 1)
    near = np.abs(uvd[..., :2]).max((1, 2)) < 4 * view.size[0]
    fits = (uvd[..., 2].min(1) > NEAR) & (radii < view.size[0] / 6) & near
    places, radii = uvd[fits, :, :2] / coarse, radii[fits] / coarse
    for (start, end), r in zip(places.tolist(), radii.tolist()):
        pencil.line([*start, *end], fill=255, width=max(1, round(1.4 * r)))
        for u, v in (start, end):
            pencil.ellipse([u - r, v - 0.6 * r, u + r, v + 0.6 * r], fill=255)
    if not fits.any():
        return picture
    mask = mask.filter(ImageFilter.BoxBlur(max(1.5, 0.006 * mask.width)))
    mask = mask.point(lambda m: int(m * strength)).resize(view.size, Image.Resampling.BILINEAR)
    return Image.composite(Image.new("RGB", view.size, (12, 12, 18)), picture, mask)
