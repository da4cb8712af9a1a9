"""Windows of key-point sequences as batches, and whole padded sequences.

Windows that reach over the ends of a sequence repeat its first or last frame.
A flipped example has left and right exchanged and x negated, in 2D, in 3D and
in the camera.
"""
import hashlib
import threading
from typing import NamedTuple, Sequence

import numpy as np

CAMERA_X = (2, 7)           # of the 9 intrinsics: centre x, first tangential


class Symmetry(NamedTuple):
    """Indices of the left and of the right joints, position by position."""
    left: Sequence[int]
    right: Sequence[int]

    def order(self, num_joints: int) -> np.ndarray:
        """For each joint the one that it becomes in a mirrored picture."""
        order = np.arange(num_joints)
        order[list(self.left)], order[list(self.right)] = self.right, self.left
        return order


def flip_points(points: np.ndarray, symmetry: Symmetry) -> np.ndarray:
    """Mirror (..., J, D): x negated, left and right joints exchanged."""
    flipped = np.asarray(points)[..., symmetry.order(np.shape(points)[-2]), :]
    flipped[..., 0] *= -1
    return flipped


def flip_camera(camera: np.ndarray) -> np.ndarray:
    """The camera (..., 9) of a mirrored picture."""
    flipped = np.array(camera)
    flipped[..., CAMERA_X] *= -1
    return flipped


