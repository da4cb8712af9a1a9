"""Batches of single people from several data sets, as pose networks are trained on."""
from typing import Callable, Sequence

from deephar.data import BatchLoader
from deephar.utils.modes import TRAIN_MODE


def mix_people(sets: Sequence[Callable], shares: Sequence[int], num_predictions: int = 1,
               seed: int = 0) -> BatchLoader:
    """Batches of single people from several data sets.

    Args:
        sets: each opens one; one without a share is left alone.
        shares: of a batch, in pictures.
    """
    if len(shares) != len(sets) or min(shares) < 0 or not any(shares):
        raise ValueError(f"--shares must be {len(sets)} numbers, not all of them 0, got "
                         f"{tuple(shares)}")
    chosen = [(open_set(), share) for open_set, share in zip(sets, shares) if share]
    return BatchLoader([dataset for dataset, _ in chosen], ["frame"], ["pose"], TRAIN_MODE,
                       [share for _, share in chosen], num_predictions, seed=seed)
