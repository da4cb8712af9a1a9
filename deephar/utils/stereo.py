"""A second camera to the right, and normalised poses, of the 3D label generator.

Poses are in millimetres, camera space; key points in pixels.  One pinhole
camera stands for all pictures: `Intrinsics`.
"""
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Intrinsics(NamedTuple):
    """Focal lengths and centre in pixels; by default the first Human3.6M camera."""
    fx: float = 1145.0494384765625
    fy: float = 1143.7811279296875
    cx: float = 512.54150390625
    cy: float = 515.4514770507812


def project_pinhole(poses: np.ndarray, intrinsics: Intrinsics = Intrinsics()
                    ) -> np.ndarray:
    """Camera-space poses (..., J, 3) to pixels (..., J, 2), without distortion."""
    fx, fy, cx, cy = intrinsics
    poses = np.asarray(poses)
    return poses[..., :2] / poses[..., 2:] * np.array([fx, fy]) + np.array([cx, cy])


def right_view(poses: np.ndarray, intrinsics: Intrinsics = Intrinsics(),
               baseline: float = 500) -> np.ndarray:
    """What a parallel camera `baseline` mm to the right sees, (..., J, 2) pixels.

    The published texts give neither the sign nor the exact distance.
    """
    return project_pinhole(np.asarray(poses) - np.array([baseline, 0, 0]), intrinsics)


def relative(points: np.ndarray, root: int = 0) -> np.ndarray:
    """Points (..., J, D) with the root joint at the origin."""
    points = np.asarray(points)
    return points - points[..., root:root + 1, :]


@dataclass(frozen=True)
class Normaliser:
    """Root-relative z-scores, with the numbers of the training set.

    Attributes:
        mean, std: (J * D,), interleaved; 0 and 1 at the root.
        root: the joint that is the origin.
    """
    mean: np.ndarray
    std: np.ndarray
    root: int = 0

    @classmethod
    def fit(cls, points: np.ndarray, root: int = 0) -> "Normaliser":
        """The numbers of `points` (N, J, D); a constant coordinate keeps its scale."""
        flat = relative(np.asarray(points, float), root).reshape(len(points), -1)
        std = flat.std(axis=0)
        return cls(flat.mean(axis=0), np.where(std > 0, std, 1.0), root)

    def normalise(self, points: np.ndarray) -> np.ndarray:
        """(N, J, D) to z-scores (N, J * D), 0 at the root."""
        flat = relative(np.asarray(points, float), self.root).reshape(len(points), -1)
        if flat.shape[1] != len(self.mean):
            raise ValueError(f"the numbers are of {len(self.mean)} coordinates, the "
                             f"points {np.shape(points)} have {flat.shape[1]}")
        return (flat - self.mean) / self.std

    def restore(self, scores: np.ndarray, dim: int) -> np.ndarray:
        """Z-scores (N, J * D) back to root-relative points (N, J, dim)."""
        points = (np.asarray(scores) * self.std + self.mean).reshape(
            len(scores), -1, dim)
        return relative(points, self.root)
