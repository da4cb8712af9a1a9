"""Frames per second of a pose network that is left at one of its blocks."""
import logging
import time
from typing import Sequence

import numpy as np

from deephar.evaluation.networks import Network, pose_part
from deephar.evaluation.report import Score
from deephar.evaluation.run import Predict, Rows, Task

logger = logging.getLogger(__name__)

WARM_UP = 3     # steps before the clock starts: tracing, memory


def speed_task(network: Network, exits: Sequence[int], batch_size: int, repeats: int
               ) -> tuple[Task, Predict]:
    """The exits as samples, and the "network" that measures them.

    Args:
        network: with one pose output per block.
        exits: blocks to leave at, from 1; empty for six of them, evenly spread
            up to the last.
        batch_size: clips, or pictures, per step.
        repeats: steps that are timed.
    """
    model = pose_part(network)
    total = len(model.outputs)
    exits = list(exits) or sorted({round(total * (i + 1) / 6) for i in range(6)} - {0})
    wrong = [e for e in exits if not 1 <= e <= total]
    if wrong:
        raise ValueError(f"exits must be from 1 to {total}, got {wrong}")

    def measure(x: np.ndarray) -> list[np.ndarray]:
        return [np.array([frames_per_second(_cut(model, int(e)), batch_size, repeats)
                          for e in x])]

    task = Task(
        name="speed", samples=[str(e) for e in exits], views=lambda sample: [0],
        read=lambda sample, view: {"frame": np.array(exits[sample])},
        reduce=lambda sample, views, outputs: {"speed": outputs[0][0]})
    return task, measure


def frames_per_second(model, batch_size: int, repeats: int) -> float:
    """Pictures per second of `model`, by the median of its steps."""
    shape = (batch_size,) + model.input_shape[1:]
    x = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
    seconds = []
    for step in range(WARM_UP + repeats):
        start = time.perf_counter()
        model.predict_on_batch(x)
        seconds.append(time.perf_counter() - start)
    pictures = int(np.prod(shape[:-3]))
    speed = pictures / float(np.median(seconds[WARM_UP:]))
    logger.info("%s: %.1f frames/s", model.name, speed)
    return speed


def speed_score(rows: Rows, task: Task, batch_size: int) -> Score:
    """Frames per second of every exit; the headline is the last one."""
    names = [task.samples[i] for i in rows.index]
    speeds = rows["speed"].tolist() if len(rows) else []
    return Score(
        "speed", "frames/s", speeds[-1] if speeds else None, blocks=speeds,
        block_names=names, samples=rows.total, evaluated=len(rows),
        missing=rows.missing, paper=("speed",),
        protocol={"pictures": "noise", "batch": f"{batch_size} clips",
                  "time": "median step, pictures in memory, no cropping"})


def _cut(model, exit_block: int):
    """The model up to an output, what only later ones need left away."""
    import keras
    return keras.Model(model.input, model.outputs[exit_block - 1],
                       name=f"exit{exit_block}")
