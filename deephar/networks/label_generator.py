"""The 3D label generator: one view, a second one made up, a pose, a search.

    key points (left) -> view synthesis -> key points (right)
          |                                       |
          +----------> reconstruction <-----------+ -> coarse pose -> geometric search

Poses are root-relative, in millimetres; key points in pixels, of the 17 joints.
"""
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, NamedTuple

import keras
import numpy as np

from deephar.checkpoints.lifting import SETTINGS, load_linear, read_settings
from deephar.utils.geometric_search import geometric_search
from deephar.utils.reading import numbers_of, reading
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
        right: (N, 17, 2), the key points of the made-up view, root-relative; None of
            the linear baseline.
    """
    poses: np.ndarray
    coarse: np.ndarray
    depths: np.ndarray
    costs: np.ndarray
    confidence: np.ndarray
    right: np.ndarray | None


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
        return cls(*(load_linear(folder, name) for name in NETWORKS), **_numbers(folder))

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
        right = self.right_keypoints(keypoints)
        coarse = self._reconstructed(keypoints, right)
        found = searched(keypoints, coarse, intrinsics or self.intrinsics, self.left.root,
                         cost, principal)
        return Labels(found[0] if search else coarse, coarse, *found[1:], right=right)


@dataclass(frozen=True)
class LinearBaseline:
    """One linear network from key points to poses, without a second view (ICCV 2017).

    The pelvis, always 0, is left out of the poses, and of 17 key points.
    """
    network: keras.Model
    left: Normaliser
    pose: Normaliser
    intrinsics: Intrinsics = Intrinsics()

    @classmethod
    def load(cls, folder: Path | str) -> "LinearBaseline":
        """From the folder of a training."""
        return cls(load_linear(folder, "baseline"), **_numbers(folder))

    def inputs(self, keypoints: np.ndarray) -> np.ndarray:
        """Key points (N, 16 or 17, 2) in pixels to (N, 32)."""
        return without_root(self.left.normalise(keypoints), self.left.root, 2,
                            keypoints.shape[1] == 17)

    def coarse_poses(self, left: np.ndarray) -> np.ndarray:
        """Poses (N, 17, 3) without the search."""
        poses = _predict(self.network, self.inputs(left))
        return self.pose.restore(np.pad(poses, ((0, 0), (3, 0))), 3)

    def labels(self, keypoints: np.ndarray, *, search: bool = True, cost: str = "l1"
               ) -> Labels:
        """3D labels of key points in pixels; the search needs the 17 of the poses."""
        coarse = self.coarse_poses(keypoints)
        none = np.full(len(coarse), np.nan)
        found = (searched(keypoints, coarse, self.intrinsics, self.left.root, cost)
                 if keypoints.shape[1] == 17 else (coarse, none, none, none))
        return Labels(found[0] if search else coarse, coarse, *found[1:], right=None)


def load_labeller(folder: Path | str) -> LabelGenerator | LinearBaseline:
    """Whichever of the two was trained in a folder."""
    baseline = "baseline" in read_settings(folder)["networks"]
    return (LinearBaseline if baseline else LabelGenerator).load(folder)


def without_root(scores: np.ndarray, root: int, dim: int, leave_out: bool = True
                 ) -> np.ndarray:
    """Z-scores (N, J * dim) without those of the root."""
    if not leave_out:
        return scores
    return np.delete(scores, range(root * dim, (root + 1) * dim), axis=1)


def searched(keypoints, coarse, intrinsics, root, cost="l1", principal="image"):
    """(refined poses, depths, costs, confidences) of the geometric search."""
    refined, depths, costs = geometric_search(keypoints, coarse, intrinsics, root,
                                              cost=cost, principal=principal)
    mean = costs / keypoints.shape[1]
    mean = np.sqrt(mean) if cost == "l2" else mean
    confidence = np.where(np.isnan(mean), 0, np.exp(-np.nan_to_num(mean) / SCALE_MM))
    return refined, depths, costs, confidence


def _numbers(folder) -> dict:
    """Normalisers and intrinsics of a training."""
    settings, path = read_settings(folder), Path(folder) / SETTINGS
    with reading(path):
        numbers = {name: _normaliser(n, f"{path}: {name}")
                   for name, n in settings["normalisers"].items()}
        intrinsics = Intrinsics(*numbers_of(settings["intrinsics"], (4,), "intrinsics"))
        return numbers | {"intrinsics": intrinsics}


def _normaliser(numbers: dict, where: str) -> Normaliser:
    shape = np.shape(numbers["mean"])
    mean, std = (numbers_of(numbers[key], shape, f"{where}: {key}") for key in ("mean", "std"))
    if (std < 0).any() or numbers["root"] not in range(17):
        raise ValueError(f"{where}: std must not be negative and root a joint, got a std of "
                         f"{std.min()} and root {numbers['root']}")
    return Normaliser(mean, std, numbers["root"])


def _predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    parts = [x[i:i + BATCH].astype(np.float32) for i in range(0, len(x), BATCH)]
    # Several replicas each predict the whole part.
    return np.concatenate([model.predict_on_batch(part)[:len(part)] for part in parts])


def settings_of(normalisers: Mapping[str, Normaliser], intrinsics: Intrinsics) -> dict:
    """What `load` needs beside the networks, for JSON."""
    numbers = {name: {"mean": n.mean.tolist(), "std": n.std.tolist(), "root": n.root}
               for name, n in normalisers.items()}
    return {"normalisers": numbers, "intrinsics": list(intrinsics)}
