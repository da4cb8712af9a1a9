from deephar.layers import (
    ChannelSoftmax2D, GlobalMaxMinPooling2D, KroneckerPooling, SoftArgmax2D)
from deephar.layers.base import Float32Layer
from tests.layers.contract import half_precision_output

import numpy as np
import pytest


@pytest.mark.parametrize("layer_class", [
    ChannelSoftmax2D, GlobalMaxMinPooling2D, SoftArgmax2D])
def test_float32_under_a_half_precision_policy(layer_class):
    maps = np.random.default_rng(0).normal(size=(2, 8, 8, 3)).astype("float32")
    assert half_precision_output(layer_class, maps).dtype == "float32"


def test_the_caller_may_ask_for_another_type():
    assert Float32Layer().compute_dtype == "float32"
    assert Float32Layer(dtype="bfloat16").compute_dtype == "bfloat16"
    assert issubclass(KroneckerPooling, Float32Layer)