def chunks_of(length: int, chunk: int) -> list[tuple[int, int]]:
    """(first, end) of windows of `chunk` frames that cover a sequence evenly."""
    count = -(-length // chunk)
    offset = (count * chunk - length) // 2
    return [(j * chunk - offset, (j + 1) * chunk - offset) for j in range(count)]


def kept_frames(length: int, fraction: float = 1, stride: int = 1) -> slice:
    """The frames of a sequence that an experiment on fewer data keeps.

    The start of a part depends on nothing but the sequence's length.
    """
    if fraction >= 1:
        return slice(0, length, stride)
    kept = round(length // stride * fraction) * stride
    word = hashlib.sha256(str(length).encode()).digest()[:4]
    share = int.from_bytes(word, "little") / (2 ** 32 - 1)
    start = int(share * (length - kept + 1))
    return slice(start, start + kept, stride)


def pad_sequence(keypoints: np.ndarray, front: int, behind: int) -> np.ndarray:
    """Repeat the first and last frames of (T, J, F)."""
    return np.pad(keypoints, ((front, behind), (0, 0), (0, 0)), "edge")


class ChunkedBatches:
    """Batches of windows, by running number; the loader of a training.

    Batch n belongs to epoch `n // len(self)`.  The last, incomplete batch of
    an epoch is given by `epoch_batches` only: a training has full batches.

    Args:
        keypoints: per sequence `(T, J, F)`.
        poses: per sequence `(T, Jout, 3)`; None: there are only key points.
        cameras: per sequence `(9,)`; None: not given out.
        batch_size: windows per batch.
        chunk: predicted frames per window.
        pad: frames that a window has more on either side.
        shift: moves the windows back: `pad` for causal networks.
        symmetry_2d, symmetry_3d: joints to exchange; given, every window is
            there a second time, flipped.
        shuffle, seed: a new order for every epoch.
    """

    def __init__(self, keypoints: Sequence[np.ndarray],
                 poses: Sequence[np.ndarray] | None = None,
                 cameras: Sequence[np.ndarray] | None = None, *,
                 batch_size: int = 1024, chunk: int = 1, pad: int = 0, shift: int = 0,
                 symmetry_2d: Symmetry | None = None,
                 symmetry_3d: Symmetry | None = None,
                 shuffle: bool = True, seed: int = 1234):
        lengths = np.array([len(k) for k in keypoints])
        if not len(lengths) or not lengths.all():
            raise ValueError(f"batches need sequences with frames, got {len(lengths)} "
                             f"of {lengths.sum()} frames")
        if poses is not None and [len(p) for p in poses] != lengths.tolist():
            raise ValueError("key points and poses must have the same frames")
        self.keypoints = np.concatenate(keypoints)
        self.poses = None if poses is None else np.concatenate(poses)
        self.cameras = None if cameras is None else np.array(cameras)
        self.chunk, self.pad, self.shift = chunk, pad, shift
        self.symmetry_2d, self.symmetry_3d = symmetry_2d, symmetry_3d
        self.windows = np.concatenate([
            _windows(i, n, chunk, symmetry_2d is not None)
            for i, n in enumerate(lengths)])
        self.batch_size = min(batch_size, len(self.windows))
        self._lengths = lengths
        self._starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        self._order = _Orders(len(self.windows), seed) if shuffle else None

    def __len__(self) -> int:
        """Full batches of an epoch."""
        return len(self.windows) // self.batch_size

    def get_batch_size(self) -> int:
        """Windows in a batch."""
        return self.batch_size

    @property
    def num_frames(self) -> int:
        """Predicted frames in an epoch, those of incomplete batches too."""
        return len(self.windows) * self.chunk

    def batch(self, number: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Batch `number`: ([key points], [poses]), (N, T, J, F) and (N, L, Jout, 3)."""
        keypoints, poses, _ = self.batch_with_cameras(number)
        return [keypoints], [] if poses is None else [poses]

    def epoch_windows(self, epoch: int) -> np.ndarray:
        """All windows in the epoch's order, (M, 4): sequence, first, end, flipped."""
        if self._order is None:
            return self.windows
        return self.windows[self._order.of(epoch)]

    def epoch_batches(self, epoch: int = 0):
        """Every batch of an epoch: key points, poses or None, cameras or None."""
        windows = self.epoch_windows(epoch)
        for first in range(0, len(windows), self.batch_size):
            yield self._examples(windows[first:first + self.batch_size])

    def batch_with_cameras(self, number: int) -> tuple:
        """As `batch`, as (key points, poses or None, cameras or None)."""
        epoch, index = divmod(number, len(self))
        return self._examples(
            self.epoch_windows(epoch)[index * self.batch_size:][:self.batch_size])

    def _examples(self, windows):
        sequence, first, end, flipped = windows.T
        flipped = flipped.astype(bool)
        frames = lambda start, length: self._starts[sequence, None] + np.clip(
            start[:, None] + np.arange(length), 0, self._lengths[sequence, None] - 1)
        keypoints = self.keypoints[
            frames(first - self.pad - self.shift, self.chunk + 2 * self.pad)]
        poses = None if self.poses is None else self.poses[frames(first, self.chunk)]
        cameras = None if self.cameras is None else self.cameras[sequence]
        if flipped.any():
            keypoints[flipped] = flip_points(keypoints[flipped], self.symmetry_2d)
            if poses is not None:
                poses[flipped] = flip_points(poses[flipped], self.symmetry_3d)
            if cameras is not None:
                cameras[flipped] = flip_camera(cameras[flipped])
        return keypoints, poses, cameras


def _windows(sequence, length, chunk, flipped):
    """Rows (sequence, first, end, flipped): all plain ones, then all flipped."""
    plain = np.array([(sequence, *bounds, 0) for bounds in chunks_of(length, chunk)])
    return np.concatenate([plain, plain + [0, 0, 0, 1]]) if flipped else plain


class _Orders:
    """Permutations of one random stream, by epoch; the last two are kept."""

    def __init__(self, size: int, seed: int):
        self._size, self._seed = size, seed
        self._lock = threading.Lock()
        self._restart()

    def _restart(self):
        self._rng, self._next, self._kept = np.random.RandomState(self._seed), 0, {}

    def of(self, epoch: int) -> np.ndarray:
        with self._lock:
            if epoch < self._next and epoch not in self._kept:
                self._restart()
            while self._next <= epoch:
                self._kept[self._next] = self._rng.permutation(self._size)
                self._kept.pop(self._next - 2, None)
                self._next += 1
            return self._kept[epoch]
