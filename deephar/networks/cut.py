"""Parts of a network: its poses, its actions, its first blocks, its heat maps."""
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Sequence

import numpy as np

from deephar.networks.network import Network, num_pose_outputs

if TYPE_CHECKING:
    import keras


class _Part:
    """Some outputs of a model that gives all or none, as a runtime does."""

    def __init__(self, model: Any, pick: Callable[[Sequence], Sequence]):
        self.model, self.pick = model, pick
        self.input_shape = model.input_shape
        self.takes_any_batch = getattr(model, "takes_any_batch", False)

    def predict(self, x, batch_size=None, verbose=0):
        outputs = self.model.predict(x, batch_size=batch_size, verbose=verbose)
        return self.pick(outputs if isinstance(outputs, (list, tuple)) else [outputs])


def _part(model: Any, pick: Callable[[Sequence], Sequence]) -> Any:
    """The model without the outputs that `pick` leaves away."""
    if not is_keras(model):
        return _Part(model, pick)
    outputs = pick(model.outputs)
    if len(outputs) == len(model.outputs):
        return model
    return _model(model, outputs)


def poses_only(network: Network) -> Any:
    """The network's model, cut after its poses.

    Raises:
        ValueError: it has none.
    """
    rank = len(network.model.input_shape)

    def pick(outputs):
        count = num_pose_outputs([np.shape(o) for o in outputs], rank)
        if network.layout is None or not count:
            raise ValueError(f"{network.name or network.model} gives no poses, only "
                             "actions: it needs boxes and a video")
        return outputs[:count]

    return _part(with_poses(network.model), pick)


def actions_only(network: Network, num_actions: int) -> Any:
    """The network's model with one action set, all its blocks.

    Raises:
        ValueError: it has none of `num_actions` classes.
    """
    def pick(outputs):
        classes = [o for o in outputs if tuple(o.shape[1:]) == (num_actions,)]
        if not classes:
            raise ValueError(f"{network.name or network.model} predicts no actions "
                             f"of {num_actions} classes")
        return classes

    return _part(network.model, pick)


def with_poses(model: Any) -> Any:
    """A merge network with the poses that it finds on its way; others as they are."""
    if getattr(model, "name", "") != "MergedAR" or len(model.outputs[0].shape) > 2:
        return model
    inner = [model.get_layer(name).output for name in ("pose", "visibility")]
    return _model(model, inner + model.outputs)


def num_blocks(model: "keras.Model") -> int:
    """How many pose blocks a Keras model has."""
    count, per_block = _pose_outputs(model)
    return count // per_block


def _pose_outputs(model: "keras.Model") -> tuple[int, int]:
    """How many outputs are poses and visibilities, and how many a block has."""
    shapes = [o.shape for o in model.outputs]
    count = num_pose_outputs(shapes, len(model.input_shape))
    apart = count > 1 and shapes[1][-1] == 1        # the pose, then its visibility
    return count, 2 if apart else 1


def cut(network: Network, outputs: str = "all", blocks: int | None = None) -> Network:
    """The network without the outputs, and what leads to them, that are not wanted.

    Args:
        network: itself if nothing is left away.
        outputs: 'all', or 'last': the last pose and the last action block.
        blocks: leave it after so many pose blocks; action blocks that need no
            later pose stay.

    Raises:
        ValueError: it has fewer blocks, or is no Keras model.
    """
    if outputs not in ("all", "last"):
        raise ValueError(f"outputs must be 'all' or 'last', got {outputs!r}")
    model, name, sets = network.model, network.name, network.num_sets
    if not is_keras(model):
        raise ValueError("stopping after a block needs a Keras model, got "
                         f"{type(model).__name__}")
    count, per_block = _pose_outputs(model)
    poses, actions = model.outputs[:count], model.outputs[count:]
    if blocks is not None:
        if not 1 <= blocks <= count // per_block:
            raise ValueError(f"{name}: blocks must be 1 to {count // per_block}, "
                             f"got {blocks}")
        left = poses[blocks * per_block:]
        poses = poses[:blocks * per_block]
        later = _operations(model, left) - _operations(model, poses)
        actions = [o for o in actions if not _operations(model, [o]) & later]
        actions = actions[:len(actions) // sets * sets]
        name = f"{name}, {blocks} blocks"
    if outputs == "last":
        poses, actions = poses[-per_block:], actions[-sets:]
    if len(poses + actions) == len(model.outputs):
        return network
    return replace(network, model=_model(model, poses + actions), name=name,
                   actions=network.actions if actions else {})


def heat_map_function(network: Network):
    """Pictures (N, H, W, 3) to the heat maps (N, h, w, J) behind the last pose.

    Raises:
        ValueError: the network is no Keras model, or has none.
    """
    if not is_keras(network.model):
        raise ValueError("heat maps need a Keras model, got "
                         f"{type(network.model).__name__}")
    from deephar.layers import ChannelSoftmax2D
    model = poses_only(network)
    _, per_block = _pose_outputs(model)
    behind = _operations(model, [model.outputs[-per_block]])
    maps = [layer.output for layer in model.layers
            if isinstance(layer, ChannelSoftmax2D) and layer.name in behind
            and layer.output.shape[-1] == network.layout.num_joints]
    if not maps:
        raise ValueError(f"{network.name} has no heat maps of its joints")
    to_maps = _model(model, maps[-1])

    def run(frames: np.ndarray) -> np.ndarray:
        if network.num_frames is None:
            return to_maps.predict(frames, verbose=0)
        clips = np.repeat(frames[:, None], network.num_frames, axis=1)
        return to_maps.predict(clips, verbose=0)[::network.num_frames]

    return run


def _operations(model, outputs) -> set[str]:
    """Names of all operations that `outputs` depend on."""
    if not outputs:
        return set()
    return {op.name for op in _model(model, outputs).operations}


def _model(model: "keras.Model", outputs: Any) -> "keras.Model":
    """What leads from the model's input to `outputs`."""
    import keras
    return keras.Model(model.input, outputs, name=model.name)


def is_keras(model: Any) -> bool:
    """Whether `model` is a functional Keras model, whose graph can be cut."""
    import keras
    return isinstance(model, keras.Model)
