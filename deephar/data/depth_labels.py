"""Depths for pictures that only have 2D joints, from the label generator.

The generator knows the 17 joints of Human3.6M and its camera; people in
pictures have the joints of MPII and no known camera.  So everyone is taken to
stand in front of the generator's camera at the same distance, on its axis, and
counts by the generator's confidence.

Targets here have one more channel than elsewhere: `(J, 5)`, x, y, depth,
visibility, and the weight of the depth in the loss.
"""
from dataclasses import dataclass
from typing import Any, Callable, Mapping

import numpy as np

from deephar.data.relayout import Wrapped
from deephar.utils.pose import INVALID, POSE_LAYOUTS, PoseLayout, get_valid_joints

# Pixels of a standing person 4.5 m away, as the generator's training saw them.
PERSON_HEIGHT = 430
MPII_PERSON = 200               # pixels of a person of MPII's scale 1
DEPTH_RANGE = 2000              # mm from 0 to 1, around the pelvis


@dataclass(frozen=True)
class DepthLabels:
    """What the generator says of N people.

    Args:
        depths: (N, 17) in mm behind the hip, of Human3.6M's joints; NaN where
            nothing is known.
        weights: (N,), 0 to 1.
    """
    depths: np.ndarray
    weights: np.ndarray

    def of_layout(self, layout: PoseLayout) -> np.ndarray:
        """Depths (N, J) of the joints of a layout, in mm."""
        return layout.from_h36m17(self.depths[..., None])[..., 0]


def label_people(points: np.ndarray, layout: PoseLayout, heights: np.ndarray,
                 generate: Callable[[np.ndarray], Any]) -> DepthLabels:
    """Label people by their 2D joints.

    Args:
        points: (N, J, 2) in pixels, NaN where missing; only people with all
            joints are labelled.
        layout: of the joints.
        heights: (N,), how many pixels a person would stand high.
        generate: (N, 17, 2) in pixels, of people on the camera's axis, to
            something with `poses` (N, 17, 3) in mm and `confidence` (N,);
            `LabelGenerator.labels` with `principal="root"`.
    """
    keypoints = layout.to_h36m17(np.asarray(points, float))
    keypoints = keypoints * (PERSON_HEIGHT / np.asarray(heights, float))[:, None, None]
    complete = np.isfinite(keypoints).all(axis=(1, 2))
    depths, weights = np.full(keypoints.shape[:2], np.nan), np.zeros(len(keypoints))
    if complete.any():
        labels = generate(keypoints[complete])
        poses = np.asarray(labels.poses)
        depths[complete] = poses[..., 2] - poses[:, :1, 2]
        weights[complete] = labels.confidence
    return DepthLabels(depths, weights)


def label_mpii(mpii: Any, mode: int, generate: Callable) -> DepthLabels:
    """Labels of the people of a split of `MpiiSinglePerson`."""
    layout = POSE_LAYOUTS["pa16j2d"]
    people = mpii.samples[mode]
    points = np.stack([person["pose"] for person in people])
    heights = MPII_PERSON * np.array([person["scale"] for person in people])
    return label_people(points[:, list(layout.map_from_mpii)], layout, heights, generate)


class DepthLabelled(Wrapped):
    """A data set of single people whose `pose` also says how much its depth weighs.

    Args:
        dataset: of a 3D layout.
        labels: {mode: of its samples}; they replace the depths that it has.
            None: its own depths are true and weigh 1.
    """

    def __init__(self, dataset: Any, labels: Mapping[int, DepthLabels] | None = None):
        if dataset.poselayout.dim != 3:
            raise ValueError("depths need a layout of 3 dimensions, got "
                             f"{dataset.poselayout.name}")
        super().__init__(dataset)
        self.poselayout = dataset.poselayout
        self.labels = labels
        for mode, of_mode in (labels or {}).items():
            if len(of_mode.weights) != dataset.get_length(mode):
                raise ValueError(f"{len(of_mode.weights)} labels for "
                                 f"{dataset.get_length(mode)} samples of mode {mode}")
        self._depths = {mode: of_mode.of_layout(self.poselayout)
                        for mode, of_mode in (labels or {}).items()}

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        """Shape of one sample's `dictkey`."""
        shape = tuple(self.dataset.get_shape(dictkey))
        return shape[:-1] + (shape[-1] + 1,) if dictkey == "pose" else shape

    def get_data(self, key: int, mode: int, *args, **options) -> dict:
        """The data set's sample, its `pose` (..., J, 5)."""
        sample = self.dataset.get_data(key, mode, *args, **options)
        pose, weight = np.array(sample["pose"]), 1.0
        if self.labels is not None:
            depth = self._depths[mode][key]
            if np.linalg.det(sample["afmat"][:2, :2]) < 0:      # the crop is mirrored
                depth = depth[list(self.poselayout.map_hflip)]
            depth = 0.5 + depth / DEPTH_RANGE
            known = np.isfinite(depth) & get_valid_joints(pose[..., :2])
            pose[..., 2] = np.where(known, depth, INVALID)
            weight = self.labels[mode].weights[key]
        weights = np.full(pose.shape[:-1] + (1,), weight)
        return {**sample, "pose": np.concatenate([pose, weights], axis=-1)}
