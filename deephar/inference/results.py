"""What a prediction is, and its files: JSON, NumPy, COCO.

docs/own-pictures.md describes the files.
"""
import json
import pickle
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Iterator, Mapping, Sequence

import numpy as np

from deephar.data.coco import COCO_JOINTS
from deephar.data.keypoints.files import write_keypoints
from deephar.data.keypoints.takes import fill_missing
from deephar.inference.sources import is_camera, is_stream
from deephar.utils.files import atomic_path, write_json
from deephar.utils.pose import H36M17_NAMES, PoseLayout

SCHEMA = "deephar-predictions/1"
UNITS = {
    "joints": "pixels of the picture, x to the right and y down, 0 0 is its corner",
    "crop_pose": "fractions of the crop, x y (and depth, 0 is nearest), 0 to 1 inside",
    "joints_mm": "millimetres from the first joint, x to the right, y down, z away",
    "lifted": "metres from the hip, the lifted joints, axes as of joints_mm",
    "place": "metres from the camera to the lifted hip",
    "box": "x1 y1 x2 y2 in pixels of the picture",
    "crop_matrix": "3x3, from pixels of the picture to fractions of the crop",
    "time": "seconds from the start",
}
TOP_ACTIONS = 5                     # in JSON
RESULT_ENDINGS = (".png", ".mp4", ".json")      # of what is not given a name


@dataclass(frozen=True)
class Person:
    """One person in one picture.

    Attributes:
        joints: (J, 2), pixels of the picture; None without a pose network.
        confidence: (J,), as the network gives it.
        crop_pose: (J, 2 or 3), fractions of the crop; depth 0 is nearest.
        joints_mm: (J, 3), millimetres relative to the first joint, x right, y
            down, z away from the camera; None for a 2D network.
        box: (4,), where the person was looked for: x1 y1 x2 y2 in pixels.
        box_source: 'given', 'whole picture', 'first pass', 'previous pose' …
            'interpolated' if only a lifter put somebody into a gap.
        crop_matrix: (3, 3), from pixels of the picture to fractions of the crop.
        actions: {action set: {class: probability}}.
        id: the same number is the same person in all frames of a video.
        lifted: (17, 3), metres from the hip, the joints `H36M17_NAMES`, axes as of
            `joints_mm`; None unless the video was lifted.
        place: (3,), metres from the camera to that hip; None where the lifter has
            learned no trajectory.
    """
    joints: np.ndarray | None
    confidence: np.ndarray | None
    crop_pose: np.ndarray | None
    joints_mm: np.ndarray | None
    box: np.ndarray
    box_source: str
    crop_matrix: np.ndarray
    actions: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    id: int = 0
    lifted: np.ndarray | None = None
    place: np.ndarray | None = None

    def best_action(self, action_set: str | None = None) -> tuple[str, float] | None:
        """(class, probability) of the likeliest action, of the first set by default."""
        if not self.actions:
            return None
        classes = self.actions[action_set or next(iter(self.actions))]
        name = max(classes, key=classes.get)
        return name, classes[name]


@dataclass(frozen=True)
class FrameResult:
    """The people of one picture or video frame.

    Attributes:
        index: number of the picture or frame, from 0.
        time: seconds from the start of the video; None for a picture.
        size: (w, h) in pixels.
        name: the picture's file, or the video's.
    """
    index: int
    time: float | None
    size: tuple[int, int]
    name: str
    people: tuple[Person, ...]


class Spool:
    """Results that wait in a nameless file until they are saved.

    A camera may run for days: memory does not grow with its results.
    """

    def __init__(self):
        self._file = tempfile.TemporaryFile()
        self._count = 0

    def __del__(self):
        self._file.close()

    def append(self, result: FrameResult) -> None:
        self._file.seek(0, 2)
        pickle.dump(result, self._file)
        self._count += 1

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[FrameResult]:
        place = 0
        for _ in range(self._count):
            self._file.seek(place)
            result = pickle.load(self._file)
            place = self._file.tell()
            yield result


