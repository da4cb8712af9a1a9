"""Affine maps between a picture and its crop, and the colours of a crop.

A map is a 3x3 matrix on continuous pixel coordinates: the centre of the first
pixel is (0.5, 0.5), a picture of width w spans [0, w].
"""
import math

import numpy as np
from PIL import Image


def translation(x: float, y: float) -> np.ndarray:
    return np.array([[1.0, 0.0, x], [0.0, 1.0, y], [0.0, 0.0, 1.0]])


def scaling(x: float, y: float) -> np.ndarray:
    return np.diag([x, y, 1.0]).astype(float)


def rotation(angle: float) -> np.ndarray:
    """Turns a picture counter-clockwise by `angle` degrees (y points down)."""
    a = math.radians(angle % 360.0)
    # Rounded as Pillow does it, so that right angles are exact.
    cos, sin = round(math.cos(a), 15), round(math.sin(a), 15)
    return np.array([[cos, sin, 0.0], [-sin, cos, 0.0], [0.0, 0.0, 1.0]])


def rotated_canvas(size: tuple[int, int], angle: float) -> tuple[np.ndarray, np.ndarray]:
    """Where Pillow's `rotate(angle, expand=True)` puts the pixels of a picture.

    Args:
        size: (w, h) of the picture.
        angle: degrees, counter-clockwise.

    Returns:
        exact: (3, 3), the map from the picture to the rotated picture.
        nominal: (3, 3), the same on a canvas of |w cos| + |h sin| pixels that
            is not rounded to whole pixels.  The published code placed its
            windows with this one; `exact` is up to 0.84 pixels away.
    """
    w, h = size
    turn = rotation(angle)
    stretch = np.abs(turn[:2, :2])
    canvas = stretch @ (w, h)
    around_centre = turn @ translation(-w / 2, -h / 2)
    nominal = translation(*canvas / 2) @ around_centre
    if angle % 90 != 0:         # right angles are transposed, without a margin
        half, centre = canvas / 2, np.array([w / 2, h / 2])
        canvas = np.ceil(centre + half) - np.floor(centre - half)
    return translation(*canvas / 2) @ around_centre, nominal


class T:
    """A picture that is rotated, cropped, resized and flipped, and the map of it.

    `afmat` maps coordinates of the original picture to those of the present
    one and is exact: a dot of the original is found where `afmat` puts it.

    Args:
        img: the picture, or None to follow the geometry alone.
        img_size: (w, h), where there is no picture.
    """

    def __init__(self, img: Image.Image | None, img_size: tuple[int, int] | None = None):
        if img is None and img_size is None:
            raise ValueError("T needs a picture or the size of one, got neither")
        self.img = img
        self.size = tuple(img.size if img is not None else img_size)
        self.afmat = np.eye(3)

    def rotate_crop(self, angle: float, center, winsize) -> None:
        """Rotate the picture and keep a window of size `winsize` around `center`.

        `center` is given in the picture before the rotation.  Corners are
        truncated to whole pixels, as published, so that the window may be a
        pixel off `winsize`.  What lies outside the picture becomes black.
        """
        exact, nominal = rotated_canvas(self.size, angle)
        corners = window_corners(nominal, center, winsize)
        self._keep(corners, translation(-corners[0], -corners[1]) @ exact)

    def crop(self, bbox) -> None:
        """Keep the box (x1, y1, x2, y2), truncated to whole pixels."""
        corners = tuple(int(v) for v in bbox)
        self._keep(corners, translation(-corners[0], -corners[1]))

    def _keep(self, corners, afmat) -> None:
        size = (corners[2] - corners[0], corners[3] - corners[1])
        if self.img is not None:
            is_cut = (afmat[:2, :2] == np.eye(2)).all()
            # A warp gives the same pixels as rotating the whole picture first.
            self.img = (self.img.crop(corners) if is_cut
                        else warp(self.img, np.linalg.inv(afmat), size))
        self.size = size
        self.afmat = afmat @ self.afmat

    def resize(self, size: tuple[int, int]) -> None:
        """Stretch to `size` (w, h), antialiased."""
        if self.img is not None:
            self.img = self.img.resize(tuple(size), Image.Resampling.BILINEAR)
        scale = scaling(size[0] / self.size[0], size[1] / self.size[1])
        self.size = tuple(size)
        self.afmat = scale @ self.afmat

    def horizontal_flip(self) -> None:
        if self.img is not None:
            self.img = self.img.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        self.afmat = translation(self.size[0], 0) @ scaling(-1, 1) @ self.afmat

    def normalize_affinemap(self) -> None:
        """Let `afmat` map to [0, 1] instead of pixels."""
        self.afmat = scaling(1 / self.size[0], 1 / self.size[1]) @ self.afmat

    def asarray(self) -> np.ndarray:
        """The picture as (H, W, C), uint8."""
        return np.asarray(self.img)


