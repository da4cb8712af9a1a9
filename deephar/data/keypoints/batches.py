"""Windows of key-point sequences as batches, flips and padded sequences.

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


class Batches:
    """What `deephar.data.pipeline.stream` asks of a loader, over arrays in memory.

    Batch n belongs to epoch `n // len(self)`.  All batches are full: what does
    not fill one at the end of an epoch is left out.

    Args:
        size: samples of an epoch.
        batch_size: of a batch; at most `size`.
        seed: of a new order for every epoch; None keeps the order.
    """
    x_dictkeys: list[str] = []
    y_dictkeys: list[str] = []

    def __init__(self, size: int, batch_size: int, seed: int | None):
        self.batch_size = min(batch_size, size)
        self._size = size
        self._orders = None if seed is None else _Orders(size, seed)

    @property
    def num_predictions(self) -> tuple[int, ...]:
        return (1,) * len(self.y_dictkeys)

    def __len__(self) -> int:
        """Batches of an epoch."""
        return self._size // self.batch_size

    def get_batch_size(self) -> int:
        """Samples in a batch."""
        return self.batch_size

    def num_rows(self, number: int) -> int:
        """Samples in batch `number`."""
        return self.batch_size

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        """Shape of an array of a batch."""
        one = self.arrays(self.order(0)[:1])[dictkey]
        return (self.batch_size,) + one.shape[1:]

    def batch(self, number: int, rows: range | None = None) -> tuple[list, list]:
        """Batch `number`, or some of its rows: lists of inputs and of targets."""
        arrays = self.arrays(self._members(number, rows))
        return ([arrays[key] for key in self.x_dictkeys],
                [arrays[key] for key in self.y_dictkeys])

    def names(self, number: int) -> list[str]:
        """What the rows of batch `number` are, by their number in the unshuffled data."""
        return [f"sample {sample}" for sample in self._members(number, None)]

    def order(self, epoch: int) -> np.ndarray:
        """The samples of an epoch, one after the other."""
        return np.arange(self._size) if self._orders is None else self._orders.of(epoch)

    def arrays(self, samples: np.ndarray) -> dict[str, np.ndarray]:
        """The arrays of some samples by key; subclasses have them."""
        raise NotImplementedError

    def _members(self, number, rows):
        epoch, index = divmod(number, len(self))
        members = self.order(epoch)[index * self.batch_size:][:self.batch_size]
        return members if rows is None else members[rows.start:rows.stop]


class ArrayBatches(Batches):
    """Batches of two arrays, inputs and targets, (N, ...) each."""
    x_dictkeys, y_dictkeys = ["x"], ["y"]

    def __init__(self, x: np.ndarray, y: np.ndarray, batch_size: int, seed: int | None = 0):
        if not len(x) or len(x) != len(y):
            raise ValueError(f"inputs and targets must be as many, got {len(x)}, {len(y)}")
        super().__init__(len(x), batch_size, seed)
        self.x, self.y = x, y

    def arrays(self, samples):
        return {"x": self.x[samples], "y": self.y[samples]}


class ChunkedBatches(Batches):
    """Batches of windows.

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
        seed: of a new order for every epoch; None keeps the order.
    """
    x_dictkeys, y_dictkeys = ["keypoints"], ["poses"]

    def __init__(self, keypoints: Sequence[np.ndarray],
                 poses: Sequence[np.ndarray] | None = None,
                 cameras: Sequence[np.ndarray] | None = None, *,
                 batch_size: int = 1024, chunk: int = 1, pad: int = 0, shift: int = 0,
                 symmetry_2d: Symmetry | None = None,
                 symmetry_3d: Symmetry | None = None, seed: int | None = 1234):
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
        # Rows (sequence, first, end, flipped); of a sequence the plain ones first.
        self.windows = np.concatenate([
            _windows(i, n, chunk, symmetry_2d is not None)
            for i, n in enumerate(lengths)])
        self._lengths = lengths
        self._starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        super().__init__(len(self.windows), batch_size, seed)

    @property
    def num_frames(self) -> int:
        """Predicted frames of all windows."""
        return len(self.windows) * self.chunk

    def arrays(self, samples):
        """keypoints (N, T, J, F), poses (N, L, Jout, 3), cameras (N, 9)."""
        sequence, first, _, flipped = self.windows[samples].T
        flipped = flipped.astype(bool)

        def frames(start, length):
            return self._starts[sequence, None] + np.clip(
                start[:, None] + np.arange(length), 0, self._lengths[sequence, None] - 1)

        arrays = {"keypoints": self.keypoints[
            frames(first - self.pad - self.shift, self.chunk + 2 * self.pad)]}
        if self.poses is not None:
            arrays["poses"] = self.poses[frames(first, self.chunk)]
        if self.cameras is not None:
            arrays["cameras"] = self.cameras[sequence]
        if flipped.any():
            flips = {"keypoints": lambda a: flip_points(a, self.symmetry_2d),
                     "poses": lambda a: flip_points(a, self.symmetry_3d),
                     "cameras": flip_camera}
            for key, array in arrays.items():
                array[flipped] = flips[key](array[flipped])
        return arrays


class SemiSupervisedBatches(Batches):
    """A labelled and an unlabelled batch side by side.

    The epoch is that of the labelled windows; the unlabelled ones never end.

    Args:
        labelled: its poses keep the root's place in joint 0, see
            `deephar.data.keypoints.takes.Take`.
        unlabelled: with cameras; None in the warm-up.
    """

    def __init__(self, labelled: ChunkedBatches, unlabelled: ChunkedBatches | None):
        super().__init__(len(labelled.windows), labelled.batch_size, None)
        self.labelled, self.unlabelled = labelled, unlabelled
        self.x_dictkeys, self.y_dictkeys = ["keypoints"], ["poses", "trajectory"]
        if unlabelled is None:
            return
        if unlabelled.batch_size < self.batch_size:
            raise ValueError(f"a batch needs {self.batch_size} unlabelled windows, there "
                             f"are {unlabelled.batch_size}")
        self.x_dictkeys += ["unlabelled", "cameras"]
        self.y_dictkeys += ["central", "bones"]

    def batch(self, number, rows=None):
        (keypoints,), (poses,) = self.labelled.batch(number, rows)
        trajectory = poses[:, :, :1].copy()
        poses[:, :, 0] = 0
        x, y = [keypoints], [poses, trajectory]
        if self.unlabelled is not None:
            other = self.unlabelled.arrays(self.unlabelled._members(number, rows))
            middle = self.unlabelled.pad + self.unlabelled.shift
            central = other["keypoints"][:, middle:middle + self.unlabelled.chunk, :, :2]
            x += [other["keypoints"], other["cameras"]]
            y += [central, np.zeros((len(poses), 1), np.float32)]
        return x, y

    def names(self, number):
        return self.labelled.names(number)

    def get_shape(self, dictkey):
        x, y = self.batch(0, range(1))
        arrays = dict(zip(self.x_dictkeys + self.y_dictkeys, x + y))
        return (self.batch_size,) + arrays[dictkey].shape[1:]


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
