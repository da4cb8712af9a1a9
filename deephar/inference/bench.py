"""How long a picture takes to a drawn pose; how well and fast people are followed."""
import time
from itertools import cycle
from typing import Iterator, Sequence

import numpy as np

from deephar.data.synthetic.crossing import Crossing
from deephar.inference.render import draw_people
from deephar.inference.tracks import Tracks
from deephar.measures import identity_f1, identity_switches

WARM_UP = 8             # pictures: the first ones go layer by layer, then tracing
FPS = 25
# What a detector does wrong: boxes missed, false ones per frame, errors per size.
MISSED, FALSE, NOISE = 0.05, 0.1, 0.03


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


# === People who cross ===

def detections(crossed: Crossing, seed: int) -> Iterator[list[tuple]]:
    """Per frame, (box, pose, who) as from a detector; `who` is -1 for a false one."""
    rng = np.random.default_rng([seed, 3])
    width, height = crossed.scene.view.size
    for t, hidden in enumerate(crossed.hidden.T):
        found = []
        for who in np.flatnonzero(~hidden & (rng.random(len(hidden)) >= MISSED)):
            box, pose = crossed.boxes[who, t], crossed.poses[who, t]
            error = NOISE * np.sqrt(np.prod(box[2:] - box[:2]))
            found.append((box + rng.normal(0, error, 4),
                          pose + rng.normal(0, error, pose.shape), who))
        if rng.random() < FALSE:
            x, y = rng.uniform(0, width), rng.uniform(0, height)
            pose = np.stack([x + 60 * rng.random(16), y + 120 * rng.random(16)], axis=-1)
            found.append((np.array([x, y, x + 60, y + 120]), pose, -1))
        yield [found[i] for i in rng.permutation(len(found))]


def follow(crossed: Crossing, seed: int, poses: bool = True) -> dict[str, float]:
    """Scores of `Tracks` for disturbed boxes; `best` is the highest IDF1 they allow.

    Nobody needs to be found who is hidden.
    """
    tracks = Tracks()
    true, found, best = [], [], []
    for t, seen in enumerate(detections(crossed, seed)):
        boxes = [box for box, _, _ in seen]
        numbers = tracks.number(boxes, t / FPS, [p for _, p, _ in seen] if poses else None)
        true.append({who: crossed.boxes[who, t]
                     for who in np.flatnonzero(~crossed.hidden[:, t])})
        found.append(dict(zip(numbers, boxes)))
        best.append({who: box for box, _, who in seen})
    return {"idf1": identity_f1(true, found), "best": identity_f1(true, best),
            "switches": identity_switches(true, found)}
