"""A trained network as prediction needs it, whatever runs it.

A `Network` is a model and what its inputs and outputs mean.  The model is a
Keras model, or anything else with `predict(x, batch_size=..., verbose=...)` and
`input_shape`: an exported network on another runtime, a stand-in in a test.
"""
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

import numpy as np

from deephar.checkpoints.description import FILE_NAME, read_description
from deephar.checkpoints.load import load_checkpoint
from deephar.checkpoints.table import CHECKPOINTS
from deephar.checkpoints.variants import VARIANTS
from deephar.networks.predict import frame_predictor, pose_blocks, predictor
from deephar.utils.pose import POSE_LAYOUTS, PoseLayout

if TYPE_CHECKING:
    import keras

# Where `deephar quickstart` leaves its model.
QUICKSTART = (Path("weights/quickstart"), Path("output/quickstart"))


@dataclass(frozen=True)
class Network:
    """A model and what it means.

    Args:
        model: see above.  Inputs are (N, H, W, 3), or (N, T, H, W, 3) for
            clips, float32 in [-1, 1].  Outputs are, per block, the pose with its
            visibility (N[, T], J, D + 1), or pose and visibility apart; then
            class probabilities (N, A), set after set and block after block.
        layout: joints of the poses; None for a network without poses.
        actions: {action set: class names}, in the order of the outputs.
        frame_step: video frames from one frame of a clip to the next.
        name: what to call it.
    """
    model: Any
    layout: PoseLayout | None
    actions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    frame_step: int = 1
    name: str = ""

    @property
    def num_frames(self) -> int | None:
        """Frames of a clip; None for single pictures."""
        return self.model.input_shape[1] if len(self.model.input_shape) == 5 else None

    @property
    def resolution(self) -> tuple[int, int]:
        """(w, h) of a crop."""
        return self.model.input_shape[-2], self.model.input_shape[-3]

    def read(self, outputs: Sequence[np.ndarray]) -> tuple[list, list[dict]]:
        """Outputs of a batch by their meaning.

        Returns:
            poses: per block, (pose (..., J, D), visibility (..., J)).
            actions: per block, {action set: probabilities (N, A)}.
        """
        num_poses = num_pose_outputs([np.shape(o) for o in outputs],
                                     len(self.model.input_shape))
        poses = []
        if num_poses and self.layout is not None:
            poses = pose_blocks(outputs[:num_poses], self.layout.dim)
        classes = [o for o in outputs[num_poses:] if np.ndim(o) == 2]
        sets = list(self.actions)
        if not sets or not classes:
            return poses, []
        if len(classes) % len(sets):
            raise ValueError(f"{self.name}: {len(classes)} action outputs for the "
                             f"action sets {', '.join(sets)}")
        blocks = [dict(zip(sets, classes[i:i + len(sets)]))
                  for i in range(0, len(classes), len(sets))]
        return poses, blocks


def num_pose_outputs(shapes: Sequence[tuple], input_rank: int) -> int:
    """How many outputs, from the first, are poses and visibilities.

    Poses have one axis less than the input; action outputs have two axes,
    and nothing after the first of them is a pose.
    """
    count = 0
    for shape in shapes:
        if len(shape) != input_rank - 1:
            break
        count += 1
    return count


def clip_function(network: Network, batch_size: int):
    """Clips (N, T, H, W, 3) to (poses, actions) as `Network.read` gives them."""
    run = predictor(network.model, batch_size)
    return lambda clips: network.read(run(clips))


def frame_function(network: Network, batch_size: int):
    """Pictures (N, H, W, 3) to poses, also with a network of clips."""
    run = frame_predictor(poses_only(network), batch_size)
    return lambda frames: pose_blocks(run(frames), network.layout.dim)


class _PosesOnly:
    """A model without its other outputs, for runtimes that have all or none."""

    def __init__(self, model):
        self.model = model
        self.input_shape = model.input_shape
        self.takes_any_batch = getattr(model, "takes_any_batch", False)

    def predict(self, x, batch_size=None, verbose=0):
        outputs = self.model.predict(x, batch_size=batch_size, verbose=verbose)
        outputs = outputs if isinstance(outputs, (list, tuple)) else [outputs]
        return outputs[:num_pose_outputs([np.shape(o) for o in outputs],
                                         len(self.input_shape))]


def poses_only(network: Network) -> Any:
    """The network's model, cut after its poses."""
    if network.layout is None:
        raise ValueError(f"{network.name} gives no poses, only actions: it needs "
                         "boxes and a video")
    if not is_keras(network.model):
        return _PosesOnly(network.model)
    import keras
    model = network.model
    count, _ = _pose_outputs(model)
    if count == len(model.outputs):
        return model
    return keras.Model(model.input, model.outputs[:count])


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


