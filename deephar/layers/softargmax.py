"""From maps to coordinates: softmax over space, expectations, confidence.

CVPR'18 section 3.1.  Maps are `(N, H, W, J)`, one channel per joint; the
coordinates run from 0 to 1 over the crop, x first.
"""
import keras
import numpy as np
from keras import ops

from deephar.layers.base import Float32Layer


def _softmax(x, axis):
    x = x - ops.stop_gradient(ops.max(x, axis=axis, keepdims=True))
    x = ops.exp(x)
    return x / ops.sum(x, axis=axis, keepdims=True)


@keras.saving.register_keras_serializable(package="deephar")
class ChannelSoftmax2D(Float32Layer):
    """Softmax of `alpha * x` over H and W, per channel: `(N, H, W, J)`."""

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = float(alpha)

    def call(self, x):
        return _softmax(self.alpha * x, axis=(1, 2))

    def get_config(self):
        return {**super().get_config(), "alpha": self.alpha}


@keras.saving.register_keras_serializable(package="deephar")
class ChannelSoftmax1D(Float32Layer):
    """Softmax over the depth axis: `(N, depth, J)`."""

    def call(self, x):
        return _softmax(x, axis=1)


class _Ramps(Float32Layer):
    """A layer with fixed ramps, by default computed from the map's size.

    The published files hold the ramps as frozen weights, and old files may
    hold other ones than today's default: `set_ramps` takes those.  They are
    saved with the configuration and with `.weights.h5` files.
    """

    RAMPS = ()

    def __init__(self, **kwargs):
        ramps = {name: kwargs.pop(name, None) for name in self.RAMPS}
        super().__init__(**kwargs)
        self.set_ramps(**ramps)

    def build(self, input_shape):
        self.map_shape = tuple(input_shape[1:])

    def set_ramps(self, **ramps):
        """Values by name, as many as the map has positions; None: the default."""
        for name in self.RAMPS:
            values = ramps.get(name)
            if values is not None:
                values = tuple(float(v) for v in values)
            setattr(self, name, values)

    def ramp(self, name: str, size: int) -> np.ndarray:
        """The ramp `name` of a map that has `size` positions, `(size,)`."""
        values = getattr(self, name)
        if values is None:
            return self.default_ramp(size)
        if len(values) != size:
            raise ValueError(f"{self.name}: {name} has {len(values)} values, "
                             f"the map has {size} positions")
        return np.array(values, "float32")

    def get_config(self):
        ramps = {name: getattr(self, name) for name in self.RAMPS}
        return {**super().get_config(), **ramps}

    def save_own_variables(self, store):
        for name in self.RAMPS:
            if getattr(self, name) is not None:
                store[name] = np.array(getattr(self, name))

    def load_own_variables(self, store):
        self.set_ramps(**{name: np.array(store[name]) for name in store.keys()})


@keras.saving.register_keras_serializable(package="deephar")
class SoftArgmax2D(_Ramps):
    """Expectation of (x, y) under probability maps: `(N, H, W, J)` to `(N, J, 2)`.

    The first pixel counts 0 and the last 1, in both directions.
    """

    RAMPS = ("ramp_x", "ramp_y")

    @staticmethod
    def default_ramp(size):
        return np.linspace(0, 1, size, dtype="float32")

    def call(self, maps):
        rows, columns = maps.shape[-3:-1]
        # Tensors: in training, PyTorch refuses to multiply by NumPy arrays.
        ramp_x = ops.convert_to_tensor(self.ramp("ramp_x", columns)[:, None])
        ramp_y = ops.convert_to_tensor(self.ramp("ramp_y", rows)[:, None])
        # Sums, not einsum: LiteRT has no einsum.
        x = ops.sum(ops.sum(maps, axis=-3) * ramp_x, axis=-2)
        y = ops.sum(ops.sum(maps, axis=-2) * ramp_y, axis=-2)
        return ops.stack([x, y], axis=-1)


@keras.saving.register_keras_serializable(package="deephar")
class SoftArgmax1D(_Ramps):
    """Expectation of the depth: `(N, depth, J)` to `(N, J, 1)`.

    Every bin counts with its centre, `(i + 0.5) / depth`.
    """

    RAMPS = ("ramp_z",)

    @staticmethod
    def default_ramp(size):
        return ((np.arange(size) + 0.5) / size).astype("float32")

    def call(self, maps):
        ramp_z = ops.convert_to_tensor(self.ramp("ramp_z", maps.shape[-2])[:, None])
        return ops.sum(maps * ramp_z, axis=-2)[..., None]


@keras.saving.register_keras_serializable(package="deephar")
class DepthExpectation(Float32Layer):
    """`sum(sigmoid(depth maps) * probability maps)` over H and W.

    Two inputs `(N, H, W, J)` to `(N, J, 1)`.  SPNet's depth.
    """

    def call(self, inputs):
        depth_maps, maps = inputs
        return ops.sum(ops.sigmoid(depth_maps) * maps, axis=(-3, -2))[..., None]


@keras.saving.register_keras_serializable(package="deephar")
class KeypointConfidence(Float32Layer):
    """The greatest sum of 2x2 neighbours: `(N, H, W, J)` to `(N, J, 1)`."""

    def build(self, input_shape):
        if min(input_shape[1:3]) < 2:
            raise ValueError(f"{self.name}: maps must be at least 2x2 pixels, "
                             f"got {input_shape[1]}x{input_shape[2]}")

    def call(self, maps):
        sums = 4.0 * ops.average_pool(maps, 2, strides=1, padding="valid")
        return ops.max(sums, axis=(1, 2))[..., None]
