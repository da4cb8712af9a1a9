"""MPII Human Pose, single person: one sample is one annotated person."""
import os

import numpy as np

from deephar.config import DataConfig
from deephar.data.matfile import (
    find_annotations, load_mat, number, numbers, points, records, text)
from deephar.data.people import Person, PicturedPeople
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import PoseLayout, pa16j2d
from deephar.utils.reading import numbers_of, reading

NUM_MPII_JOINTS = 16
IMAGES = "images"
SPLITS = {TRAIN_MODE: "annot_tr", VALID_MODE: "annot_val"}
# The published window: the annotated scale is enlarged, and the centre lowered
# by 12 units of it; 200 px is the height of a person of scale 1.
SCALE_MARGIN, LOWER_BY, PERSON_HEIGHT = 1.25, 12, 200
HEAD_SIZE = 0.6                 # of the diagonal of the head box


class MpiiSinglePerson(PicturedPeople):
    """Persons of MPII, cut out by their annotated position and scale.

    Args:
        dataset_path: folder with `images/` and `annotations.mat`.
        dataconf: size and augmentation of the crops.
        poselayout: joints of the targets.
        remove_outer_joints: joints outside the crop count as missing.
    """

    set_name, extra = "MPII", "headsize"

    def __init__(self, dataset_path: str | os.PathLike, dataconf: DataConfig,
                 poselayout: PoseLayout = pa16j2d, remove_outer_joints: bool = True):
        if poselayout.map_from_mpii is None:
            raise ValueError(f"MPII has 16 joints, which layout {poselayout.name} cannot "
                             "hold; use a pa16j or pa17j layout")
        super().__init__(dataset_path, dataconf, poselayout, remove_outer_joints)
        path = find_annotations(dataset_path)
        content = load_mat(path, tuple(SPLITS.values()))
        with reading(path):
            self.samples = {TEST_MODE: [], **{mode: _persons(content[name], path)
                                              for mode, name in SPLITS.items()}}
        if not any(self.samples.values()):
            raise ValueError(f"{path} has no person in any split; download it again")
        self.images = path.parent / IMAGES

    def _person(self, sample: dict) -> Person:
        scale = SCALE_MARGIN * sample["scale"]
        return Person(
            self.images / sample["image"], sample["objpos"] + (0, LOWER_BY * scale),
            PERSON_HEIGHT * scale, scale, self._joints(sample["pose"]), sample["headsize"])

    def _joints(self, pose: np.ndarray) -> np.ndarray:
        """MPII's joints in the layout's order; what MPII lacks is NaN."""
        joints = np.full((self.poselayout.num_joints, 2), np.nan)
        joints[:NUM_MPII_JOINTS] = pose[list(self.poselayout.map_from_mpii)]
        return joints


def _persons(annot: np.ndarray, path) -> list[dict]:
    """The persons of one split, in the file's order."""
    rows = np.reshape(annot, (3, -1)) if np.size(annot) else np.empty((3, 0))
    persons = []
    for chosen, image, people in rows.T:
        people = records(people)
        for index in numbers(chosen).astype(int):
            if not 1 <= index <= len(people):
                raise ValueError(f"{path}: picture {text(image)} has {len(people)} "
                                 f"persons, its index names number {index}")
            person = people[index - 1]
            x1, y1, x2, y2 = numbers_of(numbers(person["head"]), (4,), "head")
            persons.append({
                "image": text(image),
                "objpos": numbers(person["objpos"]).reshape(2),
                "scale": number(person["scale"]),
                "headsize": HEAD_SIZE * np.hypot(x2 - x1, y2 - y1),
                "pose": points(person["pose"], NUM_MPII_JOINTS),
            })
    return persons
