"""Losses of poses with missing joints (TPAMI'20 section 3.4), and of lifted ones.

A pose is `(N, J, D)` or, for clips, `(N, T, J, D)`.  A coordinate is valid
where the true one is positive; missing joints are far below zero.  Lifted
poses miss none.  Every function returns one value per sample; frames are
averaged.
"""
from typing import Callable

from keras import ops

EPSILON = 1e-7                  # cross-entropies never see 0 or 1
BINCROSS_WEIGHT = 0.01          # of the cross-entropy in 'l1l2bincross'
INVALID_BELOW = -1e6            # the older objective's mark of a missing joint


def _per_sample(frame_losses):
    """`(N,)` or `(N, T)` to `(N,)`."""
    if len(frame_losses.shape) == 1:
        return frame_losses
    return ops.mean(frame_losses, axis=1)


def _mean_over_valid(error, y_true):
    """Sum of `error(y_true)` over valid coordinates by their number, per frame."""
    valid = ops.cast(y_true > 0, y_true.dtype)
    count = ops.maximum(ops.sum(valid, axis=(-2, -1)), 1.0)
    # Missing coordinates must not reach the error: their values overflow.
    y_true = ops.where(y_true > 0, y_true, ops.zeros_like(y_true))
    return ops.sum(valid * error(y_true), axis=(-2, -1)) / count


def _binary_crossentropy(y_true, y_pred):
    y_pred = ops.clip(y_pred, EPSILON, 1 - EPSILON)
    return -(y_true * ops.log(y_pred) + (1 - y_true) * ops.log(1 - y_pred))


def l1_loss_on_valid_joints(y_true, y_pred):
    """Mean absolute error over valid coordinates, `(N,)`."""
    y_true, y_pred = _as_tensors(y_true, y_pred)
    return _per_sample(_mean_over_valid(lambda y: ops.abs(y - y_pred), y_true))


def l2_loss_on_valid_joints(y_true, y_pred):
    """Mean squared error over valid coordinates, `(N,)`."""
    y_true, y_pred = _as_tensors(y_true, y_pred)
    return _per_sample(_mean_over_valid(lambda y: ops.square(y - y_pred), y_true))


def elasticnet_loss_on_valid_joints(y_true, y_pred):
    """L1 plus L2, `(N,)`."""
    return (l1_loss_on_valid_joints(y_true, y_pred)
            + l2_loss_on_valid_joints(y_true, y_pred))


def elasticnet_bincross_loss_on_valid_joints(y_true, y_pred):
    """L1 plus L2 plus 0.01 binary cross-entropy of the coordinates, `(N,)`."""
    y_true, y_pred = _as_tensors(y_true, y_pred)
    crossentropy = _mean_over_valid(
        lambda y: _binary_crossentropy(y, y_pred), y_true)
    return (elasticnet_loss_on_valid_joints(y_true, y_pred)
            + BINCROSS_WEIGHT * _per_sample(crossentropy))


def elasticnet_objective(y_true, y_pred):
    """The older objective: L1 plus L2 **summed** over the known joints, `(N,)`.

    Not divided by their number, and a coordinate counts from -1e6 on.
    """
    y_true, y_pred = _as_tensors(y_true, y_pred)
    known = y_true > INVALID_BELOW
    difference = ops.where(known, y_pred - y_true, ops.zeros_like(y_true))
    error = ops.abs(difference) + ops.square(difference)
    return _per_sample(ops.sum(error, axis=(-2, -1)))


POSE_LOSSES = {
    "l1": l1_loss_on_valid_joints,
    "l2": l2_loss_on_valid_joints,
    "l1l2": elasticnet_loss_on_valid_joints,
    "l1l2bincross": elasticnet_bincross_loss_on_valid_joints,
}


def pose_regression_loss(pose_loss: str, visibility_weight: float) -> Callable:
    """The loss of poses with visibility, `(..., J, D + 1)`, visibility last.

    Args:
        pose_loss: 'l1', 'l2', 'l1l2' or 'l1l2bincross'.
        visibility_weight: of the visibility's binary cross-entropy, which is a
            mean over all joints.

    Returns:
        A function `(y_true, y_pred)` to one loss per sample, `(N,)`.
    """
    if pose_loss not in POSE_LOSSES:
        raise ValueError(
            f"pose_loss must be one of {list(POSE_LOSSES)}, got {pose_loss!r}")
    of_pose = POSE_LOSSES[pose_loss]

    def loss(y_true, y_pred):
        y_true, y_pred = _as_tensors(y_true, y_pred)
        visibility = ops.mean(
            _binary_crossentropy(y_true[..., -1], y_pred[..., -1]), axis=-1)
        return (of_pose(y_true[..., :-1], y_pred[..., :-1])
                + visibility_weight * _per_sample(visibility))

    loss.__name__ = f"pose_regression_{pose_loss}"
    return loss


def weighted_depth_loss(visibility_weight: float) -> Callable:
    """The elastic net of 3D poses whose depths are not all equally sure.

    Args:
        visibility_weight: as `pose_regression_loss`.

    Returns:
        A function of targets `(..., J, 5)`, x, y, depth, visibility and the
        depth's weight, and predictions `(..., J, 4)`.  With weights of 1 it is
        `pose_regression_loss('l1l2', visibility_weight)`.
    """
    def loss(y_true, y_pred):
        y_true, y_pred = _as_tensors(y_true, y_pred)
        depth_weight = y_true[..., -1:]
        plane_weight = ops.ones_like(depth_weight)
        weights = ops.concatenate([plane_weight, plane_weight, depth_weight], axis=-1)
        pose = _mean_over_valid(
            lambda y: weights * (ops.abs(y - y_pred[..., :3])
                                 + ops.square(y - y_pred[..., :3])), y_true[..., :3])
        visibility = ops.mean(
            _binary_crossentropy(y_true[..., 3], y_pred[..., 3]), axis=-1)
        return _per_sample(pose + visibility_weight * visibility)

    return loss


def _as_tensors(y_true, y_pred):
    y_pred = ops.convert_to_tensor(y_pred)
    if y_pred.dtype not in ("float32", "float64"):
        y_pred = ops.cast(y_pred, "float32")
    return ops.cast(y_true, y_pred.dtype), y_pred


# === Lifted poses ===

def mpjpe_loss(y_true, y_pred):
    """Mean distance, `(N, T, J, D)` twice to `(N,)`."""
    return ops.mean(_distances(y_true, y_pred), axis=(1, 2))


def inverse_depth_loss(y_true, y_pred):
    """Mean distance of the root, each frame divided by its true depth."""
    return ops.mean(_distances(y_true, y_pred) / y_true[..., 2], axis=(1, 2))


def mean_value(y_true, y_pred):
    """The prediction itself, `(N, 1)` to `(N,)`."""
    return ops.mean(y_pred, axis=-1)


def _distances(y_true, y_pred):
    # The gradient of a norm at 0 is NaN; so near to it nothing else changes.
    return ops.sqrt(ops.maximum(ops.sum(ops.square(y_true - y_pred), axis=-1), 1e-24))
