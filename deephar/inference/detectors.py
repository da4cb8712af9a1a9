"""Detectors of people: pictures to boxes.

A detector is a function from a picture, an array (H, W, 3) of uint8, to boxes (N, 4).
Those of this file also have `batch`, for several pictures at once, and give the surest
boxes first.  They need `pip install 'deephar[detect]'`, or 'deephar[export]' for ONNX.
"""
import importlib.util
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np
from PIL import Image

from deephar.utils.bbox import overlaps
from deephar.utils.files import read_json
from deephar.utils.reading import check_file, numbers_of, reading

DETECTOR = "dfine_nano_coco"
THRESHOLD, OVERLAP = 0.4, 0.6
BATCH = 8
PERSON = 0                      # its class in the detectors of COCO and Objects365
MOST = 100                      # people of a picture
SIDE = 640                      # of the input, where a preset does not tell
# What the JSON beside an ONNX file may say, and what holds otherwise.
ONNX_KEYS = {"size": None, "channels_first": True, "scale": 1 / 255, "mean": [0, 0, 0],
             "std": [1, 1, 1], "boxes": "boxes", "scores": "scores", "labels": None,
             "relative": False, "person": PERSON}


def is_installed() -> bool:
    """Whether the library of detectors is there."""
    return importlib.util.find_spec("keras_hub") is not None


def load_detector(name: str | os.PathLike = DETECTOR, *, threshold: float = THRESHOLD,
                  overlap: float = OVERLAP, batch_size: int = BATCH) -> "Detector":
    """A detector of persons.

    Args:
        name: a preset of KerasHub, which is downloaded on first use; the folder of one;
            or an exported ONNX file, with its JSON file beside it.
        threshold: least probability of a person.
        overlap: of two boxes, as intersection over union, from which on they are one.
        batch_size: pictures per call.

    Raises:
        ImportError: what it needs is not installed.
        OSError: the preset could not be downloaded, or there is no such file.
        ValueError: it is something else.
    """
    for label, value in (("threshold", threshold), ("overlap", overlap)):
        if not 0 < value <= 1:
            raise ValueError(f"{label} must be in (0, 1], got {value}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be ≥ 1, got {batch_size}")
    load = _load_onnx if Path(name).suffix.lower() == ".onnx" else _load_preset
    return Detector(load(str(name), batch_size), str(name), threshold, overlap, batch_size)


@dataclass(frozen=True)
class Runner:
    """A network of boxes.

    Attributes:
        size: (H, W) of its inputs.
        keeps_shape: pictures are not stretched, but filled up.
        run: inputs (B, H, W, 3) of 0 to 255 to B pairs of boxes (N, 4), x1 y1 x2 y2 in
            pixels of the input, and probabilities of a person (N,).
    """
    size: tuple[int, int]
    keeps_shape: bool
    run: Callable[[np.ndarray], Sequence[tuple[np.ndarray, np.ndarray]]]


