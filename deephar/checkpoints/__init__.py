"""The released weights: where they are, how they are checked and read."""
from deephar.checkpoints.load import convert, load_checkpoint
from deephar.checkpoints.table import ANNOTATIONS, CHECKPOINTS, Checkpoint

__all__ = ["ANNOTATIONS", "CHECKPOINTS", "Checkpoint",
           "convert", "load_checkpoint", "load_legacy_weights"]


def __getattr__(name: str):
    """Imports what needs Keras at its first use: the table is read without it."""
    if name == "load_legacy_weights":
        from deephar.checkpoints.legacy import load_legacy_weights
        return load_legacy_weights
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
