"""Calibrated cameras of the key-point files: quaternions and normalised pixels.

Units are metres and normalised pixels: x in [-1, 1] over the width of the
picture, y scaled by the width too.  Cameras look along z, y points down.
`deephar.utils.camera` is the other convention, of the converted annotations:
rotation matrices, millimetres and pixels.
"""
import numpy as np


def normalize_pixels(pixels: np.ndarray, width: float, height: float) -> np.ndarray:
    """Pixels (..., 2) to [-1, 1] in x, the same scale in y."""
    return np.asarray(pixels) / width * 2 - np.array([1, height / width])


def to_pixels(points: np.ndarray, width: float, height: float) -> np.ndarray:
    """The inverse of `normalize_pixels`."""
    return (np.asarray(points) + np.array([1, height / width])) * width / 2


def rotate(q: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Rotate vectors (..., 3) by unit quaternions (..., 4), written w, x, y, z."""
    q, v = np.asarray(q), np.asarray(v)
    w, r = q[..., :1], np.broadcast_to(q[..., 1:], v.shape)
    turned = np.cross(r, v)
    return v + 2 * (w * turned + np.cross(r, turned))


def inverse(q: np.ndarray) -> np.ndarray:
    """The inverse rotation of unit quaternions (..., 4)."""
    return np.asarray(q) * np.array([1, -1, -1, -1])


def world_to_camera(points: np.ndarray, orientation: np.ndarray,
                    translation: np.ndarray) -> np.ndarray:
    """World points (..., 3) seen by a camera of this orientation at `translation`."""
    return rotate(inverse(orientation), np.asarray(points) - np.asarray(translation))


def intrinsic_vector(camera: dict) -> np.ndarray:
    """A camera's focal lengths, centre, k1 k2 k3, p1 p2 in normalised units, (9,).

    Args:
        camera: `center`, `focal_length` (pixels), `radial_distortion`,
            `tangential_distortion`, `res_w`, `res_h`.
    """
    width, height = camera["res_w"], camera["res_h"]
    return np.concatenate([
        np.asarray(camera["focal_length"]) * 2 / width,
        normalize_pixels(camera["center"], width, height),
        camera["radial_distortion"], camera["tangential_distortion"]])


def project(points: np.ndarray, camera: np.ndarray, *,
            distortion: bool = True) -> np.ndarray:
    """Camera-space points to normalised pixels.

    Args:
        points: (..., J, 3), any unit.
        camera: (..., 9), see `intrinsic_vector`; its leading axes are those
            of `points` without the joints.
        distortion: False keeps the focal lengths and the centre only.

    Returns:
        (..., J, 2).
    """
    points, camera = np.asarray(points), np.asarray(camera)[..., None, :]
    focal, centre, k, p = np.split(camera, [2, 4, 7], axis=-1)
    s = np.clip(points[..., :2] / points[..., 2:], -1, 1)
    if not distortion:
        return focal * s + centre
    r2 = np.sum(s ** 2, axis=-1, keepdims=True)
    radial = 1 + np.sum(k * np.concatenate([r2, r2 ** 2, r2 ** 3], -1), -1, keepdims=True)
    tangential = np.sum(p * s, axis=-1, keepdims=True)
    return focal * (s * (radial + tangential) + p * r2) + centre
