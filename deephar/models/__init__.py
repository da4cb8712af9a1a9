"""The networks, one file each, and what is done to a built one."""
from deephar.models import action, blocks, reception, spnet
from deephar.models.split import (
    compile_model, compile_split_models, copy_replica_layers,
    set_trainable_layers, split_model)

# What builds each published kind of network.
ARCHITECTURES = {
    "reception": reception.build,
    "merge": action.build_merge_model,
    "spnet": spnet.build,
}

__all__ = [
    "ARCHITECTURES", "action", "blocks", "compile_model",
    "compile_split_models", "copy_replica_layers", "reception",
    "set_trainable_layers", "split_model", "spnet",
]
