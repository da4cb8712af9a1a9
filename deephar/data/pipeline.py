"""A loader's batches as a `tf.data.Dataset`: parallel, ordered, resumable.

Batches are computed by threads (Pillow lets go of Python's lock while it
decodes and warps) or by processes, and handed out in order.  Nothing but the prefetched
batches is held in memory.
"""
import numpy as np
import tensorflow as tf

from deephar.data.dataset import Loader
from deephar.utils.processes import Pool

FOREVER = np.iinfo(np.int64).max
AHEAD = 4                       # batches that are kept ready


def stream(loader: Loader, *, start: int = 0, count: int | None = None,
           workers: int = 2, processes: bool = False, shard: tuple[int, int] = (0, 1)
           ) -> tf.data.Dataset:
    """Batches `start`, `start + 1`, ... of a loader.

    Args:
        loader: of the samples; its seed and the batch's number decide what a
            batch holds, so that neither `workers` nor a restart changes it.
        start: number of the first batch; epoch e starts at e * len(loader).
        count: number of batches; None for no end.
        workers: batches computed at a time; 0 computes them on demand.
        processes: the workers are processes, for which Python's lock is no limit;
            each has a copy of the loader.
        shard: (k, n), only the k-th of n equal slices of every batch.

    Returns:
        a dataset of (inputs, targets), two tuples of float32 tensors.  The
        last batch of an evaluation (one data set, no shuffling) is short, so
        that every sample comes exactly once.
    """
    _check(loader, start, count, workers, shard)
    num_x = len(loader.x_dictkeys)
    pool = Pool(workers, loader) if processes and workers else None

    def compute(number):
        rows = shard_rows(loader.num_rows(int(number)), shard)
        if not rows:        # a short batch has not enough for every slice
            return [np.zeros((0,) + shape[1:], np.float32) for shape in shapes]
        x, y = (pool.do(type(loader).batch, int(number), rows) if pool
                else loader.batch(int(number), rows))
        return [np.asarray(array, np.float32) for array in x + y]

    def fetch(number):
        arrays = tf.numpy_function(compute, [number], [tf.float32] * len(shapes))
        for array, shape in zip(arrays, shapes):
            array.set_shape(shape)
        return tuple(arrays[:num_x]), tuple(arrays[num_x:])

    is_even = loader.num_rows(len(loader) - 1) == loader.get_batch_size()
    rows = loader.get_batch_size() // shard[1] if is_even else None
    y_keys = [key for key, n in zip(loader.y_dictkeys, loader.num_predictions)
              for _ in range(n)]
    shapes = [(rows,) + loader.get_shape(key)[1:] for key in (*loader.x_dictkeys, *y_keys)]
    stop = FOREVER if count is None else start + count
    dataset = tf.data.Dataset.range(start, stop).map(
        fetch, num_parallel_calls=workers or None,
        deterministic=True if workers else None)
    options = tf.data.Options()
    # Nothing is left to tune, and the tuning thread would keep whoever drops the
    # stream waiting for up to a minute.
    options.autotune.enabled = False
    options.threading.private_threadpool_size = workers + 1
    return dataset.prefetch(AHEAD).with_options(options)


def shard_rows(num_rows: int, shard: tuple[int, int]) -> range:
    """The rows of the k-th of n slices; they differ by one row at most."""
    k, n = shard
    return range(k * num_rows // n, (k + 1) * num_rows // n)


def _check(loader, start, count, workers, shard) -> None:
    k, n = shard
    if not 0 <= k < n:
        raise ValueError(f"shard must be (k, n) with 0 <= k < n, got {shard}")
    if loader.get_batch_size() % n:
        raise ValueError(f"a batch of {loader.get_batch_size()} cannot be cut into {n} "
                         "equal slices; take a batch size that is a multiple")
    if start < 0 or workers < 0 or (count is not None and count < 0):
        raise ValueError("start, count and workers must not be negative, got "
                         f"{start}, {count}, {workers}")
