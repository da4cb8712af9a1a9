"""How alike two poses of a picture are, as COCO measures it: object key-point similarity.

The distance of a joint is as much as people who annotate it differ, so that hips may be
further apart than wrists, and large people more than small ones.
"""
from typing import Sequence

import numpy as np

# Two standard deviations of annotations of COCO, per square root of the person's area.
# Joints that COCO lacks have the value of one nearby.
SPREAD = {
    "nose": 0.052, "eye": 0.05, "ear": 0.07, "shoulder": 0.158, "elbow": 0.144,
    "wrist": 0.124, "hip": 0.214, "knee": 0.174, "ankle": 0.178,
    "pelvis": 0.214, "spine": 0.214, "thorax": 0.158, "neck": 0.158, "head": 0.1,
    "hand": 0.178, "foot": 0.178}
BOX_SHARE = 0.53            # of a person's area in that of the box


def spread_of(joint_names: Sequence[str]) -> np.ndarray:
    """The spread (J,) of joints, by names such as 'l_knee'."""
    return np.array([SPREAD[name.removeprefix("l_").removeprefix("r_")]
                     for name in joint_names])


def similarity(poses: np.ndarray, others: np.ndarray, area, spread: np.ndarray
               ) -> np.ndarray:
    """OKS from 0 to 1.

    Args:
        poses: (..., J, 2), those that are trusted: their joints count that are finite.
        others: (..., J, 2).
        area: (...) of the people in the same unit, squared.
        spread: (J,) of `spread_of`.

    Returns:
        (...); 0 where no joint counts.
    """
    squares = ((np.asarray(poses) - others) ** 2).sum(axis=-1)
    area = np.maximum(np.asarray(area, float), 1e-9)[..., None]
    counts = np.isfinite(poses).all(axis=-1)
    alike = np.exp(-squares / (2 * area * spread ** 2), where=counts,
                   out=np.zeros(squares.shape))
    return np.where(np.isfinite(alike), alike, 0).sum(axis=-1) / np.maximum(
        counts.sum(axis=-1), 1)


def pose_area(poses: np.ndarray) -> np.ndarray:
    """About the area of people, by the boxes of their joints (..., J, 2): (...)."""
    sides = np.nanmax(poses, axis=-2) - np.nanmin(poses, axis=-2)
    return BOX_SHARE * np.prod(sides, axis=-1)
