"""What MPII and COCO share: one sample is one person of a picture, in a square window."""
import os
from typing import Any, NamedTuple

import numpy as np

from deephar.config import DataConfig
from deephar.data.clips import choose_augmentation
from deephar.data.crops import crop_clip, pose_targets
from deephar.utils.bbox import objposwin_to_bbox
from deephar.utils.places import Place
from deephar.utils.pose import PoseLayout

Source = str | os.PathLike | Place


class Person(NamedTuple):
    """Who is cut out of a picture, and where."""
    path: Any               # of the picture
    centre: np.ndarray      # (2,) of the window, in pixels
    side: float             # of the window
    unit: float             # of the window's shifts, in pixels
    joints: np.ndarray      # (J, 2) of the layout, NaN where missing
    extra: float            # what this set alone tells


class PicturedPeople:
    """Single pictures of single persons.

    A subclass fills `samples`, names the set and what it alone tells of a person
    (`extra`), and reads a sample (`_person`).

    Args:
        dataset_path: folder of the set.
        dataconf: size and augmentation of the crops.
        poselayout: joints of the targets.
        remove_outer_joints: joints outside the crop count as missing.
    """
    set_name: str
    extra: str
    samples: dict[int, list]

    def __init__(self, dataset_path: Source, dataconf: DataConfig, poselayout: PoseLayout,
                 remove_outer_joints: bool):
        self.dataset_path = dataset_path
        self.dataconf = dataconf
        self.poselayout = poselayout
        self.remove_outer_joints = remove_outer_joints

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
                  "pose": (layout.num_joints, layout.dim + 1), self.extra: ()}
        if dictkey not in shapes:
            raise KeyError(f"{self.set_name} samples have no {dictkey!r}, only "
                           f"{', '.join(shapes)}")
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
            bbox (4,), frame (H, W, 3), pose (J, D + 1), the set's `extra` number,
            afmat (3, 3).
        """
        if not 0 <= key < self.get_length(mode):
            raise IndexError(f"{self.set_name} has {self.get_length(mode)} samples in mode "
                             f"{mode}, got key {key}")
        aug, drawn, rng = choose_augmentation(self.dataconf, mode, augmentation, rng)
        person = self._person(self.samples[mode][key])
        centre = person.centre + person.unit * np.array([aug["transx"], aug["transy"]])
        size = (person.side * aug["scale"],) * 2
        frames, afmat = crop_clip([person.path], centre, size, aug,
                                  self.dataconf.crop_resolution, drawn, rng)
        pose = pose_targets(person.joints[None], afmat, self.poselayout, aug["hflip"],
                            remove_outer_joints=self.remove_outer_joints)
        return {"bbox": objposwin_to_bbox(centre, size), "frame": frames[0],
                "pose": pose[0], self.extra: person.extra, "afmat": afmat}

    def _person(self, sample: Any) -> Person:
        raise NotImplementedError
