"""How fast data are made and how fast a network is trained on them."""
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
from deephar.training.task import Task
from deephar.training.trainer import MultiModelTrainer
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.timing import machine, measure, peak_memory_mb

BATCH = 8


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

    Both see the same network and batches; `train_on_batch` finds its batch in
    memory, the trainer streams.  A network of clips gets pictures as the frames
    of its clips.

    Args:
        batch_size: pictures, or clips, in a step.
    """
    loss = pose_regression_loss("l1l2bincross", 0.01)
    outputs = len(model.outputs)
    last = dataset.get_shape("pose")[-1]
    if any(output.shape[-1] != last for output in model.outputs):
        raise ValueError("a network to train must give poses with their visibility, "
                         f"(..., J, {last}), got {model.outputs[0].shape} first")
    clip = model.input_shape[1:-3]
    if clip:
        dataset = BatchLoader(dataset, ["frame"], ["pose"], TRAIN_MODE, *clip)
    loader = BatchLoader(dataset, ["frame"], ["pose"], TRAIN_MODE, batch_size, outputs)
    batches = [loader.batch(n) for n in range(4)]
    model.compile(keras.optimizers.SGD(1e-4), [loss] * outputs)
    turn = iter(range(10 ** 9))

    def keras_step():
        (x,), y = batches[next(turn) % len(batches)]
        return model.train_on_batch(x, y)

    plain = measure(keras_step, steps)
    trainer = MultiModelTrainer([Task("pose", model, loader, loss,
                                      keras.optimizers.SGD(1e-4))])
    trainer.run(3)
    start, busy = time.perf_counter(), time.process_time()
    _, waited, _ = trainer.run(steps)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    ours = {"mean": 1e3 * seconds / steps, "cpu": 1e3 * busy / steps,
            "data_wait": waited / seconds}
    pictures = batch_size * int(np.prod(clip))
    return {"kind": "train", "machine": machine(), "batch": batch_size,
            "pictures_per_s": 1e3 * pictures / ours["mean"],
            "input": list(model.input_shape[1:]), "steps": steps,
            "train_on_batch_ms": plain, "trainer_ms": ours,
            "peak_memory_mb": peak_memory_mb()}


def training_crops(resolution: int) -> DataConfig:
    """Square crops with the augmentation of the paper."""
    return replace(mpii_dataconf, crop_resolution=(resolution, resolution))
