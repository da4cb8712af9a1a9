"""How fast data are made and how fast a network is trained on them."""
import itertools
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from deephar.config import DataConfig, mpii_dataconf
from deephar.data import BatchLoader, MpiiSinglePerson
from deephar.data.pictures import open_picture
from deephar.data.pipeline import stream
from deephar.losses import pose_regression_loss
from deephar.models.blocks import float32_concatenate
from deephar.training.task import Task
from deephar.training.trainer import MultiModelTrainer
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.timing import machine, measure, peak_memory_mb

BATCH = 8
KEPT_BATCHES = 4        # in memory


def bench_data(dataset: MpiiSinglePerson, pictures: int = 64) -> dict:
    """Training crops per second, stage by stage.

    Args:
        dataset: opened with the crops to measure.
        pictures: how many are made for each figure.
    """
    count = min(pictures, dataset.get_length(TRAIN_MODE))
    paths = sorted(Path(dataset.dataset_path).glob("images/*.jpg"))[:count]
    stages = {
        "open and decode": lambda: [open_picture(path) for path in paths],
        "crop for training": lambda: [dataset.get_data(i, TRAIN_MODE)
                                      for i in range(count)]}
    rows = []
    for name, work in stages.items():
        done = len(paths) if name.startswith("open") else count
        timing = measure(work, runs=3, warm_up=1)
        rows.append({"stage": name, "per_s": 1e3 * done / timing["median"],
                     "per_core_s": 1e3 * done / timing["cpu"]})
    loader = BatchLoader(dataset, ["frame"], ["pose"], TRAIN_MODE, BATCH)
    batches = max(1, count // BATCH)
    for workers in (1, 2):
        timing = measure(lambda: [None for _ in stream(loader, count=batches,
                                                       workers=workers)],
                         runs=3, warm_up=1)
        rows.append({"stage": f"stream of batches, {workers} threads",
                     "per_s": 1e3 * batches * BATCH / timing["median"],
                     "per_core_s": 1e3 * batches * BATCH / timing["cpu"]})
    return {"kind": "data", "machine": machine(), "rows": rows,
            "crop": list(dataset.dataconf.input_shape)}


def bench_train(model: keras.Model, dataset: MpiiSinglePerson, steps: int = 20,
                batch_size: int = BATCH) -> dict:
    """A training step of a pose network: this trainer's beside Keras' own.

    `train_on_batch` finds its batches in memory.  The trainer is measured with
    the same ones, and reading its data.  A network of clips gets pictures as
    the frames of its clips.

    Args:
        batch_size: pictures, or clips, in a step.
    """
    model = with_visibility(model, dataset.get_shape("pose")[-1])
    loss = pose_regression_loss("l1l2bincross", 0.01)
    outputs = len(model.outputs)
    clip = model.input_shape[1:-3]
    if clip:
        dataset = BatchLoader(dataset, ["frame"], ["pose"], TRAIN_MODE, *clip)
    loader, kept = [BatchLoader(source, ["frame"], ["pose"], TRAIN_MODE, batch_size, outputs)
                    for source in (dataset, _Kept(dataset, KEPT_BATCHES * batch_size))]
    batches = [kept.batch(n) for n in range(KEPT_BATCHES)]
    model.compile(keras.optimizers.SGD(1e-4), [loss] * outputs)
    turn = itertools.cycle(batches)

    def keras_step():
        (x,), y = next(turn)
        return model.train_on_batch(x, y)

    plain = measure(keras_step, steps)
    in_memory, reading = [trainer_times(MultiModelTrainer([
        Task("pose", model, source, loss, keras.optimizers.SGD(1e-4))]), steps)
        for source in (kept, loader)]
    pictures = batch_size * int(np.prod(clip))
    return {"kind": "train", "machine": machine(), "batch": batch_size,
            "pictures_per_s": 1e3 * pictures / reading["mean"],
            "input": list(model.input_shape[1:]), "steps": steps,
            "train_on_batch_ms": plain, "trainer_in_memory_ms": in_memory,
            "trainer_ms": reading, "peak_memory_mb": peak_memory_mb()}


def trainer_times(trainer: MultiModelTrainer, steps: int) -> dict:
    """Mean milliseconds of a step, and the share of them spent waiting for data."""
    trainer.run_steps(3)
    start, busy = time.perf_counter(), time.process_time()
    _, waited, _ = trainer.run_steps(steps)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    return {"mean": 1e3 * seconds / steps, "cpu": 1e3 * busy / steps,
            "data_wait": waited / seconds}


def with_visibility(model: keras.Model, last: int) -> keras.Model:
    """The model with each pose and its visibility in one output (..., J, `last`)."""
    if all(output.shape[-1] == last for output in model.outputs):
        return model
    pairs = list(zip(model.outputs[::2], model.outputs[1::2]))
    if any(pose.shape[-1] + visibility.shape[-1] != last for pose, visibility in pairs):
        raise ValueError(f"poses and visibilities of the data are (..., J, {last}), those "
                         f"of the network {' and '.join(str(x.shape) for x in pairs[0])}")
    return keras.Model(model.input, [
        float32_concatenate(pair, name=f"with_visibility{i}")
        for i, pair in enumerate(pairs, 1)])


class _Kept:
    """The first samples of a data set, made once."""

    def __init__(self, dataset, count: int):
        self.get_shape = dataset.get_shape
        self.samples = [dataset.get_data(key % dataset.get_length(TRAIN_MODE), TRAIN_MODE)
                        for key in range(count)]

    def get_length(self, mode: int) -> int:
        return len(self.samples)

    def get_data(self, key: int, mode: int, *, rng: np.random.Generator) -> dict:
        return self.samples[key]


def training_crops(resolution: int) -> DataConfig:
    """Square crops with the augmentation of the paper."""
    return replace(mpii_dataconf, crop_resolution=(resolution, resolution))
