"""How long a picture takes from its pixels to a drawn pose."""
import time
from itertools import cycle
from typing import Sequence

import numpy as np

from deephar.inference.render import draw_people

WARM_UP = 8             # pictures: the first ones go layer by layer, then tracing


def bench_predict(predictor, pictures: Sequence[np.ndarray], runs: int = 20) -> dict:
    """A picture from pixels to a drawn pose, stage by stage, in milliseconds.

    Args:
        predictor: a `Predictor`.
        pictures: (H, W, 3) each, uint8; looked at whole, in turns.
    """
    turns = cycle(pictures)
    times: dict[str, list[float]] = {"crop": [], "network": [], "draw": [], "all": []}
    for step in range(WARM_UP + runs):
        picture = next(turns)
        height, width = picture.shape[:2]
        box = np.array([0, 0, width, height])
        start = time.perf_counter()
        predictor.crops([(picture, box)])
        cropped = time.perf_counter()
        people = predictor(picture, [box])          # crops once more
        found = time.perf_counter()
        draw_people(picture, people, predictor.layout)
        drawn = time.perf_counter()
        if step >= WARM_UP:
            crop = cropped - start
            for name, spent in (("crop", crop), ("network", found - cropped - crop),
                                ("draw", drawn - found), ("all", drawn - cropped)):
                times[name].append(1e3 * spent)
    medians = {name: float(np.median(values)) for name, values in times.items()}
    return {"runs": runs, "picture": list(pictures[0].shape[1::-1]),
            "stages_ms": medians, "frames_per_s": 1e3 / medians["all"]}
