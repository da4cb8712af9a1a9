"""A data set's poses in another layout, joint by joint."""
from typing import Any

import numpy as np

from deephar.utils.pose import INVALID, PoseLayout


class Wrapped:
    """A `Dataset` around another one, of the same samples."""

    def __init__(self, dataset: Any):
        self.dataset = dataset

    def get_length(self, mode: int) -> int:
        return self.dataset.get_length(mode)

    def clip_length(self) -> int | None:
        return self.dataset.clip_length()

    def clip_shape(self) -> tuple[int, ...]:
        return self.dataset.clip_shape()


class Relayout(Wrapped):
    """A data set whose `pose` has the joints of `layout`; the rest is as it was.

    Joints that the data set does not have are missing: every coordinate is
    far below zero and the visibility 0.

    Args:
        dataset: with a `poselayout` of the same dimension.
        layout: of the poses it then gives.
    """

    def __init__(self, dataset: Any, layout: PoseLayout):
        if dataset.poselayout.dim != layout.dim:
            raise ValueError(f"{dataset.poselayout.name} has {dataset.poselayout.dim} "
                             f"dimensions, {layout.name} has {layout.dim}")
        super().__init__(dataset)
        self.poselayout = layout
        names = dataset.poselayout.joint_names
        shared = [j for j, name in enumerate(layout.joint_names) if name in names]
        self._to = shared
        self._from = [names.index(layout.joint_names[j]) for j in shared]

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        """Shape of one sample's `dictkey`."""
        shape = tuple(self.dataset.get_shape(dictkey))
        if dictkey == "pose":
            shape = shape[:-2] + (self.poselayout.num_joints, self.poselayout.dim + 1)
        return shape

    def get_data(self, key: int, mode: int, *args, **options) -> dict:
        """The data set's sample, its `pose` (..., J, D + 1) in the layout."""
        sample = dict(self.dataset.get_data(key, mode, *args, **options))
        given = sample["pose"]
        pose = np.full(given.shape[:-2] + self.get_shape("pose")[-2:], INVALID,
                       given.dtype)
        pose[..., -1] = 0
        pose[..., self._to, :] = given[..., self._from, :]
        return {**sample, "pose": pose}
