"""MPII Human Pose, single person: one sample is one annotated person."""
import os

import numpy as np

from deephar.config import DataConfig
from deephar.data.clips import choose_augmentation
from deephar.data.crops import crop_clip, pose_targets
from deephar.data.matfile import (
    find_annotations, load_mat, number, numbers, points, records, text)
from deephar.utils.bbox import objposwin_to_bbox
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


class MpiiSinglePerson:
    """Persons of MPII, cut out by their annotated position and scale.

    Args:
        dataset_path: folder with `images/` and `annotations.mat`.
        dataconf: size and augmentation of the crops.
        poselayout: joints of the targets.
        remove_outer_joints: joints outside the crop count as missing.
    """

    def __init__(self, dataset_path: str | os.PathLike, dataconf: DataConfig,
                 poselayout: PoseLayout = pa16j2d, remove_outer_joints: bool = True):
        if poselayout.map_from_mpii is None:
            raise ValueError(f"MPII has 16 joints, which layout {poselayout.name} cannot "
                             "hold; use a pa16j or pa17j layout")
        self.dataset_path = dataset_path
        self.dataconf = dataconf
        self.poselayout = poselayout
        self.remove_outer_joints = remove_outer_joints
        path = find_annotations(dataset_path)
        content = load_mat(path, tuple(SPLITS.values()))
        with reading(path):
            self.samples = {TEST_MODE: [], **{mode: _persons(content[name], path)
                                              for mode, name in SPLITS.items()}}
        if not any(self.samples.values()):
            raise ValueError(f"{path} has no person in any split; download it again")
        self.images = path.parent / IMAGES

    def clip_length(self) -> None:
        return None

    def clip_shape(self) -> tuple:
        return ()

    def get_length(self, mode: int) -> int:
        """Samples of a split."""
        return len(self.samples[mode])

    def get_shape(self, dictkey: str) -> tuple[int, ...]:
        """Shape of one sample's `dictkey`."""
        layout = self.poselayout
        shapes = {"frame": self.dataconf.input_shape, "afmat": (3, 3), "bbox": (4,),
                  "pose": (layout.num_joints, layout.dim + 1), "headsize": ()}
        if dictkey not in shapes:
            raise KeyError(f"MPII samples have no {dictkey!r}, only {', '.join(shapes)}")
        return shapes[dictkey]

    def get_data(self, key: int, mode: int, *, augmentation: dict | None = None,
                 rng: np.random.Generator | None = None) -> dict:
        """One person.

        Args:
            key: number of the sample.
            mode: of the split; training draws its settings from `rng`.
            augmentation: settings to use instead.
            rng: the only source of chance.

        Returns:
            bbox (4,), frame (H, W, 3), pose (J, D + 1), headsize, afmat (3, 3).
        """
        if not 0 <= key < self.get_length(mode):
            raise IndexError(f"MPII has {self.get_length(mode)} samples in mode {mode}, "
                             f"got key {key}")
        person = self.samples[mode][key]
        aug, drawn, rng = choose_augmentation(self.dataconf, mode, augmentation, rng)
        scale = SCALE_MARGIN * person["scale"]
        centre = person["objpos"] + (0, LOWER_BY * scale)
        centre = centre + scale * np.array([aug["transx"], aug["transy"]])
        side = PERSON_HEIGHT * scale * aug["scale"]
        frames, afmat = crop_clip([self.images / person["image"]], centre, (side, side),
                                  aug, self.dataconf.crop_resolution, drawn, rng)
        pose = pose_targets(self._joints(person["pose"])[None], afmat, self.poselayout,
                            aug["hflip"], remove_outer_joints=self.remove_outer_joints)
        return {
            "bbox": objposwin_to_bbox(centre, (side, side)),
            "frame": frames[0],
            "pose": pose[0],
            "headsize": person["headsize"],
            "afmat": afmat,
        }

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
