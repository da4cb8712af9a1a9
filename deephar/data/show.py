"""A sample as the data classes give it, drawn on its picture and on its crop."""
from pathlib import Path

import numpy as np
from PIL import Image

from deephar.config import (
    human36m_dataconf, mpii_sp_dataconf, ntu_dataconf, pennaction_dataconf)
from deephar.data.check import read_index
from deephar.data.human36m import Human36M
from deephar.data.labels import NTU_ACTIONS, PENN_ACTIONS
from deephar.data.mpii import MpiiSinglePerson
from deephar.data.ntu import Ntu
from deephar.data.pennaction import PennAction
from deephar.data.pictures import open_picture
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.plot import contact_sheet, draw_box, draw_pose
from deephar.utils.pose import INVALID, get_valid_joints
from deephar.utils.transform import transform_2d_points, transform_pose_sequence

MODES = {"test": TEST_MODE, "train": TRAIN_MODE, "valid": VALID_MODE}
CELL = 640                  # pixels of the picture, and of its crop
# Every picture by itself, cut out around the annotated person.
OPEN = {
    "mpii": lambda path: MpiiSinglePerson(path, mpii_sp_dataconf),
    "h36m": lambda path: Human36M(path, human36m_dataconf, topology="frames"),
    "pennaction": lambda path: PennAction(path, pennaction_dataconf, topology="frames",
                                          use_gt_bbox=True),
    "ntu": lambda path: Ntu(path, ntu_dataconf, topology="frames", use_gt_bbox=True),
}


def draw_sample(name: str, path: Path, split: str, index: int) -> Image.Image:
    """Sample `index` of a split: picture with joints and window, beside its crop.

    Raises:
        ValueError: there are not so many samples.
    """
    data, mode = OPEN[name](path), MODES[split]
    count = data.get_length(mode)
    if not 0 <= index < count:
        raise ValueError(f"{path} has {count} samples in the {split} split, counted "
                         f"from 0; got {index}")
    sample = data.get_data(index, mode, augmentation=data.dataconf.get_fixed_config())
    picture_path = _picture_of(name, Path(path), data, split, index)
    picture, size = open_picture(picture_path)
    pose = sample["pose"][:, :2]
    valid = get_valid_joints(pose)
    joints = np.where(valid[:, None], transform_pose_sequence(
        sample["afmat"], pose[None])[0], INVALID)
    corners = transform_2d_points(sample["afmat"], np.array([[0, 0], [1, 1]], float),
                                  transpose=True, inverse=True)
    zoom = CELL / max(size)
    whole = picture.resize([max(1, round(side * zoom)) for side in size],
                           Image.Resampling.BICUBIC)
    whole = draw_box(draw_pose(whole, joints * zoom, data.poselayout),
                     corners.ravel() * zoom)
    crop = Image.fromarray(np.round((sample["frame"] + 1) * 127.5).astype(np.uint8))
    crop = crop.resize((CELL, CELL), Image.Resampling.BICUBIC)
    crop = draw_pose(crop, np.where(valid[:, None], pose * CELL, INVALID),
                     data.poselayout)
    place = picture_path.relative_to(path).as_posix()
    return contact_sheet(
        [whole, crop], 2,
        [f"{place}  {size[0]}×{size[1]}",
         f"{_action(sample)}{int(valid.sum())} of {len(valid)} joints"], cell=CELL)


def _picture_of(name, path, data, split, index) -> Path:
    """The picture of a sample: samples stand in the order of the annotations."""
    entries = read_index(name, path)
    if name == "ntu":
        wanted = {sequence.name for sequence in data.sequences[MODES[split]]}
        entries = [e for e in entries["all"] if e.name in wanted]
    else:
        entries = entries[split]
    for entry in entries:
        if index < entry.samples:
            return path / entry.pictures[0 if name == "mpii" else index]
        index -= entry.samples
    raise ValueError(f"{path}: the annotations have no sample {index}")


def _action(sample: dict) -> str:
    for key, names in (("pennaction", PENN_ACTIONS), ("ntuaction", NTU_ACTIONS)):
        if np.any(sample.get(key, 0)):
            return names[int(np.argmax(sample[key]))] + ", "
    return ""
