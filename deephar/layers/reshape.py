"""Moving axes about: time folded into the batch, slices, means."""
import keras
from keras import ops

from deephar.layers.base import Float32Layer


@keras.saving.register_keras_serializable(package="deephar")
class FoldTime(keras.layers.Layer):
    """Frames become samples: `(N, T, ...)` to `(N*T, ...)`."""

    def call(self, x):
        return ops.reshape(x, (-1, *x.shape[2:]))


@keras.saving.register_keras_serializable(package="deephar")
class UnfoldTime(keras.layers.Layer):
    """Samples become frames again: `(N*T, ...)` to `(N, T, ...)`."""

    def __init__(self, num_frames, **kwargs):
        super().__init__(**kwargs)
        self.num_frames = num_frames

    def call(self, x):
        return ops.reshape(x, (-1, self.num_frames, *x.shape[1:]))

    def compute_output_shape(self, input_shape):
        # Keras finds it by trying, on JAX with batches that T does not divide.
        return (None, self.num_frames, *input_shape[1:])

    def get_config(self):
        return {**super().get_config(), "num_frames": self.num_frames}


@keras.saving.register_keras_serializable(package="deephar")
class SelectChannels(Float32Layer):
    """Channels `start` to `stop` of maps: `(N, H, W, stop - start)`."""

    def __init__(self, start, stop, **kwargs):
        super().__init__(**kwargs)
        self.start = start
        self.stop = stop

    def call(self, x):
        return x[..., self.start:self.stop]

    def get_config(self):
        return {**super().get_config(), "start": self.start, "stop": self.stop}


@keras.saving.register_keras_serializable(package="deephar")
class Mean(Float32Layer):
    """Mean over some axes."""

    def __init__(self, axis, **kwargs):
        super().__init__(**kwargs)
        self.axis = tuple(axis)

    def call(self, x):
        return ops.mean(x, axis=self.axis)

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}


@keras.saving.register_keras_serializable(package="deephar")
class StopGradient(keras.layers.Layer):
    """The identity, through which no gradient flows back."""

    def call(self, x):
        return ops.stop_gradient(x)
