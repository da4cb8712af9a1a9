"""Pinhole camera with radial and tangential distortion (Human3.6M's model).

Image points are `uvd`: pixel coordinates and the depth in millimetres.
"""
import numpy as np

from deephar.utils.transform import transform_pose_sequence


class Camera:
    """A calibrated camera.

    Args:
        R: (3, 3), rotation from the world to the camera.
        t: 3 values, position of the camera in the world, mm.
        f: 2 values, focal lengths in pixels.
        c: 2 values, principal point in pixels.
        p: 2 values, tangential distortion.
        k: 3 values, radial distortion; None for none.
    """

    def __init__(self, R, t, f, c, p, k=None):
        self.R = np.asarray(R, float).reshape(3, 3)
        self.t = np.asarray(t, float).reshape(3)
        self.f = np.asarray(f, float).reshape(2)
        self.c = np.asarray(c, float).reshape(2)
        self.p = np.asarray(p, float).reshape(2)
        self.k = np.zeros(3) if k is None else np.asarray(k, float).reshape(3)

    def project(self, points_w: np.ndarray) -> np.ndarray:
        """World points (..., 3) in mm to `uvd` (..., 3)."""
        x = (np.asarray(points_w, float) - self.t) @ self.R.T
        depth = x[..., 2:]
        x = x[..., :2] / depth
        r2, m = self._distortion(x)
        return np.concatenate([(x * m + self.p * r2) * self.f + self.c, depth], axis=-1)

    def inverse_project(self, points_uvd: np.ndarray, steps: int = 1) -> np.ndarray:
        """`uvd` points (..., 3) to the world (..., 3) in mm.

        Args:
            points_uvd: (..., 3).
            steps: of undoing the distortion.  As published, one step, which
                leaves about 2 mm of error; 20 are exact.
        """
        points_uvd = np.asarray(points_uvd, float)
        depth = points_uvd[..., 2:]
        q = (points_uvd[..., :2] - self.c) / self.f
        x = q
        for _ in range(steps):
            r2, m = self._distortion(x)
            x = (q - self.p * r2) / m
        return np.concatenate([x * depth, depth], axis=-1) @ self.R + self.t

    def _distortion(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(r², radial plus tangential factor), each (..., 1)."""
        r2 = (x ** 2).sum(axis=-1, keepdims=True)
        k1, k2, k3 = self.k
        radial = 1 + k1 * r2 + k2 * r2 ** 2 + k3 * r2 ** 3
        return r2, radial + (x * self.p).sum(axis=-1, keepdims=True)

    def serialize(self) -> np.ndarray:
        """21 numbers: R 9, t 3, f 2, c 2, p 2, k 3."""
        return np.concatenate([self.R.ravel(), self.t, self.f, self.c, self.p, self.k])


def camera_deserialize(s: np.ndarray) -> Camera:
    """The camera of 21 numbers written by `Camera.serialize`."""
    s = np.asarray(s, float)
    if s.shape != (21,):
        raise ValueError(f"a serialised camera has 21 numbers, got shape {s.shape}")
    return Camera(s[:9], s[9:12], s[12:14], s[14:16], s[16:18], s[18:21])


def project_pred_to_camera(pred: np.ndarray, afmat: np.ndarray, resol_z: float,
                           root_z: np.ndarray) -> np.ndarray:
    """Poses in the crop to `uvd` in the picture.

    Args:
        pred: (N, J, 3), in [0, 1].
        afmat: (N, 3, 3), from the picture to the crop.
        resol_z: depth in mm that [0, 1] spans.
        root_z: (N,), depth of the root joint in mm.

    Returns:
        (N, J, 3).
    """
    uvd = transform_pose_sequence(afmat, np.asarray(pred, float)[..., :3], inverse=True)
    root_z = np.asarray(root_z, float).reshape(-1, 1)
    uvd[..., 2] = resol_z * (uvd[..., 2] - 0.5) + root_z
    return uvd
