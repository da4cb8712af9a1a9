"""A small ray caster: cones and ellipsoids, shaded, in front of a picture.

Every part of a body or prop is a quadric.  In a frame of its own it is a
round cone along z or the unit ball, so that one ray through each pixel meets
it where a quadratic equation says; the discriminant, as a function of the
pixel, is the part's outline.
"""
from dataclasses import dataclass, field
from functools import cached_property
from typing import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

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
        r2 = (q * q).sum(-1, keepdims=True)
        k1, k2, k3 = self.k
        scale = 1 + k1 * r2 + k2 * r2 ** 2 + k3 * r2 ** 3 + q @ self.p[:, None]
        return q * scale + self.p * r2

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


@dataclass(frozen=True)
class Light:
    """Where the light comes from (world, unit) and how much is left in shadow."""
    direction: np.ndarray
    ambient: float = 0.45
    colour: tuple = (1.0, 1.0, 1.0)


def draw_parts(picture: np.ndarray, parts: list, view: View, light: Light,
               oversample: int = 2) -> np.ndarray:
    """Draw parts over a picture.

    Args:
        picture: (H, W, 3) uint8, changed in place.
        oversample: rays per pixel and direction.

    Returns:
        (H, W) float32, depth in mm, infinite where nothing was drawn.
    """
    height, width = picture.shape[:2]
    depth = np.full((height, width), np.inf, np.float32)
    boxes = [_bounds(part, view) for part in parts]
    shown = [(part, box) for part, box in zip(parts, boxes)
             if box[0] < min(box[2], width) and box[1] < min(box[3], height)
             and box[2] > 0 and box[3] > 0]
    if not shown:
        return depth
    whole = np.array([box for _, box in shown])
    x0, y0 = np.maximum(whole[:, :2].min(0), 0)
    x1, y1 = np.minimum(whole[:, 2:].max(0), (width, height))
    n = oversample
    u = (np.arange((x1 - x0) * n) + 0.5)[None, :] / n + x0
    v = (np.arange((y1 - y0) * n) + 0.5)[:, None] / n + y0
    x, y = view.rays(u, v)
    x, y = x.astype(np.float32), y.astype(np.float32)
    z = np.full((v.shape[0], u.shape[1]), np.inf, np.float32)
    rgb = np.zeros(z.shape + (3,), np.float32)
    toward = view.R @ light.direction
    above = view.R[:, 2]
    # Near parts first: what they hide is never shaded.
    shown.sort(key=lambda item: float(view.R[2] @ (item[0].a - view.T)))
    for part, (bx0, by0, bx1, by1) in shown:
        window = (slice(max(by0 - y0, 0) * n, min(by1 - y0, y1 - y0) * n),
                  slice(max(bx0 - x0, 0) * n, min(bx1 - x0, x1 - x0) * n))
        wx = x[:, window[1]] if x.shape[0] == 1 else x[window]
        wy = y[window[0]] if y.shape[1] == 1 else y[window]
        _draw_part(part, wx, wy, z[window], rgb[window], view, toward, above, light)
    covered = np.isfinite(z)
    over = rgb.reshape(y1 - y0, n, x1 - x0, n, 3).sum((1, 3))
    share = covered.reshape(y1 - y0, n, x1 - x0, n).mean((1, 3), dtype=np.float32)
    part_of_picture = picture[y0:y1, x0:x1]
    mixed = over / (n * n) + part_of_picture * (1 - share)[..., None]
    np.clip(mixed, 0, 255, out=mixed)
    part_of_picture[...] = (mixed + 0.5).astype(np.uint8)
    depth[y0:y1, x0:x1] = z.reshape(y1 - y0, n, x1 - x0, n).min((1, 3))
    return depth


def _bounds(part: Part, view: View) -> tuple:
    """Pixel box (x0, y0, x1, y1), a little large; empty if behind the camera."""
    ends = [part.a] if part.b is None else [part.a, part.b]
    radii = [part.extent] * len(ends) if part.b is None else part.radii
    uvd = view.project(np.array(ends))
    if uvd[:, 2].min() < NEAR + part.extent:
        return 0, 0, 0, 0
    reach = (np.array(radii) * 1.12 * max(view.f) / (uvd[:, 2] - part.extent))[:, None] + 2
    low, high = (uvd[:, :2] - reach).min(0), (uvd[:, :2] + reach).max(0)
    return (int(low[0]), int(low[1]), int(high[0]) + 1, int(high[1]) + 1)


def _frame(part: Part, view: View) -> tuple:
    """(M, o, r0, k): camera to local matrix, the camera's local place, radius law."""
    centre = view.R @ (part.a - view.T)
    if part.b is None:
        axes = np.eye(3) if part.axes is None else part.axes
        M = (view.R @ axes).T / np.array(part.radii)[:, None]
        return M, -M @ centre, 0.0, 0.0
    along = view.R @ (part.b - part.a)
    length = np.linalg.norm(along) + 1e-6
    along = along / length
    guess = view.R @ (part.axes[:, 0] if part.axes is not None else np.array([0.3, 1, 0.2]))
    across = guess - along * (guess @ along)
    if np.linalg.norm(across) < 1e-3:
        across = np.cross(along, [1.0, 0.1, 0.3])
    across = across / np.linalg.norm(across)
    front = np.cross(along, across)
    # Lateral and front in mm, along in shares of the length.
    M = np.stack([across, front / part.flat, along / length])
    return M, -M @ centre, part.radii[0], part.radii[1] - part.radii[0]


