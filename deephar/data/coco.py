"""COCO's key points: one sample is one person, cut out by the annotated box.

As COCO says, regions of crowds are nobody in particular, and people without a single
joint are not counted: neither is a sample.
"""
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Sequence

import numpy as np

from deephar.config import DataConfig
from deephar.data.people import Person, PicturedPeople
from deephar.utils.bbox import bbox_to_objposwin
from deephar.utils.files import read_json
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.places import place
from deephar.utils.pose import PoseLayout, pa16j2d
from deephar.utils.reading import numbers_of, reading

COCO_JOINTS = (
    "nose", "l_eye", "r_eye", "l_ear", "r_ear", "l_shoulder", "r_shoulder", "l_elbow",
    "r_elbow", "l_wrist", "r_wrist", "l_hip", "r_hip", "l_knee", "r_knee", "l_ankle",
    "r_ankle")
# What the layouts have, as the mean of joints of COCO; the others are missing.
FROM_COCO = {"pelvis": ("l_hip", "r_hip"), "thorax": ("l_shoulder", "r_shoulder"),
             **{name: (name,) for name in COCO_JOINTS[5:]}}
PERSON = {"id": 1, "name": "person", "keypoints": list(COCO_JOINTS)}
FOLDER = "annotations"
FILE = "person_keypoints_"              # and the name of the folder of pictures
SPLITS = {TRAIN_MODE: "train", VALID_MODE: "val", TEST_MODE: "test"}
WINDOW = 1.25                           # side of a crop, per longer side of the box
UNITS = 200                             # of a crop's side: augmentation shifts by them


@dataclass(frozen=True)
class Picture:
    """A picture, and all that is annotated in it."""
    number: int
    path: Path
    people: tuple[dict, ...]


class CocoKeypoints(PicturedPeople):
    """People of `annotations/person_keypoints_SPLIT*.json`, SPLIT train, val or test.

    The pictures of `person_keypoints_train2017.json` are in `train2017/`, or else in
    `images/`.

    Args:
        dataset_path: folder with `annotations/` and the pictures.
        dataconf: size and augmentation of the crops.
        poselayout: joints of the targets.  The pelvis is the middle of the hips and the
            thorax that of the shoulders; what else COCO lacks is missing.
        remove_outer_joints: joints outside the crop count as missing.
    """

    set_name, extra = "COCO", "area"    # in pixels of the picture

    def __init__(self, dataset_path: str | os.PathLike, dataconf: DataConfig,
                 poselayout: PoseLayout = pa16j2d, remove_outer_joints: bool = True):
        folder = place(dataset_path)
        super().__init__(folder, dataconf, poselayout, remove_outer_joints)
        files = annotation_files(folder)
        self.samples = {mode: [] for mode in SPLITS} | {
            mode: [(picture.path, person) for picture in read_pictures(file)
                   for person in counted(picture.people)]
            for mode, file in files.items()}
        if not any(self.samples.values()):
            raise ValueError(f"{folder / FOLDER} has no person with a joint in "
                             "any split")

    def _person(self, sample: tuple[Path, dict]) -> Person:
        path, person = sample
        centre, size = bbox_to_objposwin(person["box"])
        side = WINDOW * max(*size, 1)
        return Person(path, centre, side, side / UNITS, self._joints(person["joints"]),
                      person["area"])

    def _joints(self, joints: np.ndarray) -> np.ndarray:
        """COCO's (17, 2) in the layout's order; what COCO lacks is NaN."""
        places = [[COCO_JOINTS.index(source) for source in FROM_COCO.get(name, ())]
                  for name in self.poselayout.joint_names]
        return np.array([joints[at].mean(axis=0) if at else np.full(2, np.nan)
                         for at in places])


def annotation_files(folder: str | os.PathLike) -> dict[int, Path]:
    """{mode: annotation file} of those splits that a folder has.

    Raises:
        FileNotFoundError: it has none.
        ValueError: there are two for one split.
    """
    files = {}
    for mode, split in SPLITS.items():
        found: list[Any] = sorted((place(folder) / FOLDER).glob(f"{FILE}{split}*.json"))
        if len(found) > 1:
            raise ValueError(f"{found[0].parent} has {len(found)} files of split {split}, "
                             f"leave one: {', '.join(path.name for path in found)}")
        if found:
            files[mode] = found[0]
    if not files:
        raise FileNotFoundError(f"{place(folder) / FOLDER} has no {FILE}train*.json nor "
                                f"{FILE}val*.json")
    return files


def picture_folder(file: Path, first: str) -> Path:
    """Where the pictures of an annotation file are, of which `first` is one."""
    root = file.parent.parent
    own, images = root / file.stem.removeprefix(FILE), root / "images"
    shared = not own.is_dir() and (images.is_dir() or (images / first).is_file())
    return images if shared else own


def read_pictures(file: Path) -> list[Picture]:
    """All pictures of an annotation file, by number, with whoever is in them.

    A person has box (4,), joints (17, 2) with NaN where COCO has none, area and crowd:
    whether it is a region of many.

    Raises:
        ValueError: the file is damaged, or its joints are not COCO's.
    """
    content = read_json(file)
    with reading(file):
        named = {category["name"]: category for category in content["categories"]}
        if PERSON["name"] not in named:
            raise ValueError(f"{file}: no category is called {PERSON['name']!r}; it has "
                             f"{', '.join(map(str, named)) or 'none'}")
        category = named[PERSON["name"]]
        names = [name.replace("left_", "l_").replace("right_", "r_")
                 for name in category["keypoints"]]
        if tuple(names) != COCO_JOINTS:
            raise ValueError(f"{file}: a person's key points must be COCO's 17, "
                             f"{', '.join(COCO_JOINTS)}; got {', '.join(names)}")
        people: dict[int, list[dict]] = {}
        for one in content["annotations"]:
            if one["category_id"] == category["id"]:
                people.setdefault(one["image_id"], []).append(_person(one))
        images = {image["id"]: image["file_name"] for image in content["images"]}
        if not people.keys() <= images.keys():
            raise ValueError(f"{file}: annotations of picture "
                             f"{min(people.keys() - images.keys())}, which is not listed")
    folder = picture_folder(file, next(iter(images.values()), ""))
    return [Picture(number, folder / name, tuple(people.get(number, ())))
            for number, name in sorted(images.items())]


def _person(annotation: dict) -> dict:
    x, y, w, h = numbers_of(annotation["bbox"], (4,), "bbox")
    points = np.full((len(COCO_JOINTS), 3), 0.0)
    if annotation.get("keypoints"):
        points = numbers_of(annotation["keypoints"], (3 * len(COCO_JOINTS),),
                            "keypoints").reshape(-1, 3)
    joints = np.where(points[:, 2:] > 0, points[:, :2], np.nan)
    return {"box": np.array([x, y, x + w, y + h]), "joints": joints,
            "area": np.float64(annotation.get("area", w * h)),
            "crowd": bool(annotation.get("iscrowd", 0))}


def counted(people: Sequence[dict]) -> list[dict]:
    """Everybody with a joint who is not a crowd."""
    return [person for person in people
            if not person["crowd"] and np.isfinite(person["joints"]).any()]
