"""Forward and training step of the published kinds of network, on any backend.

`train_on_batch` is Keras' own step, which every backend has; the trainer's
is TensorFlow's.  Batches are noise in memory.
"""
import math
from typing import Callable, Sequence

import keras
import numpy as np

from deephar.config import ModelConfig
from deephar.data import BatchLoader
from deephar.losses import pose_regression_loss
from deephar.models import reception, spnet, split_model
from deephar.training.bench import trainer_times, with_visibility
from deephar.training.task import Task
from deephar.training.trainer import MultiModelTrainer
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.pose import pa16j2d
from deephar.utils.timing import machine, measure, peak_memory_mb

PUBLISHED_RATE = 100        # pictures a second, of the papers, on a GPU
FRAMES = 8


def reception_8_blocks() -> keras.Model:
    """The published network of MPII."""
    return reception.build((256, 256, 3), pa16j2d.num_joints, dim=2,
                           num_context_per_joint=2, num_blocks=8, ksize=(5, 5),
                           concat_pose_confidence=False)


def spnet_2_pyramids() -> keras.Model:
    """The poses of a published network of clips, with fewer pyramids."""
    cfg = ModelConfig((FRAMES, 256, 256, 3), pa16j2d, num_actions=(15,), num_pyramids=2,
                      action_pyramids=(1, 2))
    return split_model(spnet.build(cfg), cfg)[0]


NETWORKS = {"ReceptionNet, 8 blocks": reception_8_blocks,
            "SPNet, 2 pyramids": spnet_2_pyramids}


def bench_all(networks: dict[str, Callable], batches: Sequence[int], runs: int = 10,
              progress: Callable = str) -> dict:
    """Rows of pictures per second, by network, work and batch.

    Args:
        batches: pictures, or clips, at a time.
        progress: called with every finished row.
    """
    rows = []
    for name, build in networks.items():
        model = with_visibility(build(), 3)
        for batch in batches:
            x, y = _noise(model, batch)
            works = {"forward": lambda: model.predict_on_batch(x),
                     "Keras' step": _keras_step(model, x, y)}
            timings = {work: measure(call, runs, 2) for work, call in works.items()}
            if keras.backend.backend() == "tensorflow":
                timings["trainer's step"] = _trainer_step(model, x, y, runs)
            for work, timing in timings.items():
                rate = 1e3 * batch * math.prod(x.shape[1:-3]) / timing["median"]
                rows.append({"network": name, "work": work, "batch": batch,
                             "ms": timing["median"], "cpu_ms": timing["cpu"],
                             "pictures_per_s": rate, "of_published": rate / PUBLISHED_RATE})
                progress(rows[-1])
    return {"kind": "all", "machine": machine(), "backend": keras.backend.backend(),
            "device": device(), "rows": rows, "peak_memory_mb": peak_memory_mb()}


def device() -> str:
    """What Keras' backend computes on."""
    if keras.backend.backend() == "jax":
        import jax
        return jax.devices()[0].device_kind
    if keras.backend.backend() == "torch":
        import torch
        return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
    import tensorflow as tf
    gpus = tf.config.list_physical_devices("GPU")
    return tf.config.experimental.get_device_details(gpus[0])["device_name"] if gpus else "cpu"


def _noise(model: keras.Model, batch: int) -> tuple:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (batch, *model.input_shape[1:])).astype("float32")
    return x, [rng.uniform(0, 1, (batch, *output.shape[1:])).astype("float32")
               for output in model.outputs]


def _keras_step(model, x, y) -> Callable:
    loss = pose_regression_loss("l1l2bincross", 0.01)
    model.compile(keras.optimizers.SGD(1e-4), [loss] * len(model.outputs))
    return lambda: model.train_on_batch(x, y)


class _Noise:
    """The same batch for ever, sample by sample."""

    def __init__(self, x, pose):
        self.values = {"frame": x, "pose": pose}

    def get_length(self, mode: int) -> int:
        return len(self.values["frame"])

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        return self.values[dictkey].shape[1:]

    def get_data(self, key: int, mode: int, *, rng=None) -> dict:
        return {name: value[key] for name, value in self.values.items()}


def _trainer_step(model, x, y, runs: int) -> dict:
    loss = pose_regression_loss("l1l2bincross", 0.01)
    loader = BatchLoader(_Noise(x, y[0]), ["frame"], ["pose"], TRAIN_MODE, len(x), len(y))
    times = trainer_times(MultiModelTrainer([
        Task("pose", model, loader, loss, keras.optimizers.SGD(1e-4))]), runs)
    return {"median": times["mean"], "cpu": times["cpu"]}
