"""Scores of the 3D label generator.

Poses are root-relative, in millimetres; key points in pixels, of the 17 joints.
"""
from typing import Mapping, Sequence

import numpy as np

from deephar.data.keypoints.takes import Take
from deephar.evaluation.lifting import by_action, take_errors, weighted_errors
from deephar.evaluation.loop import Predict, Rows, Trial
from deephar.evaluation.paper_tables import PAPER_TABLES
from deephar.evaluation.report import Score
from deephar.measures import joint_distances, p_mpjpe
from deephar.networks.label_generator import LabelGenerator, LinearBaseline
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


def label_trial(takes: Sequence[Take], intrinsics: Intrinsics, *, every: int = 25,
                exact: bool = True, baseline: float = 500, noise_px: float = 0,
                seed: int = 0, name: str = "labels") -> Trial:
    """Whole takes, `evaluate(..., batch_size=1)`.

    Args:
        takes: of the test subjects.
        intrinsics: that the generator knows.
        every: of their frames are used.
        exact: key points are projected from the poses; else they are the takes'.
        baseline: mm to the right camera.
        noise_px: standard deviation of an error added to the key points.
    """
    def read(number, view):
        poses = camera_poses([takes[number]], every)
        left, right = view_pairs(poses, intrinsics, baseline)
        points = left if exact else image_points([takes[number]], every)
        noise = np.random.default_rng([seed, number]).normal(0, noise_px, points.shape)
        return {"frame": points + noise, "poses": relative(poses), "right": right}

    def reduce(number, views, outputs):
        (true,), (coarse, searched, *right) = views, (output[0] for output in outputs)
        pckh = {"PCKh": view_pckh(right[0], true["right"])} if right else {}
        return {"frames": len(coarse), **pckh, **{f"{key} {when} search": value
                   for when, poses in (("without", coarse), ("with", searched))
                   for key, value in pose_errors(true["poses"], poses).items()}}

    return Trial(name, [str(take) for take in takes], lambda number: [None], read, reduce)


def labelled_by(generator: LabelGenerator | LinearBaseline, cost: str = "l1") -> Predict:
    """A generator as `evaluate` wants networks: poses without and with search, right view.

    The baseline has no right view.
    """
    def predict(batch):
        labels = [generator.labels(points, cost=cost) for points in batch]
        return [np.stack([getattr(found, name) for found in labels])
                for name in ("coarse", "poses", "right")
                if getattr(labels[0], name) is not None]
    return predict


def label_scores(rows: Rows, takes: Sequence[Take], protocol: Mapping, *,
                 every: int = 25, paper: Sequence[str] = ()) -> list[Score]:
    """Scores without and with the search, and of the view synthesis if there is one.

    Args:
        rows: of a `label_trial` of these takes and frames.
        paper: rows of the tables; keys of those with search end in "search".
    """
    errors = take_errors(rows, takes)
    actions, mean = by_action(errors), weighted_errors(errors)
    common = dict(
        protocol={**protocol, "frames": f"every {every}th"}, missing=rows.missing,
        samples=sum(len(take.poses[::every]) for take in takes),
        evaluated=sum(row.frames for row in errors))
    scores = []
    for when in ("without search", "with search"):
        rows_of = [key for key in paper if key.endswith("search") == (when == "with search")]
        extras = {key: mean[f"{key} {when}"] for key in ("P1", "P2") if mean}
        for metric in ("P1", "P2"):
            keys = [key for key in rows_of if PAPER_TABLES[key].metric == metric]
            if metric == "P1" or keys:
                parts = {action: row[f"{metric} {when}"] for action, row in actions.items()}
                scores.append(Score(
                    f"{metric}, mean over actions, {when}", "mm",
                    float(np.mean([*parts.values()])) if parts else None,
                    higher_is_better=False, parts=parts, paper=keys, extras=extras, **common))
    if "PCKh" in mean:
        scores.append(Score("PCKh@0.5 of the right view", "%", 100 * mean["PCKh"], **common))
    return scores
