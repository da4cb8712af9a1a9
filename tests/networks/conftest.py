"""A small SPNet and clips for it, built once."""
import numpy as np
import pytest

from deephar.config import ModelConfig
from deephar.models.spnet import build
from deephar.utils.pose import pa16j2d

ACTIONS = {"five": tuple("abcde"), "three": tuple("xyz")}
SPNET = ModelConfig((4, 64, 64, 3), pa16j2d, num_actions=(5, 3), num_pyramids=2,
                    action_pyramids=(1,), num_levels=3, growth=8, num_pose_features=16,
                    num_visual_features=16)


@pytest.fixture(scope="package")
def spnet():
    """Of clips: 4 pose blocks, 2 action blocks of two sets."""
    return build(SPNET)


@pytest.fixture(scope="package")
def clips():
    return np.random.default_rng(0).uniform(-1, 1, (2, 4, 64, 64, 3)).astype(np.float32)
