"""A temporal network over whole sequences."""
import numpy as np
import pytest

from deephar.models import temporal
from deephar.networks.lifting import lifter_of
from tests.numbers import assert_close

pytestmark = pytest.mark.numeric


def test_causal_sequences_are_padded_in_front():
    model = temporal.build((3, 3), channels=8, causal=True)
    lifter = lifter_of(model, temporal.temporal_padding((3, 3), True), piece=7)
    keypoints = np.random.default_rng(0).normal(size=(20, 17, 2)).astype("float32")
    whole = np.concatenate(list(lifter(keypoints)))
    later = keypoints.copy()
    later[12:] += 1
    changed = np.concatenate(list(lifter(later)))
    assert_close(changed[:12], whole[:12])
    assert np.abs(changed[12:] - whole[12:]).max() > 1e-3