def to_dict(results: Iterable[FrameResult], layout: PoseLayout | None,
            model: str) -> dict:
    """The content of the JSON file."""
    return {
        "schema": SCHEMA, "model": model,
        "layout": layout.name if layout else None,
        "joints": list(layout.joint_names) if layout else [],
        "lifted_joints": list(H36M17_NAMES),
        "units": UNITS,
        "frames": [_frame_dict(result) for result in results],
    }


def _frame_dict(result: FrameResult) -> dict:
    return {
        "index": result.index, "time": _rounded(result.time, 4), "name": result.name,
        "width": result.size[0], "height": result.size[1],
        "people": [_person_dict(person) for person in result.people],
    }


def _person_dict(person: Person) -> dict:
    top = {name: dict(sorted(((c, round(float(p), 4)) for c, p in classes.items()),
                             key=lambda item: -item[1])[:TOP_ACTIONS])
           for name, classes in person.actions.items()}
    space = {} if person.lifted is None else {
        "lifted": _rounded(person.lifted, 4), "place": _rounded(person.place, 4)}
    return {
        "id": person.id, "box": _rounded(person.box, 2), "box_source": person.box_source,
        "joints": _rounded(person.joints, 2),
        "confidence": _rounded(person.confidence, 4),
        "crop_pose": _rounded(person.crop_pose, 5),
        "joints_mm": _rounded(person.joints_mm, 1),
        "crop_matrix": _rounded(person.crop_matrix, 9),
        "actions": top, **space,
    }


def _rounded(value, digits: int):
    if value is None:
        return None
    return np.round(np.asarray(value, np.float64), digits).tolist()


def save_json(path: str | Path, results: Iterable[FrameResult],
              layout: PoseLayout | None, model: str) -> None:
    """Write the results as JSON, a frame on a line."""
    head = json.dumps(to_dict((), layout, model), indent=2).removesuffix("]\n}")
    with atomic_path(path) as temporary, open(temporary, "w", encoding="utf-8") as file:
        for number, result in enumerate(results):
            file.write(f"{',' if number else head}\n{json.dumps(_frame_dict(result))}")
            head = ""
        file.write(f"{head}]\n}}\n")


def save_npz(path: str | Path, results: Iterable[FrameResult],
             layout: PoseLayout | None) -> None:
    """Write the results as arrays, one row per person and frame.

    `frame`, `person`, `time`, `box`, `joints`, `confidence`, `joints_mm`,
    `crop_matrix`; `joint_names`; and per action set `actions_SET` with
    `classes_SET`; of a lifted video `lifted`, `place` and `lifted_joint_names`.  What
    is not known is NaN.
    """
    rows = [(r, person) for r in results for person in r.people]
    num_joints = layout.num_joints if layout else 0

    def column(values, shape):
        return np.array([np.full(shape, np.nan) if v is None else v for v in values],
                        np.float64).reshape((len(rows), *shape))

    people = [person for _, person in rows]
    arrays = {
        "frame": np.array([r.index for r, _ in rows], np.int64),
        "person": np.array([p.id for p in people], np.int64),
        "time": column([r.time for r, _ in rows], ()),
        "box": column([p.box for p in people], (4,)),
        "joints": column([p.joints for p in people], (num_joints, 2)),
        "confidence": column([p.confidence for p in people], (num_joints,)),
        "joints_mm": column([p.joints_mm for p in people], (num_joints, 3)),
        "crop_matrix": column([p.crop_matrix for p in people], (3, 3)),
        "joint_names": np.array(layout.joint_names if layout else (), str),
    }
    if any(p.lifted is not None for p in people):
        arrays |= {"lifted": column([p.lifted for p in people], (len(H36M17_NAMES), 3)),
                   "place": column([p.place for p in people], (3,)),
                   "lifted_joint_names": np.array(H36M17_NAMES, str)}
    classes = {name: list(c) for p in people for name, c in p.actions.items()}
    for name, labels in classes.items():
        arrays[f"classes_{name}"] = np.array(labels, str)
        arrays[f"actions_{name}"] = column(
            [list(p.actions[name].values()) if name in p.actions else None
             for p in people], (len(labels),))
    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def to_coco(results: Iterable[FrameResult], layout: PoseLayout) -> list[dict]:
    """COCO's list of key-point results; face joints, which no layout has, are 0.

    `image_id` is the frame's number.
    """
    source = [layout.joint_names.index(name) if name in layout.joint_names else None
              for name in COCO_JOINTS]
    coco = []
    for result in results:
        for person in result.people:
            if person.joints is None:
                continue
            keypoints: list[float] = []
            scores: list[float] = []
            for j in source:
                if j is None or not np.isfinite(person.joints[j]).all():
                    keypoints += [0, 0, 0]
                    continue
                x, y = (round(float(v), 2) for v in person.joints[j])
                keypoints += [x, y, 2]
                scores.append(float(np.clip(person.confidence[j], 0, 1)))
            coco.append({"image_id": result.index, "category_id": 1,
                         "keypoints": keypoints,
                         "score": round(float(np.mean(scores)) if scores else 0.0, 4)})
    return coco