def _draw_part(part, x, y, z, rgb, view, toward, above, light) -> None:
    M, o, r0, k = _frame(part, view)
    if part.b is None:
        D, w, C = np.eye(3), M.T @ o, o @ o - 1
    else:
        D = np.diag([1, 1, -k * k])
        edge = r0 + k * o[2]
        w = M.T @ np.array([o[0], o[1], -k * edge])
        C = o[0] ** 2 + o[1] ** 2 - edge ** 2
    A = M.T @ D @ M
    S = (np.outer(w, w) - C * A)
    S = (S / np.abs(S).max()).astype(np.float32)
    outline = (x * (S[0, 0] * x + 2 * S[0, 2]) + y * (S[1, 1] * y + 2 * S[1, 2])
               + (2 * S[0, 1]) * x * y + S[2, 2])
    rows, columns = np.nonzero(outline > 0)
    if not len(rows):
        return
    qx = x[0, columns] if x.shape[0] == 1 else x[rows, columns]
    qy = y[rows, 0] if y.shape[1] == 1 else y[rows, columns]
    q = np.stack([qx, qy, np.ones_like(qx)]).astype(np.float64)     # (3, n)
    a = ((A @ q) * q).sum(0)
    b = w @ q
    root = np.sqrt(np.maximum(b * b - a * C, 0))
    t = (-b - root) / np.where(np.abs(a) < 1e-12, 1e-12, a)
    local = o[:, None] + (M @ q) * t
    keep = (t > NEAR) & (t < z[rows, columns])
    if part.b is not None:
        keep &= (local[2] >= 0) & (local[2] <= 1)
    if not keep.any():
        return
    rows, columns, t, local, q = (
        rows[keep], columns[keep], t[keep], local[:, keep], q[:, keep])
    gradient = local.copy()
    if part.b is not None:
        radius = r0 + k * local[2]
        gradient[2] = -k * radius
        local = np.stack([local[0] / radius, local[1] / radius, local[2]])
    normal = M.T @ gradient
    normal /= np.linalg.norm(normal, axis=0)
    colour = part.paint(local.T) if callable(part.paint) else np.asarray(part.paint)
    rgb[rows, columns] = _shade(colour, normal, q, toward, above, light, part.shiny)
    z[rows, columns] = t


def _shade(colour, normal, q, toward, above, light, shiny) -> np.ndarray:
    """Half Lambert, darker from below, a rim at the outline and a highlight."""
    facing = np.clip(toward @ normal * 0.5 + 0.5, 0, 1) ** 1.5
    sky = 0.85 + 0.15 * (above @ normal)
    strength = (light.ambient + (1.15 - light.ambient) * facing) * sky
    toward_eye = -(normal * q).sum(0) / np.linalg.norm(q, axis=0)
    strength *= 0.72 + 0.28 * np.clip(toward_eye, 0, 1) ** 0.5
    shaded = np.asarray(colour) * (strength[:, None] * np.asarray(light.colour))
    if shiny:
        half = toward[:, None] - q / np.linalg.norm(q, axis=0)
        half /= np.linalg.norm(half, axis=0)
        glow = np.clip((half * normal).sum(0), 0, 1) ** 24
        shaded = shaded + (255 * shiny) * glow[:, None]
    return shaded


def draw_shadow(picture: Image.Image, parts: list, view: View, light: Light,
                strength: float = 0.45) -> Image.Image:
    """The picture with the parts' soft shadow on the floor (z = 0)."""
    mask = Image.new("L", view.size, 0)
    pencil = ImageDraw.Draw(mask)
    slope = light.direction[:2] / max(light.direction[2], 0.35)
    drawn = False
    for part in parts:
        ends = np.array([part.a, part.a if part.b is None else part.b], float)
        ends[:, :2] -= slope * ends[:, 2:]
        ends[:, 2] = 0
        uvd = view.project(ends)
        if uvd[:, 2].min() < NEAR:
            continue
        radius = 0.75 * part.extent * max(view.f) / uvd[:, 2].mean()
        if radius > view.size[0] / 6 or np.abs(uvd[:, :2]).max() > 4 * view.size[0]:
            continue
        drawn = True
        (u0, v0), (u1, v1) = uvd[:, :2]
        if part.b is not None:
            pencil.line([u0, v0, u1, v1], fill=255, width=max(1, round(1.4 * radius)))
        for u, v in uvd[:, :2]:
            pencil.ellipse([u - radius, v - 0.6 * radius, u + radius, v + 0.6 * radius],
                           fill=255)
    if not drawn:
        return picture
    blur = max(1.5, 0.006 * view.size[0])
    mask = mask.filter(ImageFilter.BoxBlur(blur)).point(lambda m: int(m * strength))
    return Image.composite(Image.new("RGB", view.size, (12, 12, 18)), picture, mask)
