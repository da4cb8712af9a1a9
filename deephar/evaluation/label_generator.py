"""The 3D label generator: one view, a second one made up, a pose, a search.

    key points (left) -> view synthesis -> key points (right)
          |                                       |
          +----------> reconstruction <-----------+ -> coarse pose -> geometric search

Poses are root-relative, in millimetres; key points in pixels, of the 17 joints.
"""
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, NamedTuple, Sequence

import keras
import numpy as np

from deephar.checkpoints.lifting import load_linear, read_settings
from deephar.data.keypoints.takes import Take
from deephar.evaluation.report import Score
from deephar.measures import joint_distances, p_mpjpe
from deephar.utils.geometric_search import geometric_search
from deephar.utils.rig import to_pixels
from deephar.utils.stereo import (
    Intrinsics, Normaliser, project_pinhole, relative, right_view)

HEAD = (9, 10)              # the head segment of the 17 joints
BATCH = 4096
NETWORKS = ("view_synthesis", "reconstruction")


class Labels(NamedTuple):
    """3D labels of N frames.

    Attributes:
        poses: (N, 17, 3), refined if the search ran.
        coarse: (N, 17, 3).
        depths, costs: (N,) of the search: mm to the root; the sum over the
            joints of how far, in mm, the coarse pose is from its key points.
        confidence: (N,) in (0, 1], falls with the mean cost per joint.
    """
    poses: np.ndarray
    coarse: np.ndarray
    depths: np.ndarray
    costs: np.ndarray
    confidence: np.ndarray


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
        right = self.right_keypoints(left)
        both = np.concatenate([self.left.normalise(left), self.right.normalise(right)], 1)
        return self.pose.restore(_predict(self.reconstruction, both), 3)

    def labels(self, keypoints: np.ndarray, *, search: bool = True, cost: str = "l1",
               intrinsics: Intrinsics | None = None, principal: str = "image",
               scale_mm: float = 50) -> Labels:
        """3D labels of key points (N, 17, 2) in pixels.

        Args:
            keypoints: finite numbers only.
            search: refine by the geometric search.
            cost, principal: see `geometric_search`.
            intrinsics: of the camera; None: those that the networks know.
            scale_mm: mean cost per joint at which the confidence is 1/e.
        """
        root = self.left.root
        coarse = self.coarse_poses(keypoints)
        refined, depths, costs = geometric_search(
            keypoints, coarse, intrinsics or self.intrinsics, root, cost=cost,
            principal=principal)
        mean = costs / keypoints.shape[1]
        mean = np.sqrt(mean) if cost == "l2" else mean
        confidence = np.where(np.isnan(mean), 0, np.exp(-np.nan_to_num(mean) / scale_mm))
        return Labels(refined if search else coarse, coarse, depths, costs, confidence)


def _predict(model: keras.Model, x: np.ndarray) -> np.ndarray:
    return np.concatenate([model.predict_on_batch(x[i:i + BATCH].astype(np.float32))
                           for i in range(0, len(x), BATCH)])


def settings_of(left: Normaliser, right: Normaliser, pose: Normaliser,
                intrinsics: Intrinsics) -> dict:
    """What `LabelGenerator.load` needs beside the networks, for JSON."""
    numbers = {name: {"mean": n.mean.tolist(), "std": n.std.tolist(), "root": n.root}
               for name, n in (("left", left), ("right", right), ("pose", pose))}
    return {"normalisers": numbers, "intrinsics": list(intrinsics)}


# === Data ===

def camera_poses(takes: Sequence[Take], every: int = 1) -> np.ndarray:
    """Absolute camera-space poses (N, 17, 3) in mm of frames 0, every, ... of each take."""
    poses = np.concatenate([take.poses[::every] for take in takes]).astype(float)
    poses[:, 1:] += poses[:, :1]
    return 1000 * poses


def image_points(takes: Sequence[Take], every: int = 1) -> np.ndarray:
    """The takes' own key points (N, 17, 2) in pixels."""
    return np.concatenate([to_pixels(take.keypoints[::every, :, :2], *take.size)
                           for take in takes])


def view_pairs(poses: np.ndarray, intrinsics: Intrinsics,
               baseline: float) -> tuple[np.ndarray, np.ndarray]:
    """Left and right key points (N, 17, 2) of absolute poses in mm."""
    return project_pinhole(poses, intrinsics), right_view(poses, intrinsics, baseline)


# === Scores ===

def view_pckh(predicted: np.ndarray, right: np.ndarray) -> float:
    """Share of key points nearer than half the head segment of the true right view."""
    true = relative(right)
    head = np.linalg.norm(true[:, HEAD[0]] - true[:, HEAD[1]], axis=-1)
    return float((joint_distances(true, predicted) < 0.5 * head[:, None]).mean())


def pose_errors(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """P1 and P2 in mm of root-relative poses (N, 17, 3)."""
    return {"P1": float(joint_distances(true, predicted).mean()),
            "P2": p_mpjpe(true, predicted)}


def score_labels(generator: LabelGenerator, takes: Sequence[Take], *, every: int = 25,
                 exact: bool = True, baseline: float = 500, noise_px: float = 0,
                 cost: str = "l1", protocol: Mapping = {}, paper: Sequence[str] = (),
                 seed: int = 0) -> list[Score]:
    """Scores without and with the search, and of the view synthesis.

    Args:
        takes: of the test subjects.
        every: of their frames are used.
        exact: key points are projected from the poses; else they are the takes'.
        noise_px: standard deviation of an error added to the key points.
    """
    poses = camera_poses(takes, every)
    left, right = view_pairs(poses, generator.intrinsics, baseline)
    points = left if exact else image_points(takes, every)
    points = points + np.random.default_rng(seed).normal(0, noise_px, points.shape)
    labels = generator.labels(points, cost=cost)
    true = relative(poses)
    actions = np.repeat([t.action for t in takes], [len(t.poses[::every]) for t in takes])
    protocol = {**protocol, "frames": f"every {every}th", "pixel noise": noise_px,
                "key points": "projected from the poses" if exact else "of the file"}
    common = dict(unit="mm", higher_is_better=False, samples=len(poses),
                  evaluated=len(poses))
    scores = []
    for name, predicted, rows in (("without search", labels.coarse, paper[:1]),
                                  ("with search", labels.poses, paper[1:])):
        parts = {a: float(joint_distances(true[actions == a], predicted[actions == a]).mean())
                 for a in dict.fromkeys(actions)}
        scores.append(Score(
            name=f"P1, mean over actions, {name}", value=float(np.mean(list(parts.values()))),
            parts=parts, extras=pose_errors(true, predicted), protocol=protocol, paper=rows,
            **common))
    pckh = 100 * view_pckh(generator.right_keypoints(points), right)
    return scores + [dataclasses.replace(
        scores[0], name="PCKh@0.5 of the right view", unit="%", higher_is_better=True,
        value=pckh, parts={}, extras={}, paper=())]
