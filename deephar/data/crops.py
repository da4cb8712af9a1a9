"""From whole pictures and their joints to crops and targets in [0, 1].

There are two ways to cut a crop and one matrix for both.  The reference crop
of evaluation has the published pixels (rotate, cut, resize with antialiasing).
The training crop decodes a JPEG no larger than needed and does the rotation,
the cut, the resize and the flip in one warp.
"""
import logging
import math
import os
from typing import Sequence

import numpy as np
from PIL import Image

from deephar.data.pictures import open_picture
from deephar.utils.bbox import bbox_to_objposwin
from deephar.utils.pose import INVALID, PoseLayout, get_valid_joints, get_visible_joints
from deephar.utils.transform import (
    T, normalize_channels, scaling, transform_pose_sequence, warp)

log = logging.getLogger(__name__)

OCCLUSION_GREY = 127
MIN_WINDOW = 32         # of the windows of Penn Action and NTU, in pixels


def clip_window(bbox: np.ndarray, aug: dict) -> tuple[np.ndarray, tuple[float, float]]:
    """(centre, (w, h)) of the window of a box, shifted as `aug` says."""
    centre, winsize = bbox_to_objposwin(bbox)
    if min(winsize) < MIN_WINDOW:
        winsize = (MIN_WINDOW, MIN_WINDOW)
    return centre + aug["scale"] * np.array([aug["transx"], aug["transy"]]), winsize


def checked_box(bbox, size: tuple[int, int], name: str) -> np.ndarray:
    """A box that came from outside: (x1, y1, x2, y2), overlapping the picture."""
    bbox = np.asarray(bbox)
    if bbox.shape != (4,) or not np.isfinite(bbox).all():
        raise ValueError(f"{name}: a box is four numbers x1 y1 x2 y2, got {bbox.tolist()}")
    x1, y1, x2, y2 = bbox
    if x2 < x1 or y2 < y1 or x2 <= 0 or y2 <= 0 or x1 >= size[0] or y1 >= size[1]:
        raise ValueError(f"{name}: a box x1 y1 x2 y2 must overlap the picture of "
                         f"{size[0]} x {size[1]} pixels, got {bbox.tolist()}; are its "
                         "numbers pixels, and the corners in this order?")
    return bbox


def window_map(size: tuple[int, int], centre, winsize, aug: dict,
               resolution: tuple[int, int]) -> np.ndarray:
    """The matrix from a picture to its crop in [0, 1], exact for both crops.

    Args:
        size: (w, h) of the picture.
        centre, winsize: (x, y) and (w, h) of the window, before the rotation.
        aug: settings; `angle` and `hflip` count here.
        resolution: (w, h) of the crop.

    Returns:
        (3, 3).
    """
    return _cut(T(None, size), centre, winsize, aug, resolution).afmat


def reference_crop(path: str | os.PathLike, centre, winsize, aug: dict,
                   resolution: tuple[int, int]) -> tuple[Image.Image, np.ndarray]:
    """The published crop of a picture: (crop, afmat)."""
    image, _ = open_picture(path)
    picture = _cut(T(image), centre, winsize, aug, resolution)
    return picture.img, picture.afmat


def training_crop(path: str | os.PathLike, centre, winsize, aug: dict,
                  resolution: tuple[int, int]) -> tuple[Image.Image, np.ndarray]:
    """The quick crop of a picture, the same but for fine texture: (crop, afmat)."""
    reduction = min(winsize[0] / resolution[0], winsize[1] / resolution[1])
    shrink = 2 ** max(0, int(math.log2(reduction)))
    image, size = open_picture(path, shrink)
    afmat = window_map(size, centre, winsize, aug, resolution)
    to_picture = np.linalg.inv(scaling(*resolution) @ afmat)
    return warp(image, scaling(1 / shrink, 1 / shrink) @ to_picture, resolution), afmat


def _cut(picture: T, centre, winsize, aug: dict, resolution) -> T:
    picture.rotate_crop(aug["angle"], centre, winsize)
    picture.resize(resolution)
    if aug["hflip"]:
        picture.horizontal_flip()
    picture.normalize_affinemap()
    return picture


