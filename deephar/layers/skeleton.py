"""What a camera sees of poses, and how long their bones are."""
import keras
import numpy as np
from keras import ops

from deephar.layers.base import Float32Layer


@keras.saving.register_keras_serializable(package="deephar")
class Project(Float32Layer):
    """Camera-space points `(N, T, J, 3)` seen by `(N, 9)`: `deephar.utils.rig.project`."""

    def call(self, inputs):
        points, camera = inputs
        camera = camera[:, None, None]
        s = ops.clip(points[..., :2] / points[..., 2:], -1, 1)
        r2 = ops.sum(ops.square(s), axis=-1, keepdims=True)
        powers = ops.concatenate([r2, r2 ** 2, r2 ** 3], axis=-1)
        radial = 1 + ops.sum(camera[..., 4:7] * powers, axis=-1, keepdims=True)
        tangential = ops.sum(camera[..., 7:] * s, axis=-1, keepdims=True)
        seen = s * (radial + tangential) + camera[..., 7:] * r2
        return camera[..., :2] * seen + camera[..., 2:4]


@keras.saving.register_keras_serializable(package="deephar")
class BoneDifference(Float32Layer):
    """How much the mean bone lengths of two batches `(N, T, J, 3)` differ, `(N, 1)`.

    Args:
        parents: of every joint; that of joint 0 does not count.

    Attributes:
        synchronized: the batches are those of all replicas, as in
            `keras.layers.BatchNormalization`; set when a step is traced.
    """

    def __init__(self, parents, **kwargs):
        super().__init__(**kwargs)
        self.parents = list(parents)
        self.synchronized = False

    def call(self, inputs):
        first, second = (self._lengths(poses) for poses in inputs)
        difference = ops.mean(ops.abs(first - second))
        return ops.zeros_like(inputs[0][:, 0, 0, :1]) + difference

    def _lengths(self, poses):
        parents = ops.take(poses, np.array(self.parents[1:]), axis=2)
        lengths = ops.norm(poses[:, :, 1:] - parents, axis=-1)
        return ops.moments(lengths, axes=(0, 1), synchronized=self.synchronized)[0]

    def get_config(self):
        return {**super().get_config(), "parents": self.parents}
