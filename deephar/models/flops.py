"""How much arithmetic a network needs: floating-point operations of one sample.

Counted are the multiplications and additions of convolutions and dense layers
(a multiply-add is two operations); what the other layers do is left out.
"""
import math

import keras
from keras import layers

from deephar.layers import FoldTime, UnfoldTime

CONVOLUTIONS = (
    layers.Conv1D, layers.Conv2D, layers.Conv3D, layers.SeparableConv1D,
    layers.SeparableConv2D, layers.DepthwiseConv1D, layers.DepthwiseConv2D, layers.Dense)
TRANSPOSED = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)


def count_flops(model: keras.Model) -> int:
    """Operations of a functional model for one sample (a picture, a clip, ...).

    Raises:
        ValueError: a size that the count depends on is not fixed.
    """
    return _count(model, [1] * len(model.inputs))[0]


def _count(model: keras.Model, samples: list[int]) -> tuple[int, list[int]]:
    """Operations, and how many samples each output holds per input sample.

    Args:
        samples: how many each input holds: frames that were folded into the
            batch are samples.
    """
    total, held = 0, {id(x): count for x, count in zip(model.inputs, samples)}
    for depth in sorted(model._nodes_by_depth, reverse=True):
        for node in model._nodes_by_depth[depth]:
            if not node.input_tensors:
                continue
            layer, inputs = node.operation, node.input_tensors
            counts = [held[id(x)] for x in inputs]
            if isinstance(layer, keras.Model):
                flops, counts = _count(layer, counts)
            else:
                flops = max(counts) * _layer_flops(layer, inputs[0].shape,
                                                   node.outputs[0].shape)
                counts = [_samples_after(layer, inputs[0].shape, max(counts))
                          ] * len(node.outputs)
            total += flops
            held |= {id(x): count for x, count in zip(node.outputs, counts)}
    return total, [held[id(x)] for x in model.outputs]


def _samples_after(layer, input_shape, count: int) -> int:
    if isinstance(layer, FoldTime):
        return count * _fixed(layer, input_shape[1:2])
    if isinstance(layer, UnfoldTime):
        return count // layer.num_frames
    return count


def _layer_flops(layer, input_shape, output_shape) -> int:
    """Operations of a layer for one sample: every place meets every kernel once."""
    if isinstance(layer, TRANSPOSED):
        places = input_shape[1:-1]
    elif isinstance(layer, CONVOLUTIONS):
        places = output_shape[1:-1]
    else:
        return 0
    kernels = sum(math.prod(weight.shape) for weight in layer.weights
                  if weight.name.endswith("kernel"))
    return 2 * _fixed(layer, places) * kernels


def _fixed(layer, sizes) -> int:
    if None in sizes:
        raise ValueError(f"{layer.name}: sizes {tuple(sizes)} are not fixed; build the "
                         "network for a fixed input")
    return math.prod(sizes)