def crop_clip(paths: Sequence, centre, winsize, aug: dict, resolution: tuple[int, int],
              fast: bool, rng: np.random.Generator | None = None
              ) -> tuple[np.ndarray, np.ndarray]:
    """The same window of every picture of a clip.

    Args:
        paths: T picture files of one size.
        centre, winsize: of the window.
        aug: settings of the sample.
        resolution: (w, h) of the crop.
        fast: cut training crops instead of reference crops.
        rng: places the occluding rectangle of a training crop, if there is one.

    Returns:
        frames (T, H, W, 3), float32 in [-1, 1], and afmat (3, 3).
    """
    if not (np.isfinite(centre).all() and np.isfinite(winsize).all() and min(winsize) > 0):
        raise ValueError(
            f"{paths[0]}: a window needs a finite centre and a positive size, got centre "
            f"{np.asarray(centre).tolist()} and size {np.asarray(winsize).tolist()}; look at "
            "the position, scale or root joint in the annotation of this picture")
    crop = training_crop if fast else reference_crop
    crops = [crop(path, centre, winsize, aug, resolution) for path in paths]
    afmat = crops[0][1]
    for path, (_, other) in zip(paths, crops):
        if not np.array_equal(other, afmat):
            raise ValueError(f"{path}: the pictures of one clip must have one size, "
                             f"this one differs from {paths[0]}")
    frames = np.stack([np.asarray(image) for image, _ in crops])
    if not frames.any():
        log.warning("%s: the window of size %s around %s shows nothing; does the annotation "
                    "belong to this picture?", paths[0],
                    np.asarray(winsize).tolist(), np.asarray(centre).tolist())
    if aug["geoocclusion"] is not None:
        occlude(frames, aug["geoocclusion"], rng if fast else None)
    return normalize_channels(frames, aug["chpower"]), afmat


def crop_box(paths: Sequence, bbox: np.ndarray, size: tuple[int, int], aug: dict,
             resolution: tuple[int, int], fast: bool, rng: np.random.Generator | None,
             pose_only: bool = False) -> tuple[np.ndarray | None, np.ndarray]:
    """`crop_clip` of the window of a box; no frames but the matrix with `pose_only`.

    `size` is that of the pictures, for when they are not read.
    """
    centre, winsize = clip_window(bbox, aug)
    if pose_only:
        return None, window_map(size, centre, winsize, aug, resolution)
    return crop_clip(paths, centre, winsize, aug, resolution, fast, rng)


def occlude(frames: np.ndarray, sides: tuple[int, int],
            rng: np.random.Generator | None = None) -> None:
    """Cover a rectangle of (w, h) = `sides` pixels of frames (T, H, W, 3), in place.

    It lies anywhere with `rng`, in the middle without.
    """
    at = (0.5, 0.5) if rng is None else rng.random(2)
    h, w = frames.shape[1:3]
    x, y = int(at[0] * max(w - sides[0], 0)), int(at[1] * max(h - sides[1], 0))
    frames[:, y:y + sides[1], x:x + sides[0]] = OCCLUSION_GREY


def pose_targets(pose_px: np.ndarray, afmat: np.ndarray, layout: PoseLayout, flip: bool,
                 depth_range: tuple[float, float] | None = None,
                 remove_outer_joints: bool = True) -> np.ndarray:
    """Joints in the crop, and whether they can be seen.

    Args:
        pose_px: (T, J, 2 or 3) in pixels and mm of depth; NaN where missing.
        afmat: (3, 3), from the picture to the crop.
        layout: tells the dimension of the target and the partners of a flip.
        flip: the crop is mirrored.
        depth_range: (near, far) in mm; None for no depth.
        remove_outer_joints: joints outside the crop are missing too.

    Returns:
        (T, J, D + 1): coordinates, `INVALID` for missing joints and absent
        depth, then the visibility, 0 or 1.
    """
    xy = transform_pose_sequence(afmat, pose_px[..., :2], inverse=False)
    seen = get_visible_joints(xy)
    kept = seen if remove_outer_joints else get_valid_joints(xy)
    target = np.full(xy.shape[:-1] + (layout.dim + 1,), INVALID)
    target[..., :2] = np.where(kept[..., None], xy, INVALID)
    if layout.dim == 3 and pose_px.shape[-1] == 3 and depth_range is not None:
        near, far = depth_range
        depth = (pose_px[..., 2] - near) / (far - near)
        target[..., 2] = np.where(kept & np.isfinite(depth), depth, INVALID)
    target[..., -1] = seen
    return target[..., list(layout.map_hflip), :] if flip else target