def cut(model: "keras.Model", outputs: str = "all", blocks: int | None = None,
        action_sets: int = 1) -> "keras.Model":
    """The model without the outputs, and what leads to them, that are not wanted.

    Args:
        model: a functional Keras model; itself if nothing is left away.
        outputs: 'all', or 'last': the last pose and the last action block.
        blocks: leave it after so many pose blocks; action blocks that need no
            later pose stay.
        action_sets: outputs of an action block.
    """
    if outputs not in ("all", "last"):
        raise ValueError(f"outputs must be 'all' or 'last', got {outputs!r}")
    count, per_block = _pose_outputs(model)
    poses, actions = model.outputs[:count], model.outputs[count:]
    if blocks is not None:
        if not 1 <= blocks <= count // per_block:
            raise ValueError(f"blocks must be 1 to {count // per_block}, got {blocks}")
        left = poses[blocks * per_block:]
        poses = poses[:blocks * per_block]
        later = _operations(model, left) - _operations(model, poses)
        actions = [o for o in actions if not _operations(model, [o]) & later]
        actions = actions[:len(actions) // action_sets * action_sets]
    if outputs == "last":
        poses, actions = poses[-per_block:], actions[-action_sets:]
    if len(poses + actions) == len(model.outputs):
        return model
    import keras
    return keras.Model(model.input, poses + actions, name=model.name)


def stop_after(network: Network, block: int) -> Network:
    """The network cut after its pose block `block`, counted from 1.

    Action blocks that need no later pose block stay.

    Raises:
        ValueError: it has fewer blocks, or is no Keras model.
    """
    if not is_keras(network.model):
        raise ValueError("stopping after a block needs a Keras model, got "
                         f"{type(network.model).__name__}")
    total = num_blocks(network.model)
    if not 1 <= block <= total:
        raise ValueError(f"{network.name} has blocks 1 to {total}, got {block}")
    if block == total:
        return network
    model = cut(network.model, blocks=block, action_sets=max(1, len(network.actions)))
    has_actions = len(model.outputs[-1].shape) == 2
    return Network(model, network.layout, network.actions if has_actions else {},
                   network.frame_step, f"{network.name}, {block} blocks")


def heat_map_function(network: Network):
    """Pictures (N, H, W, 3) to the heat maps (N, h, w, J) behind the last pose.

    Raises:
        ValueError: the network is no Keras model, or has none.
    """
    if not is_keras(network.model):
        raise ValueError("heat maps need a Keras model, got "
                         f"{type(network.model).__name__}")
    import keras

    from deephar.layers import ChannelSoftmax2D
    model = poses_only(network)
    _, per_block = _pose_outputs(model)
    behind = _operations(model, [model.outputs[-per_block]])
    maps = [layer.output for layer in model.layers
            if isinstance(layer, ChannelSoftmax2D) and layer.name in behind
            and layer.output.shape[-1] == network.layout.num_joints]
    if not maps:
        raise ValueError(f"{network.name} has no heat maps of its joints")
    to_maps = keras.Model(model.input, maps[-1])

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
    import keras
    return {op.name for op in keras.Model(model.input, outputs).operations}


def is_keras(model: Any) -> bool:
    """Whether `model` is a functional Keras model, whose graph can be cut."""
    import keras
    return isinstance(model, keras.Model)


# === From what a user names to a network ===

def load_network(source: Any, *, weights: str | os.PathLike = "weights",
                 layout: PoseLayout | None = None,
                 actions: Mapping[str, Sequence[str]] | None = None) -> Network:
    """A network from whatever the user has.

    Args:
        source: a `Network`; a model; a key of `CHECKPOINTS`; 'quickstart'; a
            run's folder; a file that `load_checkpoint` reads; or one that
            `deephar export` wrote.
        weights: folder of the published files.
        layout, actions: of a bare model or `.keras` file; the layout is found
            by the number of joints and dimensions if it is not given.
    """
    if isinstance(source, Network):
        return source
    if not isinstance(source, (str, os.PathLike)):
        return Network(source, layout or _layout_of(source), actions or {},
                       name=getattr(source, "name", type(source).__name__))
    if str(source) == "quickstart":
        source = _quickstart_folder()
    if source in CHECKPOINTS:
        return _published(source, weights)
    from deephar.networks.runtime import is_exported, load_exported
    if is_exported(source):
        return load_exported(source)
    if source in VARIANTS:
        raise ValueError(VARIANTS[source].no_weights)
    if Path(source).is_dir():
        description = read_description(Path(source))
        return Network(_with_poses(load_checkpoint(source)), description.layout,
                       description.actions, description.dataconf.fixed_subsampling,
                       str(source))
    model = load_checkpoint(source, weights)
    return Network(model, layout or _layout_of(model), actions or {}, name=str(source))


def _quickstart_folder() -> Path:
    for folder in QUICKSTART:
        if (folder / FILE_NAME).exists():
            return folder
    raise FileNotFoundError("there is no quickstart model yet: `deephar quickstart` "
                            f"trains one into {QUICKSTART[0]} or {QUICKSTART[1]}")


def _published(key: str, weights) -> Network:
    entry = CHECKPOINTS[key].description
    return Network(_with_poses(load_checkpoint(key, weights)), entry.layout, entry.actions,
                   entry.dataconf.fixed_subsampling, key)


def _with_poses(model) -> Any:
    """A merge network with the poses that it finds on its way; others as they are."""
    if model.name != "MergedAR" or len(model.outputs[0].shape) > 2:
        return model
    import keras
    inner = [model.get_layer(name).output for name in ("pose", "visibility")]
    return keras.Model(model.input, inner + model.outputs, name=model.name)


def _layout_of(model) -> PoseLayout | None:
    """The layout with as many joints and dimensions as the first output."""
    shapes = [tuple(o.shape) for o in getattr(model, "outputs", ())]
    count = num_pose_outputs(shapes, len(model.input_shape))
    if not count:
        return None
    joints, last = shapes[0][-2:]
    apart = count > 1 and shapes[1][-1] == 1
    dim = last if apart else last - 1
    for layout in POSE_LAYOUTS.values():
        if (layout.num_joints, layout.dim) == (joints, dim):
            return layout
    raise ValueError(f"no layout has {joints} joints in {dim} dimensions; there are "
                     f"{', '.join(POSE_LAYOUTS)}: give layout=")
