"""Small convolution units of ReceptionNet and the CVPR'18 action heads.

A unit called `name` holds the layers `name_act`, `name_conv` and, last among
those with weights, the batch normalisation `name`.  No convolution has a bias
and no normalisation a scale.
"""
from keras import layers


def relu(x, *, name):
    return layers.Activation("relu", name=name)(x)


def conv(x, filters, size, strides=1, *, name):
    return layers.Conv2D(filters, size, strides=strides, padding="same",
                         use_bias=False, name=name)(x)


def separable_conv(x, filters, size, strides=1, *, name):
    return layers.SeparableConv2D(filters, size, strides=strides, padding="same",
                                  use_bias=False, name=name)(x)


def batch_norm(x, scale=False, *, name):
    return layers.BatchNormalization(
        epsilon=1e-3, momentum=0.99, scale=scale, name=name)(x)


def conv_bn(x, filters, size, strides=1, *, name):
    x = conv(x, filters, size, strides, name=f"{name}_conv")
    return batch_norm(x, name=name)


def conv_bn_act(x, filters, size, strides=1, *, name):
    x = conv_bn(x, filters, size, strides, name=name)
    return relu(x, name=f"{name}_act")


def act_conv(x, filters, size, *, name):
    x = relu(x, name=f"{name}_act")
    return conv(x, filters, size, name=f"{name}_conv")


def act_conv_bn(x, filters, size, strides=1, *, name):
    x = relu(x, name=f"{name}_act")
    return conv_bn(x, filters, size, strides, name=name)


def sep_act_conv_bn(x, filters, size, *, name):
    x = relu(x, name=f"{name}_act")
    x = separable_conv(x, filters, size, name=f"{name}_conv")
    return batch_norm(x, name=name)
