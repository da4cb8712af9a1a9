"""Several crops of one person, and the way from a crop back to the picture."""
from typing import Sequence

import numpy as np

from deephar.config import DataConfig
from deephar.measures import valid_joints
from deephar.utils.pose import INVALID, PoseLayout
from deephar.utils.transform import transform_pose_sequence


def crop_settings(dataconf: DataConfig, *, shift: tuple[float, float] | None = None,
                  flip: bool = False) -> list[dict]:
    """Settings for `get_data(augmentation=...)`, the plain crop first.

    Args:
        dataconf: gives the fixed settings, which all crops start from.
        shift: (x, y); four more crops are displaced by it to the left, right,
            top and bottom, in the data set's own unit.
        flip: also the mirror image of each crop.
    """
    fixed = dataconf.get_fixed_config()
    x, y = shift or (0, 0)
    places = [(0, 0)] + ([(-x, 0), (x, 0), (0, -y), (0, y)] if shift else [])
    flips = (fixed["hflip"], 1 - fixed["hflip"]) if flip else (fixed["hflip"],)
    return [{**fixed, "transx": fixed["transx"] + dx, "transy": fixed["transy"] + dy,
             "hflip": hflip} for dx, dy in places for hflip in flips]


def true_pose_in_picture(pose: np.ndarray, afmat: np.ndarray, dim: int) -> np.ndarray:
    """A data set's crop pose `(..., J, D+1)` in pixels `(..., J, dim)`.

    Joints that are missing stay missing whatever the matrix does to -1e9.
    """
    valid = valid_joints(pose[..., :dim])
    mapped = transform_pose_sequence(afmat, pose[..., :dim], inverse=True)
    return np.where(valid[..., None], mapped, INVALID)


def poses_in_picture(poses: Sequence[np.ndarray], afmats: Sequence[np.ndarray],
                     settings: Sequence[dict], layout: PoseLayout) -> np.ndarray:
    """Mean over the crops of one person's predicted poses, in the picture.

    Args:
        poses: per crop `(..., J, D)`: x, y in [0, 1]; what follows stays.
        afmats: per crop `(3, 3)`.
        settings: per crop, with "hflip".
        layout: of the joints.

    Returns:
        `(..., J, D)`, x and y in pixels.
    """
    mapped = []
    for pose, afmat, setting in zip(poses, afmats, settings, strict=True):
        pose = transform_pose_sequence(afmat, np.asarray(pose, float), inverse=True)
        mapped.append(pose[..., layout.map_hflip, :] if setting["hflip"] else pose)
    return np.mean(mapped, axis=0)
