"""Networks as functions from a batch of arrays to a list of arrays.

A model is anything with `predict(x, batch_size=..., verbose=...)` and `input_shape`.
"""
from typing import Any, Callable

import numpy as np

from deephar.networks.cut import poses_only
from deephar.networks.network import Network, pose_blocks
from deephar.utils.pose import PoseLayout, pa16j2d


def predict_all(model: Any, inputs: Any, batch_size: int) -> list[np.ndarray]:
    """Every output of `model` for arrays that are in memory, as a list."""
    outputs = model.predict(inputs, batch_size=batch_size, verbose=0)
    return list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]


def predictor(model: Any, batch_size: int) -> Callable[[np.ndarray], list[np.ndarray]]:
    """`model` as a function of batches of up to `batch_size`.

    Short batches are filled up before, and their outputs cut after, so that
    the network is traced once; unless it `takes_any_batch`.  A model that was
    made on several devices uses all of them: each predicts a part of the batch.
    """
    strategy = _strategy_of(model)
    if strategy is not None:
        on_batch = _on_replicas(model, strategy)
        batch_size += -batch_size % strategy.num_replicas_in_sync
    else:
        # Less work per call than `predict`; stand-ins need not have it.
        on_batch = getattr(model, "predict_on_batch", None)
    fills = not getattr(model, "takes_any_batch", False)

    def predict(x: np.ndarray) -> list[np.ndarray]:
        full = _filled(x, batch_size) if fills else x
        outputs = on_batch(full) if on_batch else predict_all(model, full, batch_size)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return [np.asarray(output)[:len(x)] for output in outputs]

    return predict


def _strategy_of(model: Any) -> Any:
    """The strategy of a model that has a copy on each of several devices; else None."""
    variables = getattr(model, "variables", None)
    value = getattr(variables[0], "value", None) if variables else None
    strategy = getattr(value, "distribute_strategy", None)
    if strategy is None or strategy.num_replicas_in_sync == 1:
        return None
    import tensorflow as tf
    # What several workers hold together is predicted by each of them.
    return strategy if isinstance(strategy, tf.distribute.MirroredStrategy) else None


def _on_replicas(model: Any, strategy: Any) -> Callable[[np.ndarray], list[np.ndarray]]:
    """`model` as a function of batches that the strategy's devices can share evenly."""
    import tensorflow as tf
    count = strategy.num_replicas_in_sync
    step = tf.function(lambda parts: tf.nest.flatten(strategy.run(
        lambda part: model(part, training=False), (parts,))))

    def on_batch(x: np.ndarray) -> list[np.ndarray]:
        parts = strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(
                x[len(x) // count * context.replica_id_in_sync_group:][:len(x) // count]))
        return [np.concatenate([part.numpy() for part in
                                strategy.experimental_local_results(output)])
                for output in step(parts)]

    return on_batch


def frame_predictor(model: Any, batch_size: int
                    ) -> Callable[[np.ndarray], list[np.ndarray]]:
    """A pose network as a function of pictures `(N, H, W, C)`.

    A network of clips gets the pictures as the frames of clips: its poses do
    not depend on the other frames.
    """
    if len(model.input_shape) != 5:
        return predictor(model, batch_size)
    num_frames = model.input_shape[1]
    num_clips = -(-batch_size // num_frames)
    predict_clips = predictor(model, num_clips)
    any_batch = getattr(model, "takes_any_batch", False)

    def predict(x: np.ndarray) -> list[np.ndarray]:
        full = _filled(x, (-(-len(x) // num_frames) if any_batch else num_clips)
                       * num_frames)
        clips = full.reshape((-1, num_frames) + x.shape[1:])
        return [output.reshape((len(full),) + output.shape[2:])[:len(x)]
                for output in predict_clips(clips)]

    return predict


def clip_function(network: Network, batch_size: int):
    """Clips (N, T, H, W, 3) to (poses, actions) as `Network.read` gives them."""
    run = predictor(network.model, batch_size)
    return lambda clips: network.read(run(clips))


def frame_function(network: Network, batch_size: int):
    """Pictures (N, H, W, 3) to poses, also with a network of clips."""
    run = frame_predictor(poses_only(network), batch_size)
    return lambda frames: pose_blocks(run(frames), network.layout.dim)


def joint_map(source: PoseLayout, target: PoseLayout = pa16j2d) -> list[int]:
    """For each joint of `target`, its index in `source`, found by name."""
    missing = set(target.joint_names) - set(source.joint_names)
    if missing:
        raise ValueError(f"{source.name} lacks joints of {target.name}: "
                         f"{', '.join(sorted(missing))}")
    return [source.joint_names.index(name) for name in target.joint_names]


def _filled(x: np.ndarray, size: int) -> np.ndarray:
    """`x` with its last element repeated up to `size`."""
    if len(x) > size:
        raise ValueError(f"a batch must be ≤ {size}, got {len(x)}")
    return x if len(x) == size else np.concatenate(
        [x, np.repeat(x[-1:], size - len(x), axis=0)])
