"""What is done to a built SPNet: splitting, freezing, compiling.

The pose model and the action model of a full network share its layers, so
that training one trains the other's common part.
"""
import logging

import keras

from deephar.config import ModelConfig
from deephar.losses import pose_regression_loss
from deephar.models.spnet import get_num_predictions

log = logging.getLogger(__name__)

REPLICA_SUFFIX = "_replica"
ACTION_KEYWORD = "action"


def split_model(full: keras.Model, cfg: ModelConfig, interlaced: bool = False,
                model_names=(None, None)) -> list[keras.Model]:
    """The pose model and the action model over the layers of `full`.

    Args:
        full: a network that `spnet.build(cfg)` made.
        interlaced: the outputs of `full` alternate: a pose, then the action
            outputs of its block while there are any.
        model_names: of the pose and of the action model.

    Returns:
        [pose model, action model].

    Raises:
        ValueError: `full` has other outputs than `cfg` says.
    """
    poses, actions = _split_outputs(full, cfg, interlaced)
    pose_name, action_name = model_names
    return [keras.Model(full.input, poses, name=pose_name or "pose"),
            keras.Model(full.input, actions, name=action_name or "action")]


def _split_outputs(full, cfg, interlaced) -> tuple[list, list]:
    num_poses, num_actions = count_outputs(cfg)
    outputs = list(full.outputs)
    if num_actions == 0:
        raise ValueError("there is no action model: cfg.num_actions is "
                         f"{cfg.num_actions}, cfg.action_pyramids "
                         f"{cfg.action_pyramids}")
    if len(outputs) < num_poses + num_actions:
        raise ValueError(f"{full.name} has {len(outputs)} outputs; cfg says "
                         f"{num_poses} poses and {num_actions} actions")
    if interlaced:
        poses = [o for o in outputs if len(o.shape) > 2]
        actions = [o for o in outputs if len(o.shape) == 2]
        return poses[:num_poses], actions
    return outputs[:num_poses], outputs[num_poses:num_poses + num_actions]


def count_outputs(cfg: ModelConfig) -> tuple[int, int]:
    """How many pose and action outputs an SPNet has."""
    with_actions = [p for p in range(1, cfg.num_pyramids + 1)
                    if p in cfg.action_pyramids]
    return (get_num_predictions(cfg.num_pyramids, cfg.num_levels),
            get_num_predictions(len(with_actions), cfg.num_levels)
            * len(cfg.num_actions))


def set_trainable_layers(model: keras.Model, keyword: str,
                         trainable: bool = True) -> None:
    """Sets `trainable` of every layer whose name holds `keyword`, and of all within it."""
    for layer in model.layers:
        if keyword in layer.name:
            # One by one: where a sub-model's own flag stands as wanted, Keras
            # would not look at the layers within.
            for part in layer._flatten_layers():
                part.trainable = trainable


def copy_replica_layers(model: keras.Model) -> None:
    """Copies every pose head into its replica."""
    for layer in model.layers:
        if layer.name.endswith(REPLICA_SUFFIX):
            head = model.get_layer(layer.name.removesuffix(REPLICA_SUFFIX))
            layer.set_weights(head.get_weights())


def compile_model(model: keras.Model, cfg: ModelConfig,
                  optimizer: keras.optimizers.Optimizer,
                  ar_loss_weights: float = 0.01) -> None:
    """Compiles a full SPNet: all its pose and action outputs in one loss."""
    num_poses, num_actions = count_outputs(cfg)
    _compile(model, optimizer, num_poses, num_actions, ar_loss_weights)


def compile_split_models(full: keras.Model, cfg: ModelConfig,
                         optimizer: keras.optimizers.Optimizer,
                         pose_trainable: bool = False, copy_replica: bool = False,
                         ar_loss_weights: float = 0.01, interlaced: bool = False,
                         verbose: int = 0) -> list[keras.Model]:
    """Splits `full` and compiles both models.

    Args:
        full, cfg, interlaced: as `split_model`.
        optimizer: each model gets one of its own with these settings.
        pose_trainable: whether the layers without "action" in their names are
            trained; those with it always are.
        copy_replica: first copy every pose head into its replica.
        ar_loss_weights: weight of every action output; poses have 1.
        verbose: log what is trained.

    Returns:
        [pose model, action model], compiled.
    """
    set_trainable_layers(full, "", pose_trainable)
    set_trainable_layers(full, ACTION_KEYWORD, True)
    if copy_replica:
        copy_replica_layers(full)
    pose, action = split_model(full, cfg, interlaced)
    _compile(pose, optimizer, len(pose.outputs), 0, ar_loss_weights)
    _compile(action, optimizer, 0, len(action.outputs), ar_loss_weights)
    if verbose:
        for model in (pose, action):
            log.info("%s: %d outputs, %d of %d tensors are trained", model.name,
                     len(model.outputs), len(model.trainable_weights),
                     len(model.weights))
    return [pose, action]


def _compile(model, optimizer, num_poses, num_actions, ar_loss_weights) -> None:
    pose_loss = pose_regression_loss("l1l2bincross", 0.01)
    model.compile(
        optimizer=type(optimizer).from_config(optimizer.get_config()),
        loss=[pose_loss] * num_poses + ["categorical_crossentropy"] * num_actions,
        loss_weights=[1.0] * num_poses + [ar_loss_weights] * num_actions)
