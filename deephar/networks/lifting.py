"""A temporal network as a lifter of whole sequences, piece by piece."""
from typing import Callable, Iterator

import keras
import numpy as np

from deephar.data.keypoints.batches import Symmetry, flip_points, pad_sequence
from deephar.data.keypoints.takes import H36M17_SYMMETRY

PIECE = 4096                # frames that are predicted at once


# From key points (T, J, F) to poses in pieces, (t, 17, 3) after each other.
Lifter = Callable[[np.ndarray], Iterator[np.ndarray]]


def lifter_of(model: keras.Model, padding: tuple[int, int],
              flips: Symmetry | None = None, piece: int = PIECE) -> Lifter:
    """A temporal model as a lifter of whole sequences.

    Args:
        model: the dilated form.
        padding: see `deephar.models.temporal.temporal_padding`.
        flips: 2D pairs; given, the prediction is averaged with the mirrored
            prediction of the mirrored key points.
        piece: frames predicted at once.
    """
    front, behind = padding

    def lift(keypoints):
        length = len(keypoints)
        for first in range(0, length, piece):
            end = min(first + piece, length)
            window = keypoints[max(first - front, 0):end + behind]
            window = pad_sequence(window, max(front - first, 0),
                                  max(end + behind - length, 0))
            if flips is None:
                yield model.predict_on_batch(window[None])[0]
                continue
            plain, mirrored = model.predict_on_batch(
                np.stack([window, flip_points(window, flips)]))
            yield (plain + flip_points(mirrored, H36M17_SYMMETRY)) / 2

    return lift
