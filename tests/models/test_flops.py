import keras
import pytest
import tensorflow as tf
from keras import layers
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2)

from deephar.layers import FoldTime, UnfoldTime
from deephar.models import linear
from deephar.models.flops import count_flops


def flops_of(shape, *stack):
    x = inputs = keras.Input(shape)
    for layer in stack:
        x = layer(x)
    return count_flops(keras.Model(inputs, x))


@pytest.mark.parametrize("shape, layer, flops", [
    ((8, 6, 3), layers.Conv2D(5, 3, strides=2, padding="same"), 2 * 4 * 3 * 9 * 3 * 5),
    ((8, 6, 4), layers.Conv2D(6, (3, 1), padding="valid", groups=2), 2 * 6 * 6 * 3 * 2 * 6),
    ((8, 6, 3), layers.SeparableConv2D(5, 3, padding="same"),
     2 * 48 * (9 * 3 + 3 * 5)),
    ((8, 6, 3), layers.DepthwiseConv2D(3, padding="same"), 2 * 48 * 9 * 3),
    ((8, 6, 3), layers.Conv2DTranspose(5, 2, strides=2), 2 * 48 * 4 * 3 * 5),
    ((10, 3), layers.Conv1D(5, 3), 2 * 8 * 3 * 3 * 5),
    ((7,), layers.Dense(5), 2 * 7 * 5),
    ((4, 7), layers.Dense(5), 2 * 4 * 7 * 5),
    ((8, 6, 3), layers.BatchNormalization(), 0),
])
def test_a_layer(shape, layer, flops):
    assert flops_of(shape, layer) == flops


def test_a_layer_that_is_used_twice_counts_twice():
    dense = layers.Dense(4, use_bias=False)
    assert flops_of((4,), dense, dense) == 2 * (2 * 4 * 4)


def test_folded_frames_count_each():
    inner_input = keras.Input((4, 4, 3))
    inner = keras.Model(inner_input, layers.Conv2D(2, 1)(inner_input))
    frame = 2 * 16 * 3 * 2
    assert flops_of((5, 4, 4, 3), FoldTime(), inner) == 5 * frame
    clip = flops_of((5, 4, 4, 3), FoldTime(), inner, UnfoldTime(5), layers.Dense(1))
    assert clip == 5 * frame + 2 * 5 * 16 * 2


def test_only_this_models_part_of_shared_layers_counts():
    shared = layers.Dense(4)
    x = keras.Input((4,))
    y = shared(x)
    keras.Model(x, shared(y))
    assert count_flops(keras.Model(x, y)) == 2 * 4 * 4


def test_lifting_network():
    flops = count_flops(linear.build(*linear.BASELINE, units=8, blocks=1))
    assert flops == 2 * (32 * 8 + 2 * 8 * 8 + 8 * 48)


def test_sizes_must_be_fixed():
    with pytest.raises(ValueError, match="not fixed; build the network"):
        flops_of((None, 8, 3), layers.Conv2D(2, 1, name="first"))


def test_tensorflow_counts_the_same():
    x = inputs = keras.Input((16, 12, 3))
    x = layers.Conv2D(8, 3, padding="same", use_bias=False)(x)
    x = layers.SeparableConv2D(6, 5, strides=2, padding="same", use_bias=False)(x)
    x = layers.Conv2DTranspose(4, 2, strides=2, use_bias=False)(x)
    model = keras.Model(inputs, layers.Dense(3, use_bias=False)(x))
    traced = tf.function(lambda x: model(x)).get_concrete_function(
        tf.TensorSpec((1, 16, 12, 3)))
    graph = convert_variables_to_constants_v2(traced).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder.float_operation() | {"output": "none"}
    with graph.as_default():
        counted = profiler.profile(graph, options=options).total_float_ops
    assert count_flops(model) == counted
