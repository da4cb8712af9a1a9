"""A small network that stands for a published one, and its published file."""
import h5py
import keras
import numpy as np


def small(units=3) -> keras.Model:
    inputs = keras.Input((4,))
    x = keras.layers.Dense(5, name="a")(inputs)
    x = keras.layers.BatchNormalization(name="b")(x)
    return keras.Model(inputs, keras.layers.Dense(units, name="c")(x), name="small")


def filled(seed=0) -> keras.Model:
    """`small` with weights of its own."""
    model = small()
    rng = np.random.default_rng(seed)
    model.set_weights([rng.random(w.shape) for w in model.weights])
    return model


def write_published(path, content) -> None:
    """Write a file of {layer: {weight: value}} in the published layout.

    Names have a fixed length, as h5py wrote them at the time.
    """
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in content])
        for layer, weights in content.items():
            group = file.create_group(layer)
            group.attrs["weight_names"] = np.array([name.encode() for name in weights])
            for name, value in weights.items():
                group[name] = value


def content_of(model: keras.Model) -> dict[str, dict[str, np.ndarray]]:
    """A flat model's weights, as `write_published` takes them."""
    return {layer.name: {f"{layer.name}/{w.name}:0": keras.ops.convert_to_numpy(w)
                         for w in layer.weights}
            for layer in model.layers if layer.weights}


def assert_same(model: keras.Model, other: keras.Model) -> None:
    for a, b in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
