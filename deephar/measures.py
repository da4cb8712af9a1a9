"""Scores of poses, action probabilities and identities: NumPy in, numbers out.

Poses are `(N, J, D)` in pixels or millimetres.  A true joint is valid when
each of its coordinates is above -1e6 (missing joints hold -1e9, and NaN is
never above); where a measure says "valid joints", the others count neither
as hits nor as misses.  No function changes its arguments.
"""
from typing import Any, Iterator, Mapping, Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

from deephar.utils.bbox import overlaps

LOWEST_VALID = -1e6         # as published; the data sets mark missing joints -1e9
PCKH_JOINTS = slice(2, 16)  # of pa16j: pelvis and thorax are left out
PCK3D_JOINTS = slice(1, 17)  # of pa17j: the root is left out

Frames = Sequence[Mapping[int, Any]]        # {number of a person: box (4,)}


# === Distances ===

def joint_distances(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """Euclidean distance of each joint, `(..., J, D)` twice to `(..., J)`."""
    y_true, y_pred = _pair(y_true, y_pred)
    difference = y_true - y_pred
    return np.sqrt(np.einsum("...d,...d->...", difference, difference))


def valid_joints(y_true: np.ndarray) -> np.ndarray:
    """Whether each joint has all its coordinates, `(..., J, D)` to `(..., J)`."""
    return np.all(np.asarray(y_true) > LOWEST_VALID, axis=-1)


def mean_distance_error(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Mean distance, pooled over the valid joints of all samples."""
    distances, valid = joint_distances(y_true, y_pred), valid_joints(y_true)
    return float(distances[_some(valid)].mean())


# === Shares of correct key points ===

def pckh(y_true: np.ndarray, y_pred: np.ndarray, head_size: np.ndarray,
         refp: float = 0.5) -> float:
    """Share of valid joints within `refp` head sizes, pelvis and thorax left out.

    Args:
        y_true, y_pred: `(N, J, 2)` in pixels, the order of `pa16j2d`.
        head_size: `(N,)` or `(N, 1)` in pixels.
        refp: threshold as a fraction of the head size.
    """
    near, valid = _normalised(y_true, y_pred, head_size)
    near, valid = near[:, PCKH_JOINTS], valid[:, PCKH_JOINTS]
    return float((near[_some(valid)] <= refp).mean())


def pckh_per_joint(y_true: np.ndarray, y_pred: np.ndarray, head_size: np.ndarray,
                   pose_layout=None, refp: float = 0.5) -> np.ndarray:
    """The PCKh of each joint, `(J,)`; NaN where a joint is never valid.

    Args:
        y_true, y_pred: `(N, J, 2)` in pixels.
        head_size: `(N,)` or `(N, 1)` in pixels.
        pose_layout: if given, its number of joints is checked against J.
        refp: threshold as a fraction of the head size.
    """
    near, valid = _normalised(y_true, y_pred, head_size)
    if pose_layout is not None and pose_layout.num_joints != near.shape[1]:
        raise ValueError(f"poses must have the {pose_layout.num_joints} joints of "
                         f"{pose_layout.name}, got {near.shape[1]}")
    count = valid.sum(0)
    hits = ((near <= refp) & valid).sum(0)
    return np.where(count > 0, hits / np.maximum(count, 1), np.nan)


def pckh_curve(y_true: np.ndarray, y_pred: np.ndarray, head_size: np.ndarray,
               thresholds: Sequence[float] | None = None
               ) -> tuple[np.ndarray, np.ndarray]:
    """(thresholds, PCKh at each); by default 0, 0.01, ..., 0.5."""
    thresholds = np.linspace(0, 0.5, 51) if thresholds is None else thresholds
    near, valid = _normalised(y_true, y_pred, head_size)
    near, valid = near[:, PCKH_JOINTS], valid[:, PCKH_JOINTS]
    return _curve(near[_some(valid)], thresholds)


def pckh_auc(y_true: np.ndarray, y_pred: np.ndarray, head_size: np.ndarray) -> float:
    """Area under the PCKh curve from 0 to 0.5 head sizes, between 0 and 1."""
    return _area(*pckh_curve(y_true, y_pred, head_size))


def pck3d(y_true: np.ndarray, y_pred: np.ndarray, refp: float = 150) -> float:
    """Share of valid joints within `refp` mm, the root left out.

    Args:
        y_true, y_pred: `(N, J, 3)` in mm, the root first.
        refp: threshold in mm.
    """
    distances, valid = _without_root(y_true, y_pred)
    return float((distances[_some(valid)] <= refp).mean())


def pck3d_auc(y_true: np.ndarray, y_pred: np.ndarray, refp: float = 150) -> float:
    """Area under the PCK3D curve from 0 to `refp` mm in steps of a thirtieth."""
    distances, valid = _without_root(y_true, y_pred)
    return _area(*_curve(distances[_some(valid)], np.linspace(0, refp, 31)))


# === The MPJPE family: every joint counts ===

def mpjpe(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Mean distance over all frames and joints ("protocol 1")."""
    return float(joint_distances(y_true, y_pred).mean())


def p_mpjpe(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """MPJPE after the best similarity of each frame ("protocol 2")."""
    return mpjpe(y_true, similarity_aligned(y_true, y_pred))


def n_mpjpe(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """MPJPE after the best scale of each frame ("protocol 3")."""
    return mpjpe(y_true, scale_aligned(y_true, y_pred))


def mpjve(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Mean distance of the velocities of one sequence, `(..., T, J, D)`.

    A velocity is the difference to the next frame: T - 1 of them.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    if y_true.ndim < 3 or y_true.shape[-3] < 2:
        raise ValueError("a velocity needs (..., T, J, D) with at least two "
                         f"frames, got {y_true.shape}")
    return mpjpe(np.diff(y_true, axis=-3), np.diff(y_pred, axis=-3))


def scale_aligned(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """`y_pred` with each frame scaled by sum(true · pred) / sum(pred · pred)."""
    y_true, y_pred = _pair(y_true, y_pred)
    size = (y_pred ** 2).sum((-2, -1), keepdims=True)
    return y_pred * _ratio((y_true * y_pred).sum((-2, -1), keepdims=True), size)


def similarity_aligned(y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
    """`y_pred` after the least-squares similarity of each frame to `y_true`.

    Scale, rotation and translation, never a reflection.  A frame whose
    predicted joints are all one point goes to the mean of the true joints.

    Args:
        y_true, y_pred: `(..., J, D)`.
    """
    y_true, y_pred = _pair(y_true, y_pred)
    mean_true = y_true.mean(-2, keepdims=True)
    true, pred = y_true - mean_true, y_pred - y_pred.mean(-2, keepdims=True)
    u, s, vt = np.linalg.svd(np.swapaxes(pred, -1, -2) @ true)
    mirrored = np.linalg.det(u @ vt) < 0
    s[..., -1] = np.where(mirrored, -s[..., -1], s[..., -1])
    vt[..., -1, :] = np.where(mirrored[..., None], -vt[..., -1, :], vt[..., -1, :])
    scale = _ratio(s.sum(-1), (pred ** 2).sum((-2, -1)))
    return scale[..., None, None] * (pred @ (u @ vt)) + mean_true


# === Actions ===

def top_k_accuracy(labels: np.ndarray, probabilities: np.ndarray,
                   k: int = 1) -> float:
    """Share of samples whose class is among the `k` most probable.

    Of equally probable classes the first one wins, as in `argmax`.

    Args:
        labels: `(N,)` class indices, or `(N, A)` one-hot.
        probabilities: `(N, A)`.
    """
    labels, probabilities = _labels_of(labels), np.asarray(probabilities)
    if not len(probabilities) or labels.shape != probabilities.shape[:1]:
        raise ValueError("accuracy needs one label for each of N ≥ 1 rows of "
                         f"probabilities, got {labels.shape}, {probabilities.shape}")
    if np.isnan(probabilities).any():
        raise ValueError("probabilities hold NaN")
    best = np.argsort(-probabilities, axis=1, kind="stable")[:, :k]
    return float((best == labels[:, None]).any(1).mean())


def accuracy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Share of samples whose most probable class is right."""
    return top_k_accuracy(labels, probabilities, 1)


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray,
                     num_classes: int) -> np.ndarray:
    """Counts `(A, A)`: row = true class, column = predicted class.

    Args:
        labels: `(N,)` class indices, or `(N, A)` one-hot.
        predicted: the same for the predictions, or `(N, A)` probabilities.
    """
    matrix = np.zeros((num_classes, num_classes), int)
    np.add.at(matrix, (_labels_of(labels), _labels_of(predicted)), 1)
    return matrix


# === Identities in a video ===

def identity_f1(true: Frames, found: Frames, least_overlap: float = 0.5) -> float:
    """IDF1 of Ristani et al. (2016): 2 right / (true boxes + found boxes).

    Each true person is one found number in all of the video, or none, so that
    most boxes are right.  A box is right where the two are and overlap.

    Args:
        true, found: per frame, {number of the person: box}.
        least_overlap: intersection over union of boxes of the same person.
    """
    together: dict[tuple, int] = {}
    for pair in (pair for near in _near_pairs(true, found, least_overlap) for pair in near):
        together[pair] = together.get(pair, 0) + 1
    who = {name: i for i, name in enumerate({t for t, _ in together})}
    number = {name: i for i, name in enumerate({f for _, f in together})}
    counts = np.zeros((len(who), len(number)), int)
    for (t, f), count in together.items():
        counts[who[t], number[f]] = count
    boxes = sum(map(len, true)) + sum(map(len, found))
    if not boxes:
        raise ValueError("there is no box in any frame: no score")
    return float(2 * counts[linear_sum_assignment(-counts)].sum() / boxes)


def identity_switches(true: Frames, found: Frames, least_overlap: float = 0.5) -> int:
    """How often a true person's number changes (CLEAR MOT); arguments of `identity_f1`.

    In each frame, who can keep the number does; then the most overlap counts.
    """
    last: dict = {}
    switches = 0
    for near in _near_pairs(true, found, least_overlap):
        who, number = sorted({t for t, _ in near}), sorted({f for _, f in near})
        gain = np.zeros((len(who), len(number)))
        for (t, f), common in near.items():
            gain[who.index(t), number.index(f)] = common + 10 * (last.get(t) == f)
        for i, k in zip(*linear_sum_assignment(-gain)):
            if gain[i, k] > 0:
                switches += last.get(who[i], number[k]) != number[k]
                last[who[i]] = number[k]
    return switches


def _near_pairs(true: Frames, found: Frames, least_overlap: float) -> Iterator[dict]:
    """Per frame, the overlap of every (true, found) that may be one person."""
    if len(true) != len(found):
        raise ValueError("true and found people must have the same frames, got "
                         f"{len(true)} and {len(found)}")
    for people, numbers in zip(true, found):
        common = overlaps(list(people.values()), list(numbers.values()))
        yield {(t, f): common[i, k] for i, t in enumerate(people)
               for k, f in enumerate(numbers) if common[i, k] >= least_overlap}


# === Helpers ===

def _pair(y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64, of one shape."""
    y_true, y_pred = np.asarray(y_true, float), np.asarray(y_pred, float)
    if y_true.shape != y_pred.shape:
        raise ValueError("true and predicted poses must have one shape, got "
                         f"{y_true.shape} and {y_pred.shape}")
    return y_true, y_pred


def _some(valid: np.ndarray) -> np.ndarray:
    if not valid.any():
        raise ValueError(f"none of the {valid.size} true joints is valid: no score")
    return valid


def _normalised(y_true, y_pred, head_size) -> tuple[np.ndarray, np.ndarray]:
    """(distances in head sizes, valid), both `(N, J)`."""
    distances, valid = joint_distances(y_true, y_pred), valid_joints(y_true)
    head_size = np.asarray(head_size, float).reshape(-1, 1)
    if len(head_size) != len(distances) or not np.all(head_size > 0):
        raise ValueError(f"head_size must be {len(distances)} positive numbers, got "
                         f"{len(head_size)}, the smallest {head_size.min(initial=0)}")
    return distances / head_size, valid


def _without_root(y_true, y_pred) -> tuple[np.ndarray, np.ndarray]:
    distances, valid = joint_distances(y_true, y_pred), valid_joints(y_true)
    return distances[:, PCK3D_JOINTS], valid[:, PCK3D_JOINTS]


def _curve(distances: np.ndarray, thresholds) -> tuple[np.ndarray, np.ndarray]:
    """(thresholds, share of the distances at or below each)."""
    below = np.searchsorted(np.sort(distances), thresholds, side="right")
    return np.asarray(thresholds, float), below / len(distances)


def _area(x: np.ndarray, y: np.ndarray) -> float:
    """Area under a curve over its range, by trapezoids."""
    return float(np.trapezoid(y, x) / (x[-1] - x[0]))


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """above / below, 0 where `below` is 0."""
    return np.where(below > 0, above / np.where(below > 0, below, 1), 0.0)


def _labels_of(classes) -> np.ndarray:
    """Class indices `(N,)`, of indices or of rows."""
    classes = np.asarray(classes)
    return classes.argmax(1) if classes.ndim == 2 else classes.astype(int)
