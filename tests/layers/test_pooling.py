import numpy as np
import pytest

from deephar.layers import GlobalMaxMinPooling2D, KroneckerPooling, MaxMinPooling2D
from tests.layers.contract import check_layer
from tests.numbers import LAYER, assert_close

pytestmark = pytest.mark.numeric

RNG = np.random.default_rng(0)


def random(*shape):
    return RNG.normal(size=shape).astype("float32")


def test_max_min_pooling(tmp_path):
    x = np.array([[1, -3, 2], [0, 2, 5], [-1, -2, 7]], "float32")[None, :, :, None]
    y = check_layer(MaxMinPooling2D(2), x, tmp_path)
    # maxpool(x) - maxpool(-x) = max + min of every window.
    np.testing.assert_array_equal(y[0, :, :, 0], [[2 - 3, 5 + 2], [-1 - 2, 7 + 7]])


def test_global_max_min_pooling(tmp_path):
    x = random(2, 3, 4, 5)
    y = check_layer(GlobalMaxMinPooling2D(), x, tmp_path)
    assert_close(y, x.max((1, 2)) + x.min((1, 2)), LAYER)


def test_kronecker_pooling(tmp_path):
    maps, features = random(2, 3, 4, 5), random(2, 3, 4, 6)
    y = check_layer(KroneckerPooling(), [maps, features], tmp_path)
    wanted = np.einsum("nhwj,nhwc->njc", maps, features)
    assert_close(y, wanted, LAYER)