def window_corners(nominal: np.ndarray, center, winsize) -> tuple[int, int, int, int]:
    """(x1, y1, x2, y2) of a window on the rotated picture, in whole pixels."""
    x, y = transform_2d_points(nominal, np.array([center], float), transpose=True)[0]
    half_w, half_h = winsize[0] / 2, winsize[1] / 2
    # As published: each corner is truncated toward zero.
    x1, y1, x2, y2 = (int(v) for v in (x - half_w, y - half_h, x + half_w, y + half_h))
    return x1, y1, max(x2, x1 + 1), max(y2, y1 + 1)


def warp(img: Image.Image, to_picture: np.ndarray, size: tuple[int, int]) -> Image.Image:
    """The picture of `size` whose point p shows what is at `to_picture` p of `img`."""
    return img.transform(tuple(size), Image.Transform.AFFINE,
                         tuple(to_picture[:2].ravel()), Image.Resampling.BILINEAR)


def transform_2d_points(A: np.ndarray, x: np.ndarray, transpose: bool = False,
                        inverse: bool = False) -> np.ndarray:
    """Map points by a 3x3 matrix.

    Args:
        A: (3, 3).
        x: (2, N), or (N, 2) with `transpose`.
        transpose: points are rows.
        inverse: map by the inverse of `A`.

    Returns:
        the mapped points, shaped like `x`.
    """
    if inverse:
        A = np.linalg.inv(A)
    points = x.T if transpose else x
    mapped = A[:2, :2] @ points + A[:2, 2:]
    return mapped.T if transpose else mapped


def transform_pose_sequence(A: np.ndarray, poses: np.ndarray,
                            inverse: bool = True) -> np.ndarray:
    """Map the first two coordinates of many poses; the others stay.

    Args:
        A: (3, 3), or (N, 3, 3) with one matrix per pose or clip.
        poses: (N, ..., J, D), D at least 2.
        inverse: map by the inverses: from the crop back to the picture.

    Returns:
        mapped poses, shaped like `poses`.
    """
    A, poses = np.asarray(A, float), np.asarray(poses)
    if A.ndim == 3 and len(A) != len(poses):
        raise ValueError("transform_pose_sequence needs one matrix or as many as "
                         f"poses, got {len(A)} for {len(poses)}")
    if inverse:
        A = np.linalg.inv(A)
    if A.ndim == 3:
        A = A.reshape(A.shape[:1] + (1,) * (poses.ndim - 3) + (3, 3))
    xy = poses[..., :2] @ np.swapaxes(A[..., :2, :2], -1, -2) + A[..., None, :2, 2]
    return np.concatenate([xy, poses[..., 2:]], axis=-1)


def normalize_channels(frame: np.ndarray, channel_power=1) -> np.ndarray:
    """Grey levels 0..255 to [-1, 1], each channel raised to a power in between.

    Args:
        frame: (..., 3); uint8 pictures take the fast way, with the same result.
        channel_power: one exponent, or one per channel.

    Returns:
        float32 array of the same shape.
    """
    powers = np.broadcast_to(np.asarray(channel_power, float), frame.shape[-1:])
    if frame.dtype != np.uint8:
        return (2.0 * (frame / 255.0) ** powers - 1.0).astype(np.float32)
    levels = (np.arange(256) / 255.0)[:, None]
    table = (2.0 * levels ** powers - 1.0).astype(np.float32)
    if (powers == powers[0]).all():
        return np.take(table[:, 0], frame)
    out = np.empty(frame.shape, np.float32)
    for channel in range(frame.shape[-1]):
        out[..., channel] = np.take(table[:, channel], frame[..., channel])
    return out
