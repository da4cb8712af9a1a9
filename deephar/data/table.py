"""The data sets: everything that is known of each, said once.

datasets/README.md tells people the same.
"""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

import scipy.io

from deephar.config import (
    DataConfig, human36m_dataconf, mpii_sp_dataconf, ntu_dataconf, pennaction_dataconf)
from deephar.data import coco, human36m, mpii, ntu, pennaction
from deephar.data.labels import ACTION_SETS
from deephar.data.matfile import ANNOTATION_FILE
from deephar.utils.places import Place, opened


@dataclass(frozen=True)
class DataSet:
    """A data set.

    Args:
        opener: the class that reads it: `opener(folder, dataconf, layout, ...)`.
        folder: where it lies below the root of all.
        dataconf: crops to look at it with.
        tested: the split that scores are measured on.
        images: its folder of pictures.
        advice: how to get its annotations.
        frame: of a number to a picture's name, in a sequence's folder.
        splits: {mode: variable of the annotation file}.
        annotations: the file or folder of its annotations.
        expected: {split: how many sequences the whole set has}, where that is fixed.
        single: options of `opener` for pictures by themselves, cut out around
            the annotated person.
        action_set: its classes' name in samples; '' for none.
    """
    opener: type
    folder: str
    dataconf: DataConfig
    tested: str
    images: str
    advice: str
    frame: str = ""
    splits: Mapping[int, str] = field(default_factory=dict)
    annotations: str = ANNOTATION_FILE
    expected: Mapping[str, int] = field(default_factory=dict)
    single: Mapping[str, Any] = field(default_factory=dict)
    action_set: str = ""

    @property
    def actions(self) -> tuple[str, ...]:
        """Names of its classes, in the order of its numbers."""
        return ACTION_SETS.get(self.action_set, ())

    @property
    def unit(self) -> str:
        """What its annotations are a list of."""
        return "sequences" if self.frame else "pictures"

    def open_single(self, path: Path):
        """Its pictures by themselves, cut out around the annotated person."""
        return self.opener(path, self.dataconf, **self.single)

    def picture(self, name: str, number: float | None = None) -> str:
        """Path below the set's folder of a picture, or of frame `number` of a sequence."""
        parts = (self.images, name)
        return "/".join(parts if number is None else (*parts, self.frame.format(int(number))))

    def is_at(self, folder: Path | Place) -> bool:
        """Whether a folder has the annotations of this very set."""
        path = folder / self.annotations
        if not self.splits:
            return path.is_dir()
        if not path.is_file():
            return False
        if folder.name == self.folder:
            return True         # its reader says what is wrong with the file, if anything is
        try:
            names = {variable for variable, _, _ in scipy.io.whosmat(opened(path))}
        except (ValueError, TypeError, OSError, NotImplementedError):
            return False
        # Human3.6M's file has all variables of Penn Action's.
        there = [known for known in DATASETS.values()
                 if known.splits and names >= set(known.splits.values())]
        return self is max(there, key=lambda known: len(known.splits), default=None)


DATASETS = {
    "mpii": DataSet(
        mpii.MpiiSinglePerson, "MPII", mpii_sp_dataconf, tested="valid",
        images=mpii.IMAGES, splits=mpii.SPLITS,
        advice="`deephar download mpii_annotations`, or `deephar dataset prepare mpii`"),
    "h36m": DataSet(
        human36m.Human36M, "Human3.6M", human36m_dataconf, tested="valid",
        images=human36m.IMAGES, frame=human36m.FRAME, splits=human36m.SPLITS,
        expected={"train": 600, "valid": 240}, single={"topology": "frames"},
        advice="`deephar download h36m_annotations`, or `deephar dataset prepare h36m`"),
    "pennaction": DataSet(
        pennaction.PennAction, "PennAction", pennaction_dataconf, tested="test",
        action_set="pennaction",
        images=pennaction.IMAGES, frame=pennaction.FRAME, splits=pennaction.SPLITS,
        expected={"train": 1258, "test": 1068},
        single={"topology": "frames", "use_gt_bbox": True},
        advice="`deephar download penn_annotations`, or "
               "`deephar dataset prepare pennaction`"),
    "ntu": DataSet(
        ntu.Ntu, "NTU", ntu_dataconf, tested="test", action_set="ntuaction",
        images=ntu.IMAGES, frame=ntu.FRAME, annotations=ntu.ANNOTATION_FOLDER,
        expected={"all": 56578}, single={"topology": "frames", "use_gt_bbox": True},
        advice=f"`deephar dataset prepare ntu` makes {ntu.ANNOTATION_FOLDER}/"),
    "coco": DataSet(
        coco.CocoKeypoints, "COCO", mpii_sp_dataconf, tested="valid", images="train2017",
        annotations=coco.FOLDER,
        advice=f"{coco.FOLDER}/{coco.FILE}train2017.json is the owners' own file"),
}


def dataset(key: str) -> DataSet:
    """The entry of a data set.

    Raises:
        KeyError: there is none; names those there are.
    """
    if key not in DATASETS:
        raise KeyError(f"no data set {key!r}; there are {', '.join(DATASETS)}")
    return DATASETS[key]
