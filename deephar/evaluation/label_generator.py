"""Scores of the 3D label generator.

Poses are root-relative, in millimetres; key points in pixels, of the 17 joints.
"""
import dataclasses
from typing import Mapping, Sequence

import numpy as np

from deephar.data.keypoints.takes import Take
from deephar.evaluation.report import Score
from deephar.measures import joint_distances, p_mpjpe
from deephar.networks.label_generator import LabelGenerator
from deephar.utils.rig import to_pixels
from deephar.utils.stereo import Intrinsics, project_pinhole, relative, right_view

HEAD = (9, 10)              # the head segment of the 17 joints


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
