"""A built SPNet as two models, one of its poses and one of its actions.

The pose model and the action model of a full network share its layers, so
that training one trains the other's common part.
"""
import logging

import keras

from deephar.config import ModelConfig
from deephar.losses import pose_regression_loss
from deephar.models.common import (
    compile_model, copy_replica_layers, set_trainable_layers)

log = logging.getLogger(__name__)

ACTION_KEYWORD = "action"


def get_num_predictions(num_pyramids: int, num_levels: int) -> int:
    """Prediction blocks, hence pose outputs, of an SPNet."""
    return num_pyramids * (num_levels - 1)


def split_model(full_model: keras.Model, cfg: ModelConfig, interlaced: bool = False,
                model_names=(None, None)) -> list[keras.Model]:
    """The pose model and the action model over the layers of `full_model`.

    Args:
        full_model: a network that `spnet.build(cfg)` made.
        interlaced: its outputs alternate: a pose, then the action outputs of
            its block while there are any.
        model_names: of the pose and of the action model.

    Returns:
        [pose model, action model].

    Raises:
        ValueError: `full_model` has other outputs than `cfg` says.
    """
    poses, actions = _split_outputs(full_model, cfg, interlaced)
    pose_name, action_name = model_names
    return [keras.Model(full_model.input, poses, name=pose_name or "pose"),
            keras.Model(full_model.input, actions, name=action_name or "action")]


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


def compile_split_models(full_model: keras.Model, cfg: ModelConfig,
                         optimizer: keras.optimizers.Optimizer,
                         pose_trainable: bool = False, copy_replica: bool = False,
                         ar_loss_weights: float = 0.01, interlaced: bool = False,
                         verbose: int = 0) -> list[keras.Model]:
    """Splits `full_model` and compiles both models.

    Args:
        full_model, cfg, interlaced: as `split_model`.
        optimizer: each model gets one of its own with these settings.
        pose_trainable: whether the layers without "action" in their names are
            trained; those with it always are.
        copy_replica: first copy every pose head into its replica.
        ar_loss_weights: weight of every action output; poses have 1.
        verbose: log what is trained.

    Returns:
        [pose model, action model], compiled.
    """
    set_trainable_layers(full_model, ACTION_KEYWORD, True, pose_trainable)
    if copy_replica:
        copy_replica_layers(full_model)
    pose, action = models = split_model(full_model, cfg, interlaced)
    # Two models never share the slots of one optimizer.
    fresh = [type(optimizer).from_config(optimizer.get_config()) for _ in range(2)]
    compile_model(pose, pose_regression_loss("l1l2bincross", 0.01), fresh[0])
    compile_model(action, "categorical_crossentropy", fresh[1], ar_loss_weights)
    if verbose:
        for model in models:
            log.info("%s: %d outputs, %d of %d tensors are trained", model.name,
                     len(model.outputs), len(model.trainable_weights),
                     len(model.weights))
    return models