def save_coco(path: str | Path, results: Iterable[FrameResult],
              layout: PoseLayout) -> None:
    """Write the results as COCO's key-point list."""
    write_json(path, to_coco(results, layout))


def video_keypoints(results: Sequence[FrameResult]) -> dict[int, np.ndarray]:
    """Everybody's joints in every frame of a video, {number: (T, J, 2) pixels}.

    Where one was not found, each coordinate runs straight from one frame to the
    next that has it.

    Raises:
        ValueError: no frame has a pose.
    """
    joints: dict[int, np.ndarray] = {}
    for t, result in enumerate(results):
        for person in result.people:
            if person.joints is not None:
                own = joints.setdefault(
                    person.id, np.full((len(results), *person.joints.shape), np.nan))
                own[t] = person.joints
    if not joints:
        raise ValueError("no pose was found in any frame: there are no key points to save")
    return {id: fill_missing(joints[id]) for id in sorted(joints)}


def save_keypoints(path: str | Path, results: Iterable[FrameResult],
                   layout: PoseLayout) -> None:
    """Write a video's key points as a file that the lifting scripts read.

    The video is called as the file is; of several people everybody is one, NAME-ID.
    docs/lifting.md describes the file.
    """
    results = list(results)
    people, name = video_keypoints(results), Path(path).stem
    names = {id: name if len(people) == 1 else f"{name}-{id}" for id in people}
    width, height = results[0].size
    write_keypoints(
        path, {names[id]: {"custom": [layout.to_h36m17(points)]}
               for id, points in people.items()},
        video_metadata={name: {"w": width, "h": height} for name in names.values()})


def result_names(sources: Sequence[str | Path], out: Path) -> list[str]:
    """What the files of each source are called in the folder `out`, without ending.

    The source's own name; a second `p` is `p-2`.  A file never lies over a
    source, nor over the JSON file of all pictures.
    """
    known = {Path(source).resolve() for source in sources}
    taken, names = {"predictions"}, []
    for source in sources:
        first = name = source_name(source)
        number = 1
        while name.lower() in taken or any(
                (out / f"{name}{ending}").resolve() in known for ending in RESULT_ENDINGS):
            number += 1
            name = f"{first}-{number}"
        taken.add(name.lower())
        names.append(name)
    return names


def source_name(source: str | Path) -> str:
    """A source in a word: its file's or folder's name, 'camera0' or 'stream'."""
    if is_camera(source):
        return f"camera{source}"
    if is_stream(source):
        return "stream"
    path = Path(source)
    return path.name if path.is_dir() else path.stem
