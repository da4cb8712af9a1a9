"""Two small tasks over a shared trunk, on generated data."""
import keras
import numpy as np

from deephar.data import BatchLoader
from deephar.training.task import Task


class Toys:
    """A data set of noise whose targets are simple functions of the pictures."""

    def __init__(self, targets: int, bad: int = -1):
        self.targets, self.bad = targets, bad

    def get_length(self, mode: int) -> int:
        return 32

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        return {"frame": (8, 8, 3), "target": (self.targets,)}[dictkey]

    def get_data(self, key: int, mode: int, *, rng: np.random.Generator) -> dict:
        frame = rng.normal(size=(8, 8, 3)).astype("float32")
        target = frame[:2, 0, :self.targets].mean(axis=0)
        return {"frame": np.nan * frame if key == self.bad else frame, "target": target}


def toy_loader(targets: int, seed: int = 0, size: int = 8, **options) -> BatchLoader:
    """Batches of a head with `targets` outputs."""
    return BatchLoader(Toys(targets, **options), ["frame"], ["target"],
                       batch_size=size, seed=seed)


def toy_models() -> list[keras.Model]:
    """A full model with both heads, and the two models over its layers."""
    image = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, use_bias=False, name="conv")(image)
    x = keras.layers.BatchNormalization(name="bn", momentum=0.9)(x)
    x = keras.layers.Flatten(name="flat")(keras.layers.ReLU(name="relu")(x))
    a = keras.layers.Dense(2, name="pose")(x)
    b = keras.layers.Dense(3, name="action")(x)
    full = keras.Model(image, [a, b], name="full")
    return [full, keras.Model(image, a, name="pose_model"),
            keras.Model(image, b, name="action_model")]


def squared(y_true, y_pred):
    """One squared error per sample."""
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


def toy_tasks(pose: keras.Model, action: keras.Model, **changes) -> list[Task]:
    """SGD on one, Adam on the other."""
    return [Task("pose", pose, toy_loader(2, 1, **changes), squared,
                 keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True)),
            Task("action", action, toy_loader(3, 2), "mean_squared_error",
                 keras.optimizers.Adam(0.003), weight=0.5)]
