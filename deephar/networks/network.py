"""A trained network as everything above needs it, whatever runs it.

A `Network` is a model and what its inputs and outputs mean.  The model is a
Keras model, or anything else with `predict(x, batch_size=..., verbose=...)` and
`input_shape`: an exported network on a runtime, a stand-in in a test.
"""
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from deephar.config import DataConfig
from deephar.utils.files import md5_of
from deephar.utils.pose import POSE_LAYOUTS, PoseLayout


@dataclass(frozen=True)
class Network:
    """A model and what it means.

    Args:
        model: see above.  Inputs are (N, H, W, 3), or (N, T, H, W, 3) for
            clips, float32 in [-1, 1].  Outputs are, per block, the pose with its
            visibility (N[, T], J, D + 1), or pose and visibility apart; then
            class probabilities (N, A), set after set and block after block.
        layout: joints of the poses; None for a network without poses.
        actions: {action set: class names}, in the order of the outputs.
        frame_step: video frames from one frame of a clip to the next; None for
            that of `dataconf`, which otherwise takes it over.
        name: what to call it.
        dataconf: of its crops; None for plain ones of the size that it takes.
        weights: where they came from, as `weights_info` tells.
    """
    model: Any
    layout: PoseLayout | None
    actions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    frame_step: int | None = None
    name: str = ""
    dataconf: DataConfig | None = None
    weights: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self):
        crops = self.dataconf or DataConfig(crop_resolution=self.resolution)
        step = self.frame_step or crops.fixed_subsampling
        object.__setattr__(self, "frame_step", step)
        object.__setattr__(self, "dataconf", replace(crops, fixed_subsampling=step))

    @property
    def num_frames(self) -> int | None:
        """Frames of a clip; None for single pictures."""
        return self.model.input_shape[1] if len(self.model.input_shape) == 5 else None

    @property
    def resolution(self) -> tuple[int, int]:
        """(w, h) of a crop."""
        return self.model.input_shape[-2], self.model.input_shape[-3]

    @property
    def num_sets(self) -> int:
        """Outputs of an action block."""
        return max(1, len(self.actions))

    @property
    def is_merge(self) -> bool:
        """Whether its actions come from poses, from appearance and from both."""
        return getattr(self.model, "name", "") == "MergedAR"

    def read(self, outputs: Sequence[np.ndarray]) -> tuple[list, list[dict]]:
        """Outputs of a batch by their meaning.

        Returns:
            poses: per block, (pose (..., J, D), visibility (..., J)).
            actions: per block, {action set: probabilities (N, A)}.
        """
        num_poses = num_pose_outputs([np.shape(o) for o in outputs],
                                     len(self.model.input_shape))
        poses = []
        if num_poses and self.layout is not None:
            poses = pose_blocks(outputs[:num_poses], self.layout.dim)
        classes = [o for o in outputs[num_poses:] if np.ndim(o) == 2]
        sets = list(self.actions)
        if not sets or not classes:
            return poses, []
        if len(classes) % len(sets):
            raise ValueError(f"{self.name}: {len(classes)} action outputs for the "
                             f"action sets {', '.join(sets)}")
        blocks = [dict(zip(sets, classes[i:i + len(sets)]))
                  for i in range(0, len(classes), len(sets))]
        return poses, blocks


def weights_info(path: Path | str | None) -> dict:
    """How a network's weights are named in a report; None for random ones."""
    if path is None:
        return {"file": None, "note": "random weights"}
    return {"file": str(path), "md5": md5_of(path)}


def num_pose_outputs(shapes: Sequence[tuple], input_rank: int) -> int:
    """How many outputs, from the first, are poses and visibilities.

    Poses have one axis less than the input; action outputs have two axes,
    and nothing after the first of them is a pose.
    """
    count = 0
    for shape in shapes:
        if len(shape) != input_rank - 1:
            break
        count += 1
    return count


def pose_blocks(outputs: Sequence[np.ndarray], dim: int
                ) -> list[tuple[np.ndarray, np.ndarray]]:
    """(poses `(..., J, dim)`, visibilities `(..., J)`) of each prediction block.

    Args:
        outputs: of a pose network: per block the pose with its visibility,
            or the pose and then the visibility.
        dim: coordinates of a joint.
    """
    blocks, rest = [], list(outputs)
    while rest:
        pose = rest.pop(0)
        if pose.shape[-1] == dim + 1:
            blocks.append((pose[..., :dim], pose[..., dim]))
        elif pose.shape[-1] == dim and rest and rest[0].shape[-1] == 1:
            blocks.append((pose, rest.pop(0)[..., 0]))
        else:
            raise ValueError(f"outputs of a {dim}D pose network must be (..., J, "
                             f"{dim + 1}), or (..., J, {dim}) and (..., J, 1), got "
                             f"{[np.shape(output) for output in outputs]}")
    return blocks


def layout_of(model: Any) -> PoseLayout | None:
    """The layout with as many joints and dimensions as the first output."""
    shapes = [tuple(o.shape) for o in getattr(model, "outputs", ())]
    count = num_pose_outputs(shapes, len(model.input_shape))
    if not count:
        return None
    joints, last = shapes[0][-2:]
    apart = count > 1 and shapes[1][-1] == 1
    dim = last if apart else last - 1
    for layout in POSE_LAYOUTS.values():
        if (layout.num_joints, layout.dim) == (joints, dim):
            return layout
    raise ValueError(f"no layout has {joints} joints in {dim} dimensions; there are "
                     f"{', '.join(POSE_LAYOUTS)}: give layout=")
