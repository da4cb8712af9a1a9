"""A picture in a few sizes, out of which many squares are cut quickly."""
import numpy as np
from PIL import Image

from deephar.utils.bbox import bbox_to_objposwin
from deephar.utils.transform import normalize_channels, scaling, translation


class Pyramid:
    """A picture that is scaled once for each size of squares, not once for each square.

    A crop lies on whole pixels of the scaled picture, up to half a pixel beside its
    square; the matrix says where.

    Args:
        picture: (H, W, 3) uint8.
        resolution: (w, h) of the crops.
    """

    def __init__(self, picture: np.ndarray, resolution: tuple[int, int]):
        self.picture, self.resolution = picture, np.array(resolution)
        self._levels: dict[tuple, tuple[np.ndarray, np.ndarray]] = {}

    def crop(self, window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the network sees of a square that touches the picture.

        Returns:
            frame (h, w, 3) float32 in [-1, 1], black outside the picture; matrix (3, 3)
            from the picture to fractions of the crop.
        """
        _, sides = bbox_to_objposwin(window)
        level, factors = self._level(tuple(np.round(sides, 6)))
        w, h = self.resolution
        corner = np.round(np.asarray(window[:2]) * factors).astype(int)
        x, y = np.clip(corner + self.resolution, 0, level.shape[1::-1] - self.resolution)
        matrix = scaling(1 / w, 1 / h) @ translation(w - x, h - y) @ scaling(*factors)
        return level[y:y + h, x:x + w], matrix

    def _level(self, sides: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
        """The picture, scaled and with a margin of a crop, and its pixels per pixel."""
        if sides not in self._levels:
            full = np.array(self.picture.shape[1::-1])
            size = np.maximum(1, np.round(full * self.resolution / sides)).astype(int)
            small = Image.fromarray(self.picture).resize(
                tuple(size), Image.Resampling.BILINEAR, reducing_gap=3)
            (left, top), (width, height) = self.resolution, size
            level = np.full((height + 2 * top, width + 2 * left, 3), -1, np.float32)
            level[top:top + height, left:left + width] = normalize_channels(np.asarray(small))
            self._levels[sides] = level, size / full
        return self._levels[sides]


def cut_squares(wanted) -> tuple[np.ndarray, np.ndarray]:
    """Frames (N, h, w, 3) and matrices (N, 3, 3) of (pyramid, square) pairs."""
    frames, matrices = zip(*(pyramid.crop(window) for pyramid, window in wanted))
    return np.stack(frames), np.stack(matrices)
