"""A loader's batches as a `tf.data.Dataset`: parallel, ordered, resumable.

Batches are computed by threads (Pillow lets go of Python's lock while it
decodes and warps) and handed out in order.  Nothing but the prefetched
batches is held in memory.
"""
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from deephar.data.loader import BatchLoader
from deephar.utils.files import atomic_path
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.transform import normalize_channels

FOREVER = np.iinfo(np.int64).max


def stream(loader: BatchLoader, *, start: int = 0, count: int | None = None,
           workers: int = 2, prefetch: int = 4, shard: tuple[int, int] = (0, 1),
           drop_remainder: bool = False, cache: str | os.PathLike | None = None
           ) -> tf.data.Dataset:
    """Batches `start`, `start + 1`, ... of a loader.

    Args:
        loader: of the samples; its seed and the batch's number decide what a
            batch holds, so that neither `workers` nor a restart changes it.
        start: number of the first batch; epoch e starts at e * len(loader).
        count: number of batches; None for no end.
        workers: batches computed at a time; 0 computes them on demand.
        prefetch: batches kept ready.
        shard: (k, n), only the k-th of n equal slices of every batch.
        drop_remainder: leave out short batches, so that shapes are static.
        cache: folder for finished batches of an evaluation, which are then
            read instead of computed; other settings get other files.

    Returns:
        a dataset of (inputs, targets), two tuples of float32 tensors.  The
        last batch of an evaluation (one data set, no shuffling) is short, so
        that every sample comes exactly once.
    """
    _check(loader, start, count, workers, shard, cache)
    if cache is not None:
        cache = Path(cache) / _fingerprint(loader, shard)
    num_x = len(loader.x_dictkeys)

    def compute(number):
        rows = shard_rows(loader.num_rows(int(number)), shard)
        x, y = (loader.batch(int(number), rows) if cache is None
                else _cached(cache, loader, int(number), rows))
        return [np.asarray(array, np.float32) for array in x + y]

    def fetch(number):
        arrays = tf.numpy_function(compute, [number], [tf.float32] * len(shapes))
        for array, shape in zip(arrays, shapes):
            array.set_shape(shape)
        return tuple(arrays[:num_x]), tuple(arrays[num_x:])

    last = len(loader) - 1
    is_even = loader.num_rows(last) == loader.get_batch_size()
    rows = loader.get_batch_size() // shard[1] if is_even or drop_remainder else None
    y_keys = [key for key, n in zip(loader.y_dictkeys, loader.num_predictions)
              for _ in range(n)]
    shapes = [(rows,) + loader.get_shape(key)[1:] for key in loader.x_dictkeys + y_keys]
    stop = FOREVER if count is None else start + count
    numbers = tf.data.Dataset.range(start, stop)
    if drop_remainder and not is_even:
        numbers = numbers.filter(lambda number: number % len(loader) != last)
    dataset = numbers.map(fetch, num_parallel_calls=workers or None,
                          deterministic=True if workers else None)
    options = tf.data.Options()
    # Nothing is left to tune, and the tuning thread would keep whoever drops the
    # stream waiting for up to a minute.
    options.autotune.enabled = False
    options.threading.private_threadpool_size = workers + 1
    return (dataset.prefetch(prefetch) if prefetch else dataset).with_options(options)


def shard_rows(num_rows: int, shard: tuple[int, int]) -> range:
    """The rows of the k-th of n slices; they differ by one row at most."""
    k, n = shard
    return range(k * num_rows // n, (k + 1) * num_rows // n)


def _check(loader, start, count, workers, shard, cache) -> None:
    k, n = shard
    if not 0 <= k < n:
        raise ValueError(f"shard must be (k, n) with 0 <= k < n, got {shard}")
    if loader.get_batch_size() % n:
        raise ValueError(f"a batch of {loader.get_batch_size()} cannot be cut into {n} "
                         "equal slices; take a batch size that is a multiple")
    if start < 0 or workers < 0 or (count is not None and count < 0):
        raise ValueError("start, count and workers must not be negative, got "
                         f"{start}, {count}, {workers}")
    if cache is not None and not _is_repeatable(loader):
        raise ValueError("only batches that come again can be cached: use shuffle=False and "
                         "the test or valid mode, or cache=None")


def _is_repeatable(loader) -> bool:
    return (not loader.shuffle and loader.mode != TRAIN_MODE
            and all(_is_repeatable(dataset) for dataset in loader.datasets
                    if isinstance(dataset, BatchLoader)))


def _fingerprint(loader: BatchLoader, shard) -> str:
    """A name for everything that decides what the batches hold."""
    return hashlib.md5(json.dumps([_settings(loader), shard], sort_keys=True)
                       .encode()).hexdigest()


def _settings(thing) -> dict:
    """What decides the samples of a loader or data set: its plain attributes."""
    settings = {"class": type(thing).__name__}
    for name, value in vars(thing).items():
        if name == "datasets":
            settings[name] = [_settings(dataset) for dataset in value]
        elif name == "dataset_path":
            settings[name] = _state(Path(value))
        elif name in ("dataconf", "poselayout") or isinstance(
                value, (str, int, float, list, tuple, type(None))):
            settings[name] = repr(value)
    return settings


def _state(folder: Path) -> list:
    """Where a data set is, and when its annotations were last written."""
    times = [(name, (folder / name).stat().st_mtime_ns)
             for name in ("annotations.mat", "nturgb+d_numpy") if (folder / name).exists()]
    return [str(folder.resolve()), times]


def _cached(folder: Path, loader: BatchLoader, number: int, rows: range) -> tuple:
    """A batch from its file, which is written first where it is missing."""
    path = folder / f"{number % len(loader):06d}.npz"
    num_x = len(loader.x_dictkeys)
    if not path.exists():
        x, y = loader.batch(number, rows)
        with atomic_path(path) as temporary:
            np.savez(temporary, *[_packed(array) for array in x + y])
    with np.load(path, allow_pickle=False) as file:
        arrays = [_unpacked(file[f"arr_{i}"]) for i in range(len(file.files))]
    return arrays[:num_x], arrays[num_x:]


def _packed(array: np.ndarray) -> np.ndarray:
    """Grey levels instead of frames in [-1, 1], where nothing is lost by it."""
    if array.dtype == np.float32 and array.shape[-1:] == (3,):
        levels = np.round((array + 1) * 127.5).astype(np.uint8)
        if np.array_equal(normalize_channels(levels), array):
            return levels
    return array


def _unpacked(array: np.ndarray) -> np.ndarray:
    return normalize_channels(array) if array.dtype == np.uint8 else array
