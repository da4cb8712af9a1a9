"""The 3D label generator: one view, a second one made up, a pose, a search.

    key points (left) -> view synthesis -> key points (right)
          |                                       |
          +----------> reconstruction <-----------+ -> coarse pose -> geometric search

Poses are root-relative, in millimetres; key points in pixels, of the 17 joints.
"""
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import keras
import numpy as np

from deephar.checkpoints.lifting import load_linear, read_settings
from deephar.utils.geometric_search import geometric_search
from deephar.utils.stereo import Intrinsics, Normaliser

BATCH = 4096
SCALE_MM = 50               # mean cost per joint at which the confidence is 1/e
NETWORKS = ("view_synthesis", "reconstruction")


class Labels(NamedTuple):
    """3D labels of N frames.

    Attributes:
        poses: (N, 17, 3), refined if the search ran.
        coarse: (N, 17, 3).
        depths, costs: (N,) of the search: mm to the root; the sum over the
            joints of how far, in mm, the coarse pose is from its key points.
        confidence: (N,) in (0, 1], falls with the mean cost per joint.
        right: (N, 17, 2), the key points of the made-up view, root-relative.
    """
    poses: np.ndarray
    coarse: np.ndarray
    depths: np.ndarray
    costs: np.ndarray
    confidence: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class LabelGenerator:
    """The two networks with the numbers that their inputs are normalised by."""
    view_synthesis: keras.Model
    reconstruction: keras.Model
    left: Normaliser
    right: Normaliser
    pose: Normaliser
    intrinsics: Intrinsics = Intrinsics()

    @classmethod
    def load(cls, folder: Path | str) -> "LabelGenerator":
        """From the folder of a training."""
        settings = read_settings(folder)
        numbers = {name: Normaliser(np.array(n["mean"]), np.array(n["std"]), n["root"])
                   for name, n in settings["normalisers"].items()}
        return cls(*(load_linear(folder, name) for name in NETWORKS), **numbers,
                   intrinsics=Intrinsics(*settings["intrinsics"]))

    def right_keypoints(self, left: np.ndarray) -> np.ndarray:
        """Root-relative key points (N, 17, 2) that the right camera would see."""
        return self.right.restore(
            _predict(self.view_synthesis, self.left.normalise(left)), 2)

    def coarse_poses(self, left: np.ndarray) -> np.ndarray:
        """Poses (N, 17, 3) without the search."""
        return self._reconstructed(left, self.right_keypoints(left))

    def _reconstructed(self, left, right):
        both = np.concatenate([self.left.normalise(left), self.right.normalise(right)], 1)
        return self.pose.restore(_predict(self.reconstruction, both), 3)

    def labels(self, keypoints: np.ndarray, *, search: bool = True, cost: str = "l1",
               intrinsics: Intrinsics | None = None, principal: str = "image"
               ) -> Labels:
        """3D labels of key points (N, 17, 2) in pixels.

        Args:
            keypoints: finite numbers only.
            search: refine by the geometric search.
            cost, principal: see `geometric_search`.
            intrinsics: of the camera; None: those that the networks know.
        """
        root = self.left.root
        right = self.right_keypoints(keypoints)
        coarse = self._reconstructed(keypoints, right)
        refined, depths, costs = geometric_search(
            keypoints, coarse, intrinsics or self.intrinsics, root, cost=cost,
            principal=principal)
        mean = costs / keypoints.shape[1]
        mean = np.sqrt(mean) if cost == "l2" else mean
        confidence = np.where(np.isnan(mean), 0, np.exp(-np.nan_to_num(mean) / SCALE_MM))
        return Labels(refined if search else coarse, coarse, depths, costs, confidence,
                      right)


def _predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    parts = [x[i:i + BATCH].astype(np.float32) for i in range(0, len(x), BATCH)]
    # Several replicas each predict the whole part.
    return np.concatenate([model.predict_on_batch(part)[:len(part)] for part in parts])


def settings_of(left: Normaliser, right: Normaliser, pose: Normaliser,
                intrinsics: Intrinsics) -> dict:
    """What `LabelGenerator.load` needs beside the networks, for JSON."""
    numbers = {name: {"mean": n.mean.tolist(), "std": n.std.tolist(), "root": n.root}
               for name, n in (("left", left), ("right", right), ("pose", pose))}
    return {"normalisers": numbers, "intrinsics": list(intrinsics)}
