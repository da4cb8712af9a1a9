"""How well and how fast everybody of a picture is found: COCO's scores of every way."""
import time
from pathlib import Path
from typing import Callable, Sequence

import numpy as np

from deephar.data.coco import SPLITS, Picture, annotation_files, counted, read_pictures
from deephar.evaluation.coco import oks_scores
from deephar.inference.predictor import Predictor, open_any
from deephar.inference.render import draw_people
from deephar.inference.results import FrameResult, to_coco
from deephar.utils.modes import MODES

TRUE_BOXES = "true boxes"
TIMES = "ms", "cpu_ms"
DRAWN = 3               # pictures side by side


def bench_crowd(predictor: Predictor, folder: Path, ways: Sequence[str],
                split: str = "valid", progress: Callable[[str], None] = print) -> list[dict]:
    """Rows with the scores of `oks_scores` and the time of a picture.

    Args:
        folder: of a data set of COCO's key points.
        ways: of `Predictor`, or 'true boxes': those of the annotations.

    Returns:
        per way: way, the scores, ms and cpu_ms: {people of the picture: median
        milliseconds}, by the clock and of the processor.
    """
    files = annotation_files(folder)
    if MODES[split] not in files:
        raise ValueError(f"{folder} has no split {SPLITS[MODES[split]]}")
    pictures = read_pictures(files[MODES[split]])
    rows = []
    for way in ways:
        predictor(open_any(pictures[0].path), _boxes(pictures[0], way))         # warm
        results, times = [], {}
        for picture in pictures:
            image = open_any(picture.path)
            start = time.perf_counter(), time.process_time()
            people = predictor(image, _boxes(picture, way))
            spent = (time.perf_counter() - start[0], time.process_time() - start[1])
            times.setdefault(len(counted(picture.people)), []).append(spent)
            results.append(FrameResult(picture.number, None, image.shape[1::-1],
                                       str(picture.path), tuple(people)))
        scores = oks_scores(files[MODES[split]], to_coco(results, predictor.layout))
        rows.append({"way": way, **scores, **{kind: {
            str(count): 1e3 * float(np.median(spent, axis=0)[k])
            for count, spent in sorted(times.items())} for k, kind in enumerate(TIMES)}})
        progress(told(rows[-1]))
    return rows


def told(row: dict) -> str:
    """A row in words."""
    times = "; ".join(f"{kind} " + ", ".join(f"{ms:.0f}" for ms in row[kind].values())
                      for kind in TIMES)
    return (f"{row['way']:<12}AP {row['AP']:.3f}  AP50 {row['AP50']:.3f}  AR {row['AR']:.3f}  "
            f"found {row['found']} of {row['people']}, false {row['false']}; a picture of "
            f"{', '.join(row['ms'])} people: {times}")


def _boxes(picture: Picture, way: str):
    return [person["box"] for person in picture.people] if way == TRUE_BOXES else way


def draw_crowds(predictor: Predictor, folder: Path, way: str, split: str = "valid"
                ) -> np.ndarray:
    """The pictures of the most people side by side, with everybody that was found."""
    pictures = read_pictures(annotation_files(folder)[MODES[split]])
    most = sorted(pictures, key=lambda picture: -len(picture.people))[:DRAWN]
    drawn = []
    for picture in most:
        image = open_any(picture.path)
        drawn.append(np.asarray(draw_people(image, predictor(image, way), predictor.layout)))
    return np.concatenate(drawn, axis=1)
