"""Networks of linear layers on one frame's key points (ICCV 2017, ICPR 2020).

    x -> linear, BN, ReLU, dropout -> block .. block -> linear -> y

    block:  x -> (linear, BN, ReLU, dropout) twice -> + x

The same network lifts 2D to 3D (`BASELINE`), guesses the key points that a
second camera to the right would see (`VIEW_SYNTHESIS`), and makes 3D poses of
both views (`RECONSTRUCTION`).  Inputs and outputs are normalised, see
`deephar.utils.stereo`.
"""
import math

import keras
from keras import layers, ops

# (inputs, outputs): the baseline leaves the pelvis out.
BASELINE = (16 * 2, 16 * 3)
VIEW_SYNTHESIS = (17 * 2, 17 * 2)
RECONSTRUCTION = (17 * 2 * 2, 17 * 3)


@keras.saving.register_keras_serializable("deephar")
class FanInNormal(keras.initializers.Initializer):
    """Truncated normal with variance 2 / (first dimension), biases included."""

    def __call__(self, shape, dtype=None):
        return keras.random.truncated_normal(
            shape, stddev=math.sqrt(2 / shape[0]), dtype=dtype)

    def get_config(self):
        return {}


@keras.saving.register_keras_serializable("deephar")
class MaxNormDense(layers.Dense):
    """A dense layer that uses its kernel scaled to a Frobenius norm of at most 1.

    The whole matrix is scaled, in the forward pass: the gradient goes through
    the scaling and the stored kernel is free.
    """

    def call(self, inputs, training=None):
        # Half precision cannot add up a million squares.
        squared_norm = ops.sum(ops.square(ops.cast(self.kernel, "float32")))
        scale = ops.rsqrt(ops.maximum(squared_norm, 1.0))
        kernel = self.kernel * ops.cast(scale, self.compute_dtype)
        return ops.matmul(inputs, kernel) + self.bias


def build(inputs: int, outputs: int, *, units: int = 1024, blocks: int = 2,
          dropout: float = 0.5, max_norm: bool = True,
          name: str = "baseline") -> keras.Model:
    """A linear-residual network from (N, inputs) to (N, outputs).

    The defaults are those of the baseline's recipe.

    Args:
        inputs, outputs: `*BASELINE`, `*VIEW_SYNTHESIS` or `*RECONSTRUCTION`.
        units: of every hidden layer.
        max_norm: scale each linear layer's matrix to a norm of at most 1.
    """
    dense = MaxNormDense if max_norm else layers.Dense

    def linear(x, width, label, **options):
        return dense(width, name=label, kernel_initializer=FanInNormal(),
                     bias_initializer=FanInNormal(), **options)(x)

    def unit(x, label, bn_label):
        x = linear(x, units, label)
        x = layers.BatchNormalization(name=bn_label)(x)
        x = layers.ReLU(name=f"{label}_relu")(x)
        return layers.Dropout(dropout, name=f"{label}_dropout")(x)

    x = input_ = keras.Input((inputs,), name="x")
    x = unit(x, "input", "input_bn")
    for b in range(blocks):
        shortcut = x
        for k in (1, 2):
            x = unit(x, f"block{b}_linear{k}", f"block{b}_bn{k}")
        x = layers.Add(name=f"block{b}_add")([shortcut, x])
    # Coordinates stay in float32 under mixed precision.
    x = linear(x, outputs, "output", dtype="float32")
    return keras.Model(input_, x, name=name)
