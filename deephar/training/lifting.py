"""Training of the temporal lifter: losses, schedules and what an epoch ends with.

Losses have one value per sample, as `Task` wants them.
"""
import logging
from typing import Callable, Mapping, Sequence

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from deephar.data.keypoints.batches import (
    ChunkedBatches, SemiSupervisedBatches, Symmetry)
from deephar.data.keypoints.takes import (
    H36M17_PARENTS, H36M17_SYMMETRY, Take, root_relative)
from deephar.evaluation.lifting import take_errors, weighted_errors
from deephar.models.temporal import set_bn_momentum, temporal_padding
from deephar.networks.lifting import lifter_of
from deephar.training.task import Task

FIRST_MOMENTUM, LAST_MOMENTUM = 0.1, 0.001      # as PyTorch counts: 1 - Keras'

log = logging.getLogger(__name__)


# === Losses ===

def mpjpe_loss(y_true, y_pred):
    """Mean distance, (N, T, J, D) twice to (N,)."""
    return ops.mean(_distances(y_true, y_pred), axis=(1, 2))


def inverse_depth_loss(y_true, y_pred):
    """Mean distance of the root, each frame divided by its true depth."""
    return ops.mean(_distances(y_true, y_pred) / y_true[..., 2], axis=(1, 2))


def mean_value(y_true, y_pred):
    """The prediction itself, (N, 1) to (N,)."""
    return ops.mean(y_pred, axis=-1)


def _distances(y_true, y_pred):
    # The gradient of a norm at 0 is NaN; so near to it nothing else changes.
    return ops.sqrt(ops.maximum(ops.sum(ops.square(y_true - y_pred), axis=-1), 1e-24))


# === Schedules ===

def bn_momentum(epoch: int, epochs: int) -> float:
    """Keras' momentum in an epoch, counted from 0."""
    return 1 - FIRST_MOMENTUM * (LAST_MOMENTUM / FIRST_MOMENTUM) ** (epoch / epochs)


def decaying_rate(rate: float, decay: float) -> Callable:
    """The plan `rate`, times `decay` after every epoch."""
    return lambda epoch, history=(): rate * decay ** int(epoch)


def amsgrad(rate: float) -> keras.optimizers.Optimizer:
    """The recipe's optimizer."""
    return keras.optimizers.Adam(rate, epsilon=1e-8, amsgrad=True)


class BnMomentum(keras.callbacks.Callback):
    """Sets the momentum of the next epoch; part of the saved state."""

    def __init__(self, network: keras.Model, epochs: int):
        super().__init__()
        self.network, self.epochs = network, epochs

    def on_epoch_end(self, epoch, logs=None):
        set_bn_momentum(self.network, bn_momentum(epoch + 1, self.epochs))


class Seconds(keras.callbacks.Callback):
    """Logs the seconds of training of each epoch, evaluation left out.

    Args:
        samples: of an epoch.
    """

    def __init__(self, samples: int):
        super().__init__()
        self.samples = samples

    def on_epoch_end(self, epoch, logs=None):
        if "images_per_s" in logs:
            logs["seconds"] = self.samples / logs["images_per_s"]


def losses_of(whole: keras.Model, widths: Sequence[int], causal: bool,
              takes: Mapping[str, Sequence[Take]]) -> Callable:
    """A score for `EvalCallback`: P1 in mm of every set of takes, without flips.

    Args:
        whole: the dilated form; it gets the trained model's weights.
        takes: {name of the set: its takes}.
    """
    lifter = lifter_of(whole, temporal_padding(widths, causal))

    def score(trained: keras.Model) -> dict[str, float]:
        if trained is not whole:
            whole.set_weights(trained.get_weights())
        return {name: weighted_errors(take_errors(lifter, members, ("mpjpe",)))["mpjpe"]
                for name, members in takes.items() if members}

    return score


# === Tasks ===

def windows_of(takes: Sequence[Take], *, widths: Sequence[int], causal: bool,
               batch_size: int, chunk: int, symmetry: Symmetry | None, seed: int,
               labelled: bool = True, keep_root: bool = False) -> ChunkedBatches:
    """The training windows of takes.

    Args:
        batch_size: in predicted frames.
        symmetry: of the key points; given, windows come flipped too.
        labelled: False leaves out the poses and gives out the cameras.
        keep_root: joint 0 stays where the root is; else it is 0.
    """
    pad = sum(temporal_padding(widths)) // 2
    pose_of = (lambda take: take.poses) if keep_root else (
        lambda take: root_relative(take.poses))
    return ChunkedBatches(
        [take.keypoints for take in takes],
        [pose_of(take) for take in takes] if labelled else None,
        None if labelled else [take.camera for take in takes],
        batch_size=max(batch_size // chunk, 1), chunk=chunk, pad=pad,
        shift=pad if causal else 0, symmetry_2d=symmetry,
        symmetry_3d=symmetry and H36M17_SYMMETRY, seed=seed)


def supervised_task(model: keras.Model, windows: ChunkedBatches,
                    optimizer: keras.optimizers.Optimizer) -> Task:
    """Poses from labelled windows."""
    return Task("pose", model, windows, mpjpe_loss, optimizer)


def semi_supervised_task(pose: keras.Model, trajectory: keras.Model,
                         batches: SemiSupervisedBatches,
                         optimizer: keras.optimizers.Optimizer) -> Task:
    """Poses and the root's trajectory; unlabelled windows by their projection.

    The unlabelled poses, put where their trajectory says and seen by the
    camera, must fall on the key points, and bones must be as long as those of
    the labelled poses, on the mean of the batch.  Without unlabelled windows,
    as in the warm-up, the two labelled terms are left.
    """
    keypoints = keras.Input(pose.input_shape[1:], name="keypoints")
    inputs, outputs = [keypoints], [pose(keypoints), trajectory(keypoints)]
    losses = [mpjpe_loss, inverse_depth_loss]
    groups = ["pose", "trajectory"]
    if batches.unlabelled is not None:
        other = keras.Input(pose.input_shape[1:], name="unlabelled")
        camera = keras.Input((9,), name="cameras")
        poses = pose(other)
        inputs += [other, camera]
        outputs += [Project(name="projected")([poses + trajectory(other), camera]),
                    BoneDifference(name="bones")([outputs[0], poses])]
        losses += [mpjpe_loss, mean_value]
        groups += ["projection", "bones"]
    model = keras.Model(inputs, outputs, name="semi_supervised")
    return Task("semi", model, batches, losses, optimizer, groups=tuple(groups))


@keras.saving.register_keras_serializable("deephar")
class Project(keras.layers.Layer):
    """Camera-space points (N, T, J, 3) seen by (N, 9): `deephar.utils.rig.project`."""

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


@keras.saving.register_keras_serializable("deephar")
class BoneDifference(keras.layers.Layer):
    """How much the mean bone lengths of two batches (N, T, J, 3) differ, (N, 1)."""

    def call(self, inputs):
        first, second = (self._lengths(poses) for poses in inputs)
        difference = ops.mean(ops.abs(first - second))
        return ops.zeros_like(inputs[0][:, 0, 0, :1]) + difference

    @staticmethod
    def _lengths(poses):
        children = np.arange(1, len(H36M17_PARENTS))
        parents = np.array(H36M17_PARENTS[1:])
        bones = ops.take(poses, children, axis=2) - ops.take(poses, parents, axis=2)
        return ops.mean(ops.norm(bones, axis=-1), axis=(0, 1))
