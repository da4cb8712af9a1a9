"""The networks, one file each, and what is done to a built one."""
from deephar.models import action, blocks, keypoints3d, reception, spnet, vgg
from deephar.models.common import (
    compile_model, copy_replica_layers, set_trainable_layers)
from deephar.models.split import compile_split_models, split_model

__all__ = [
    "action", "blocks", "compile_model",
    "compile_split_models", "copy_replica_layers", "keypoints3d", "reception",
    "set_trainable_layers", "split_model", "spnet", "vgg",
]