@dataclass
class Detector:
    """Persons of pictures, the surest first; see `load_detector`."""
    runner: Runner
    name: str
    threshold: float = THRESHOLD
    overlap: float = OVERLAP
    batch_size: int = BATCH

    def __call__(self, picture: np.ndarray) -> np.ndarray:
        """Boxes (N, 4) of a picture (H, W, 3)."""
        return self.batch([picture])[0]

    def batch(self, pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Boxes (N, 4) of each picture."""
        boxes = []
        for start in range(0, len(pictures), self.batch_size):
            boxes += self._some(pictures[start:start + self.batch_size])
        return boxes

    def _some(self, pictures) -> list[np.ndarray]:
        fitted = [fit(picture, self.runner.size, self.runner.keeps_shape)
                  for picture in pictures]
        found = self.runner.run(np.stack([image for image, _ in fitted]))
        return [surest(boxes / scale, scores, self.threshold, self.overlap)
                for (_, scale), (boxes, scores) in zip(fitted, found)]


def fit(picture: np.ndarray, size: tuple[int, int], keeps_shape: bool
        ) -> tuple[np.ndarray, np.ndarray]:
    """A picture in an input's size (H, W), and input pixels per pixel as (x, y, x, y)."""
    height, width = picture.shape[:2]
    scale = np.array([size[1] / width, size[0] / height])
    if keeps_shape:
        scale[:] = scale.min()
    inner = np.maximum(1, np.round(scale * (width, height))).astype(int)
    image = Image.fromarray(picture).resize(inner.tolist(), Image.Resampling.BILINEAR)
    whole = np.zeros((*size, 3), np.uint8)
    whole[:inner[1], :inner[0]] = image
    return whole, np.tile(inner / (width, height), 2)


def surest(boxes: np.ndarray, scores: np.ndarray, threshold: float, overlap: float
           ) -> np.ndarray:
    """Boxes (M, 4) of enough probability, each person once, the surest first."""
    good = np.isfinite(boxes).all(axis=-1) & (scores >= threshold)
    boxes, scores = boxes[good], scores[good]
    kept = np.zeros((0, 4))
    for i in np.argsort(-scores, kind="stable"):
        if len(kept) < MOST and not (overlaps(boxes[i], kept) >= overlap).any():
            kept = np.concatenate([kept, boxes[i][None]])
    return kept


# === KerasHub ===

def _load_preset(name: str, batch_size: int) -> Runner:
    if Path(name).is_dir() and not (Path(name) / "config.json").is_file():
        raise ValueError(f"{name} is no folder of a preset: it has no config.json")
    try:
        import keras_hub
    except ImportError as error:
        raise ImportError("detectors need KerasHub: pip install 'deephar[detect]'; "
                          "--boxes scan needs nothing") from error
    known = keras_hub.models.DFineObjectDetector.presets | (
        keras_hub.models.RetinaNetObjectDetector.presets)
    for source in filter(None, (_downloaded(known.get(name)), name)):
        try:
            return keras_runner(keras_hub.models.ObjectDetector.from_preset(source),
                                batch_size)
        except Exception as error:      # its loaders and downloads fail in many ways
            failure = error
    raise _preset_error(name, known, failure) from failure


def _downloaded(about: Mapping | None) -> str | None:
    """The folder of a preset in the cache of downloads.

    By its name the library asks the network for files that it would rather have, even
    if all that it needs are there.
    """
    if about is None:
        return None
    from kagglehub.cache import get_cached_path
    from kagglehub.handle import parse_model_handle
    handle = parse_model_handle(about["kaggle_handle"].removeprefix("kaggle://"))
    folder = get_cached_path(handle)
    return folder if Path(folder, "config.json").is_file() else None


def _preset_error(name: str, known: Mapping, error: Exception) -> Exception:
    why = str(error).strip().split("\n")[0][:300] or type(error).__name__
    if Path(name).is_dir():
        return ValueError(f"{name} holds no object detector of KerasHub ({why})")
    if name not in known and "://" not in name:
        return ValueError(f"no detector {name!r}; there are {', '.join(known)}, the folder "
                          "of a preset, or an exported .onnx file")
    return OSError(f"detector {name} could not be downloaded ({why}). Where there is a "
                   f"connection, keras_hub.models.ObjectDetector.from_preset({name!r})"
                   ".save_to_preset('detector') makes a folder for --detector detector; "
                   "--boxes scan needs no detector")


def keras_runner(model: Any, batch_size: int = BATCH, person: int = PERSON) -> Runner:
    """A `Runner` of an object detector of KerasHub."""
    import keras
    converter = model.preprocessor.image_converter if model.preprocessor else None
    size = (converter and converter.image_size) or model.backbone.image_shape[:2]
    size = tuple(side or SIDE for side in size)
    model.prediction_decoder = _PersonsOnly(model.prediction_decoder, person)

    def run(images):
        found = model.predict(images.astype(np.float32), batch_size=batch_size, verbose=0)
        boxes = keras.utils.bounding_boxes.convert_format(
            found["boxes"], source=model.bounding_box_format, target="xyxy",
            height=size[0], width=size[1])
        return list(zip(np.asarray(boxes, np.float64), np.asarray(found["confidence"])))

    return Runner(size, bool(converter and converter.pad_to_aspect_ratio), run)


class _PersonsOnly:
    """In the place of a detector's decoder: all boxes, with the probability of a person.

    The library's own keeps each box's likeliest class, so that a bicycle might hide
    the person who rides it.
    """

    def __init__(self, decoder, person: int):
        self.bounding_box_format, self.from_logits = (
            decoder.bounding_box_format, decoder.from_logits)
        self.person = person

    def __call__(self, boxes, scores, images=None) -> Mapping[str, Any]:
        from keras import ops
        scores = scores[..., self.person]
        return {"boxes": boxes,
                "confidence": ops.sigmoid(scores) if self.from_logits else scores}


# === ONNX ===

def _load_onnx(name: str, batch_size: int) -> Runner:
    try:
        import onnxruntime
    except ImportError as error:
        raise ImportError("ONNX detectors need onnxruntime: pip install 'deephar[export]'"
                          ) from error
    about = _about_onnx(Path(name).with_suffix(".json"))
    path = check_file(name)
    with reading(path):
        session = onnxruntime.InferenceSession(str(path),
                                               providers=["CPUExecutionProvider"])
    there = [output.name for output in session.get_outputs()]
    wanted = [about[key] for key in ("boxes", "scores", "labels") if about[key]]
    if not set(wanted) <= set(there):
        raise ValueError(f"{name} has the outputs {', '.join(there)}; its JSON file asks for "
                         f"{', '.join(wanted)}")
    source = session.get_inputs()[0].name

    def run(images):
        x = (images * about["scale"] - about["mean"]) / about["std"]
        x = x.transpose(0, 3, 1, 2) if about["channels_first"] else x
        # One by one: many an exported detector takes no more.
        return [_persons(session.run(wanted, {source: one[None].astype(np.float32)}), about)
                for one in x]

    return Runner(tuple(about["size"]), False, run)


def _about_onnx(path: Path) -> dict:
    """What the JSON file beside an ONNX file says."""
    if not path.is_file():
        raise FileNotFoundError(f"{path}: an ONNX detector needs this file beside it, at "
                                'least {"size": [height, width]}; docs/own-pictures.md '
                                "has all keys")
    content = read_json(path)
    with reading(path):
        if unknown := set(content) - set(ONNX_KEYS):
            raise ValueError(f"{path}: unknown {', '.join(sorted(unknown))}; there are "
                             f"{', '.join(ONNX_KEYS)}")
        about = ONNX_KEYS | content
        size = numbers_of(about["size"], (2,), f"{path}: size").astype(int).tolist()
        if min(size) < 1:
            raise ValueError(f"{path}: size must be [height, width], got {size}")
        return about | {"size": size, "scale": float(about["scale"]),
                        "mean": np.array(about["mean"], float),
                        "std": np.array(about["std"], float)}


def _persons(outputs: Sequence[np.ndarray], about: Mapping) -> tuple[np.ndarray, np.ndarray]:
    """Boxes (N, 4) in pixels of the input, and probabilities of a person (N,)."""
    boxes = np.asarray(outputs[0], np.float64).reshape(-1, 4)
    scores = np.asarray(outputs[1], np.float64).reshape(len(boxes), -1)
    if len(outputs) > 2:
        scores = np.where(outputs[2].ravel() == about["person"], scores[:, 0], 0)
    else:
        scores = scores[:, about["person"] if scores.shape[1] > 1 else 0]
    height, width = about["size"]
    if about["relative"]:
        boxes = boxes * (width, height, width, height)
    return boxes, scores
