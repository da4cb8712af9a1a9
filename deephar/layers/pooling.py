"""Poolings: max-min over windows and over maps, features under heat maps."""
import keras
from keras import ops

from deephar.layers.base import Float32Layer


@keras.saving.register_keras_serializable(package="deephar")
class MaxMinPooling2D(keras.layers.Layer):
    """`maxpool(x) - maxpool(-x)`, window = stride, "same": `(N, H, W, C)`."""

    def __init__(self, pool_size=2, **kwargs):
        super().__init__(**kwargs)
        self.pool_size = pool_size

    def call(self, x):
        high, low = (ops.max_pool(v, self.pool_size, strides=self.pool_size,
                                  padding="same") for v in (x, -x))
        return high - low

    def get_config(self):
        return {**super().get_config(), "pool_size": self.pool_size}


@keras.saving.register_keras_serializable(package="deephar")
class GlobalMaxMinPooling2D(Float32Layer):
    """`max(x) - max(-x)` over H and W: `(N, H, W, C)` to `(N, C)`."""

    def call(self, x):
        return ops.max(x, axis=(1, 2)) - ops.max(-x, axis=(1, 2))


@keras.saving.register_keras_serializable(package="deephar")
class KroneckerPooling(Float32Layer):
    """Features of every joint, `sum_hw h * f` (CVPR'18 section 3.2.2).

    Heat maps `(N, H, W, J)` and features `(N, H, W, C)` to `(N, J, C)`, as one
    matrix product: the H*W*J*C products are never held.
    """

    def call(self, inputs):
        maps, features = inputs
        pixels = maps.shape[1] * maps.shape[2]
        maps = ops.reshape(maps, (-1, pixels, maps.shape[3]))
        features = ops.reshape(features, (-1, pixels, features.shape[3]))
        return ops.matmul(ops.transpose(maps, (0, 2, 1)), features)
