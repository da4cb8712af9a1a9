"""Where to look for people: boxes from files, from detectors, from poses.

A box is (x1, y1, x2, y2) in pixels of the picture, one per person.
"""
import csv
import io
import logging
from pathlib import Path
from typing import Mapping

import numpy as np

from deephar.data.video import SUFFIXES
from deephar.evaluation.bboxes import get_bbox_from_poses
from deephar.utils.bbox import bbox_to_objposwin, objposwin_to_bbox
from deephar.utils.files import read_json
from deephar.utils.reading import read_text, reading

log = logging.getLogger(__name__)

GIVEN_MARGIN = 1.25         # side of the crop, per longer side of a given box
LARGEST = 8                 # side of a box, per longer side of the picture


def check_boxes(boxes, size: tuple[int, int], where: str = "") -> np.ndarray:
    """Boxes as (N, 4) floats.

    Raises:
        ValueError: a box is no box, or out of all proportion to the picture.
    """
    array = _rows_of_four(boxes, where)
    for box in array:
        if fault := _fault(box, size):
            raise ValueError(_told(fault, where))
    return array


def detected(boxes, size: tuple[int, int], where: str = "") -> np.ndarray:
    """A detector's boxes as (N, 4) floats; a warning tells of those left out.

    What is not finite, empty, outside or out of all proportion is left out.

    Raises:
        ValueError: these are not rows of four numbers.
    """
    good = []
    for box in _rows_of_four(boxes, where):
        fault = _fault(box, size)
        if not fault and ((box[:2] >= size).any() or (box[2:] <= 0).any()):
            fault = f"a box must touch the picture of {tuple(size)}, got {box.tolist()}"
        if fault:
            log.warning("%s; the detector's box is left out", _told(fault, where))
        else:
            good.append(box)
    return np.reshape(good, (-1, 4))


def _rows_of_four(boxes, where: str) -> np.ndarray:
    try:
        array = np.asarray(boxes, np.float64)
    except (ValueError, TypeError) as error:
        raise ValueError(_told(f"boxes are lists of four numbers, got {boxes!r}", where)
                         ) from error
    if array.size == 0:
        return np.zeros((0, 4))
    if array.ndim == 1:
        array = array[None]
    if array.ndim != 2 or array.shape[1] != 4:
        raise ValueError(_told(
            f"boxes are (N, 4): x1 y1 x2 y2, got shape {array.shape}", where))
    return array


def _fault(box: np.ndarray, size: tuple[int, int]) -> str | None:
    """What is wrong with a box."""
    x1, y1, x2, y2 = box
    if not (np.isfinite(box).all() and x2 > x1 and y2 > y1):
        return f"a box needs finite numbers with x2 > x1 and y2 > y1, got {box.tolist()}"
    if max(x2 - x1, y2 - y1, *np.abs(box)) > LARGEST * max(size):
        return (f"a box must stay within {LARGEST} times the picture's size "
                f"{tuple(size)}, got {box.tolist()}")
    return None


def _told(fault: str, where: str) -> str:
    return f"{where}: {fault}" if where else fault


def square(box, margin: float = 1.0) -> np.ndarray:
    """The square about a box's centre, `margin` times its longer side."""
    centre, size = bbox_to_objposwin(box)
    return objposwin_to_bbox(centre, (margin * max(size),) * 2)


def box_of_poses(joints: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The square crop for poses (T, J, 2) of one person, as the papers took it.

    Confidences (T, J) may have any range: joints under half of a pose's
    highest do not count.
    """
    top = np.maximum(np.max(confidence, axis=-1, keepdims=True), 1e-6)
    poses = np.concatenate([joints, (confidence / top)[..., None]], axis=-1)
    return square(get_bbox_from_poses(poses))


def read_boxes(path: str | Path) -> Mapping[str, list]:
    """Boxes of a JSON or CSV file, by picture name or frame number.

    JSON: {"photo.jpg": [[x1, y1, x2, y2], ...], "12": [...]}; one box may
    stand without the outer list.  CSV: a header `frame,x1,y1,x2,y2`, then one
    box per line.  Frames count from 0.
    """
    path = Path(path)
    if not path.exists() and not path.is_symlink():
        raise FileNotFoundError(f"{path}: no such file of boxes")
    if path.suffix.lower() == ".csv":
        return _read_csv(path)
    content = read_json(path)
    if isinstance(content, list):
        content = {"": content}
    if not isinstance(content, dict):
        raise ValueError(f"{path}: boxes are {{picture or frame: [[x1, y1, x2, y2], "
                         f"...]}}, got {type(content).__name__}")
    with reading(path):
        return {str(key): value if not value or isinstance(value[0], list) else [value]
                for key, value in content.items()}


def _read_csv(path: Path) -> dict[str, list]:
    boxes: dict[str, list] = {}
    text = read_text(path)
    with reading(path):
        reader = csv.DictReader(io.StringIO(text))
        wanted = ["frame", "x1", "y1", "x2", "y2"]
        if not set(wanted) <= set(reader.fieldnames or ()):
            raise ValueError(f"{path}: the first line must name the columns "
                             f"{','.join(wanted)}, got {reader.fieldnames}")
        for number, row in enumerate(reader, 2):
            try:
                box = [float(row[key]) for key in wanted[1:]]
            except (TypeError, ValueError) as error:
                raise ValueError(f"{path}, line {number}: {error}") from error
            boxes.setdefault((row["frame"] or "").strip(), []).append(box)
    return boxes


def shrunk(windows: Mapping[str, list], margin: float = GIVEN_MARGIN
           ) -> dict[str, list]:
    """Boxes whose crops are the given windows, after `margin` is added to them."""
    return {name: [square(window, 1 / margin).tolist() for window in found]
            for name, found in windows.items()}


def boxes_for(boxes: Mapping[str, list], name: str, index: int) -> list:
    """The boxes of one picture: by its file name, its number, or for all ("").

    `name` is a picture's, or that of a video whose frame `index` it is: there
    only the frame is found by a number, not `3.mp4` or camera 3.
    """
    names = [name, Path(name).name, Path(name).stem]
    if Path(name).suffix.lower() in ("", *SUFFIXES):
        names = [key for key in names if not key.isdigit()]
    for key in (*names, str(index), ""):
        if key in boxes:
            return boxes[key]
    return []
