"""The stem of VGG-16, in the place of ReceptionNet's own.

    picture -> vgg_input -> block1 -> block2 -> block3 -> block4 -> sepconv1

The trunk is VGG-16 up to block4_conv3, without the pool behind it, under the
names of `keras.applications`; `sepconv1` brings its 512 features to the 576
that the blocks behind expect.  What was published says only that VGG-16
replaced the stem: the cut and the adapter are this project's reading.
"""
import os
from pathlib import Path
from typing import Mapping

import h5py
import keras
import numpy as np
from keras import layers, ops

from deephar.layers.base import Float32Layer
from deephar.models.blocks import separable_residual
from deephar.utils.reading import open_hdf5

# (filters, convolutions) of each block; a pool stands between two blocks.
TRUNK = ((64, 2), (128, 2), (256, 3), (512, 3))
TRUNK_PREFIX = "block"
WIDTH = 576
IMAGENET = "imagenet"
IMAGENET_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


@keras.saving.register_keras_serializable(package="deephar")
class ImagenetInput(Float32Layer):
    """RGB in [-1, 1] to what ImageNet's VGG-16 was trained on, `(N, H, W, 3)`.

    Grey levels 0 to 255, channels blue, green, red, minus their means.
    """

    def call(self, x):
        levels = ops.flip(x * 127.5 + 127.5, axis=-1)
        return levels - ops.convert_to_tensor(np.array(IMAGENET_MEAN_BGR, "float32"))


def vgg16_stem(input_shape, weights: str | os.PathLike | None = None,
               imagenet_input: bool | None = None, width: int = WIDTH) -> keras.Model:
    """Sub-model `Stem`: `(N, H, W, 3)` to `(N, H/8, W/8, width)`.

    Args:
        weights: of the trunk: None for random ones, "imagenet", or a weight
            file of a VGG-16 without top.
        imagenet_input: scale the pictures as ImageNet's weights want it; None
            does so if `weights` are given.
        width: of the adapter; the trunk grows with it, and is VGG-16's at 576.
    """
    if imagenet_input is None:
        imagenet_input = weights is not None
    inputs = keras.Input(input_shape, name="input")
    x = (ImagenetInput if imagenet_input else layers.Identity)(name="vgg_input")(inputs)
    for block, (filters, convolutions) in enumerate(TRUNK, 1):
        for i in range(1, convolutions + 1):
            x = layers.Conv2D(filters * width // WIDTH, 3, padding="same", activation="relu",
                              name=f"{TRUNK_PREFIX}{block}_conv{i}")(x)
        if block < len(TRUNK):
            x = layers.MaxPooling2D(2, name=f"{TRUNK_PREFIX}{block}_pool")(x)
    x = separable_residual(x, width, 3, name="sepconv1")
    stem = keras.Model(inputs, x, name="Stem")
    if weights is not None:
        load_trunk(stem, weights)
    return stem


def freeze_trunk(model: keras.Model, frozen: bool = True) -> None:
    """Freeze, or free, the VGG-16 trunk of a network that has one in its `Stem`."""
    trunk = [layer for layer in _stem_of(model).layers
             if layer.name.startswith(TRUNK_PREFIX)]
    if not trunk:
        raise ValueError(f"{model.name} has no VGG-16 trunk to freeze; build it with "
                         "stem='vgg16'")
    for layer in trunk:
        layer.trainable = not frozen


def _stem_of(model: keras.Model) -> keras.Model:
    names = [layer.name for layer in model.layers]
    return model.get_layer("Stem") if "Stem" in names else model


# === Weights ===

def load_trunk(stem: keras.Model, weights: str | os.PathLike) -> list[keras.Layer]:
    """Fill the trunk: all of its layers or, with an error, none.

    Args:
        weights: "imagenet", or a weight file of a VGG-16 without top.

    Returns:
        The layers that have got weights.

    Raises:
        RuntimeError: ImageNet's weights cannot be had.
        FileNotFoundError: there is no such file.
        ValueError: the file lacks a layer, or it has another shape.
    """
    convolutions = [layer for layer in stem.layers
                    if layer.name.startswith(TRUNK_PREFIX) and layer.weights]
    names = [layer.name for layer in convolutions]
    found = (_imagenet_arrays(names) if weights == IMAGENET
             else _file_arrays(Path(weights), names))
    for layer in convolutions:
        if layer.name not in found:
            raise ValueError(f"{weights} has no layer {layer.name} of VGG-16")
        wanted = [tuple(weight.shape) for weight in layer.weights]
        shapes = [array.shape for array in found[layer.name]]
        if shapes != wanted:
            raise ValueError(f"{weights}: layer {layer.name} has shapes {shapes}, "
                             f"the network has {wanted}")
    for layer in convolutions:
        layer.set_weights(found[layer.name])
    return convolutions


def _imagenet_arrays(names: list[str]) -> Mapping[str, list[np.ndarray]]:
    """Kernel and bias of the named layers, downloaded by `keras.applications`."""
    try:
        source = keras.applications.VGG16(include_top=False, weights=IMAGENET)
    # A failed download is a bare Exception, a broken file an OSError, ...
    except Exception as error:
        home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
        raise RuntimeError(
            f"ImageNet's weights of VGG-16 cannot be had ({error}).  Looked for "
            f"{IMAGENET_FILE} in {home / 'models'} and tried to download it.  Give the "
            "path of a copy as stem_weights, or stem_weights=None for random weights"
        ) from error
    return {name: source.get_layer(name).get_weights() for name in names}


def _file_arrays(path: Path, names: list[str]) -> Mapping[str, list[np.ndarray]]:
    """Kernel and bias of the named layers that a weight file has.

    Knows files of old Keras, one group per layer, and `.weights.h5` files of
    today's, which count the convolutions instead of naming them.
    """
    if not path.is_file():
        raise FileNotFoundError(f"stem_weights: there is no file {path}; give a VGG-16 "
                                "weight file without top, 'imagenet' or None")
    try:
        with open_hdf5(path) as file:
            return {name: arrays for i, name in enumerate(names)
                    if (arrays := _arrays_below(file, (
                        name, f"model_weights/{name}",
                        f"layers/conv2d{f'_{i}' if i else ''}/vars")))}
    except ValueError as error:
        raise ValueError(f"stem_weights: {path} is no HDF5 file ({error})") from error


def _arrays_below(file, groups) -> list[np.ndarray]:
    """All arrays below the first of the groups that is there, kernels first."""
    arrays = []
    for group in groups:
        if group in file:
            file[group].visititems(lambda _, node: arrays.append(np.array(node))
                                   if isinstance(node, h5py.Dataset) else None)
            break
    return sorted(arrays, key=lambda array: -array.ndim)
