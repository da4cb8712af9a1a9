"""Layers of a training step on TensorFlow's faster kernels: the same numbers.

Keras computes batch normalisation from a chain of small operations, where
TensorFlow has one; and three gradients of convolutions are, on a CPU, quicker
in another form.  `use_fast_kernels` tells a network's layers to take these
while they are trained, and `use_fast_update` an optimizer.  What they are, hold
and save stays as it is.
"""
from types import MethodType
from typing import Callable

import keras
import tensorflow as tf
from keras import layers, ops

LARGE = 1 << 16         # numbers in one sample's maps; below, calls cost more than sums


def use_fast_kernels(model: keras.Model) -> None:
    """Let the layers of `model` train with the fastest kernels for this device."""
    on_cpu = not any(tf.config.list_logical_devices(kind) for kind in ("GPU", "TPU"))
    for layer in model._flatten_layers():
        if type(layer) is layers.BatchNormalization and not layer.renorm:
            layer.call = MethodType(_batch_normalization, layer)
        elif on_cpu and type(layer) is layers.SeparableConv2D and _is_plain(layer):
            layer.call = MethodType(_separable_convolution, layer)
        elif on_cpu and type(layer) is layers.Conv2D and _is_pointwise(layer):
            layer.call = MethodType(_pointwise_convolution, layer)


def use_fast_update(optimizer: keras.optimizers.Optimizer) -> None:
    """Let Adam change a variable in one operation instead of a dozen; one device only."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    if type(inner) is keras.optimizers.Adam and not inner.amsgrad:
        inner.update_step = MethodType(_adam_step, inner)


def _is_plain(layer) -> bool:
    """Nothing but the sum over a window around every point."""
    return (layer.strides == (1, 1) and layer.dilation_rate == (1, 1)
            and layer.padding == "same" and layer.data_format == "channels_last"
            and all(size % 2 for size in layer.kernel_size)
            and getattr(layer, "groups", 1) == 1
            and getattr(layer, "depth_multiplier", 1) == 1)


def _is_pointwise(layer) -> bool:
    return layer.kernel_size == (1, 1) and _is_plain(layer) and not layer.lora_rank


# === Batch normalisation ===

def _batch_normalization(layer, inputs, training=None, mask=None):
    """`BatchNormalization.call` in one operation, on the statistics of one replica."""
    fused = (training and layer.trainable and mask is None and not layer.synchronized
             and len(inputs.shape) == 4 and layer.axis in (-1, 3))
    if not fused:
        return type(layer).call(layer, inputs, training=training, mask=mask)
    x = ops.cast(inputs, "float32")
    channels = x.shape[-1]
    scale = ops.cast(layer.gamma, "float32") if layer.scale else tf.ones(channels)
    offset = ops.cast(layer.beta, "float32") if layer.center else tf.zeros(channels)
    outputs, mean, variance = tf.compat.v1.nn.fused_batch_norm(
        x, scale, offset, epsilon=layer.epsilon, is_training=True)
    # The kernel's variance is divided by N - 1, that which Keras keeps by N.
    count = tf.cast(tf.size(x) // channels, "float32")
    variance *= (count - 1) / count
    for moving, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + value * (1 - layer.momentum))
    return ops.cast(outputs, layer.compute_dtype)


# === Convolutions ===

def _separable_convolution(layer, inputs):
    if inputs.dtype != tf.float32:
        return type(layer).call(layer, inputs)
    x = depthwise(inputs, tf.convert_to_tensor(layer.depthwise_kernel))
    return _finished(layer, pointwise(x, tf.convert_to_tensor(layer.pointwise_kernel)))


def _pointwise_convolution(layer, inputs):
    if inputs.dtype != tf.float32:
        return type(layer).call(layer, inputs)
    return _finished(layer, pointwise(inputs, tf.convert_to_tensor(layer.kernel)))


def _finished(layer, outputs):
    if layer.use_bias:
        outputs = outputs + layer.bias
    return outputs if layer.activation is None else layer.activation(outputs)


@tf.custom_gradient
def depthwise(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """Each channel `(N, H, W, C)` with its own kernel `(k, l, C, 1)`."""
    def gradient(dy):
        dx = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
            input_sizes=tf.shape(x), filter=kernel, out_backprop=dy,
            strides=[1] * 4, padding="SAME")
        return dx, _depthwise_kernel_gradient(x, dy, kernel.shape)

    return tf.nn.depthwise_conv2d(x, kernel, [1] * 4, "SAME"), gradient


def _depthwise_kernel_gradient(x, dy, shape):
    """Shifted sums of products: `x` convolved with `dy` as its kernel."""
    rows, columns = shape[0] // 2, shape[1] // 2
    padding = [[0, 0], [rows, rows], [columns, columns], [0, 0]]

    def correlated(x, dy):
        return tf.nn.depthwise_conv2d(x, dy[..., None], [1] * 4, padding)

    samples, height, width, channels = x.shape
    if samples and height * width * channels >= LARGE:
        sums = [correlated(x[i:i + 1], dy[i]) for i in range(samples)]
        return tf.add_n(sums)[0][..., None]
    # Small maps, one under the other with zeros between, are one large map.
    x, dy = (tf.reshape(tf.pad(maps, [[0, 0], [0, rows], [0, 0], [0, 0]]),
                        (-1, width, channels)) for maps in (x, dy))
    return correlated(x[None], dy)[0][..., None]


@tf.custom_gradient
def pointwise(x: tf.Tensor, kernel: tf.Tensor) -> tuple[tf.Tensor, Callable]:
    """A product of matrices at every point: `(N, H, W, C)` by `(1, 1, C, D)`."""
    def gradient(dy):
        dx = tf.raw_ops.Conv2DBackpropInput(
            input_sizes=tf.shape(x), filter=kernel, out_backprop=dy,
            strides=[1] * 4, padding="SAME")
        rows = [tf.reshape(maps, (-1, maps.shape[-1])) for maps in (x, dy)]
        return dx, tf.reshape(tf.matmul(*rows, transpose_a=True), kernel.shape)

    return tf.nn.conv2d(x, kernel, 1, "SAME"), gradient


# === Optimizers ===

def _adam_step(adam, gradient, variable, learning_rate):
    """`Adam.update_step` by TensorFlow's operation of that name."""
    index = adam._get_variable_index(variable)

    def number(value):
        return tf.cast(value, variable.dtype)

    steps = number(adam.iterations + 1)
    tf.raw_ops.ResourceApplyAdam(
        var=variable.handle, m=adam._momentums[index].value.handle,
        v=adam._velocities[index].value.handle,
        beta1_power=number(adam.beta_1) ** steps, beta2_power=number(adam.beta_2) ** steps,
        lr=number(learning_rate), beta1=number(adam.beta_1), beta2=number(adam.beta_2),
        epsilon=number(adam.epsilon), grad=number(gradient))
