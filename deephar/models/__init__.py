"""The networks, one file each, and what is done to a built one."""
from deephar.models import action, blocks, keypoints3d, reception, spnet, vgg
from deephar.models.split import (
    compile_model, compile_split_models, copy_replica_layers,
    set_trainable_layers, split_model)

# What builds each kind of network that sees pictures.
ARCHITECTURES = {
    "reception": reception.build,
    "merge": action.build_merge_model,
    "spnet": spnet.build,
    "keypoints3d": keypoints3d.build,
    "keypoints3d_action": keypoints3d.build_action,
}

__all__ = [
    "ARCHITECTURES", "action", "blocks", "compile_model",
    "compile_split_models", "copy_replica_layers", "keypoints3d", "reception",
    "set_trainable_layers", "split_model", "spnet", "vgg",
]
