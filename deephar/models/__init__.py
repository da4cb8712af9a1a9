"""The networks, one file each, and what is done to a built one."""
from deephar.models import action, blocks, reception, spnet

# What builds each published kind of network.
ARCHITECTURES = {
    "reception": reception.build,
    "merge": action.build_merge_model,
    "spnet": spnet.build,
}

__all__ = ["ARCHITECTURES", "action", "blocks", "reception", "spnet"]
