"""A sample as the data classes give it: its picture, its window, and both drawn."""
from pathlib import Path
from typing import Sequence

import numpy as np
from PIL import Image

from deephar.data.check import read_index
from deephar.data.labels import ACTION_SETS
from deephar.data.pictures import open_picture
from deephar.data.table import DATASETS
from deephar.utils.modes import MODES
from deephar.utils.places import Place, place
from deephar.utils.plot import contact_sheet, draw_box, draw_pose
from deephar.utils.pose import INVALID, get_valid_joints
from deephar.utils.transform import transform_2d_points, transform_pose_sequence

CELL = 640                  # pixels of the picture, and of its crop


def draw_sample(name: str, path: str | Path, split: str, index: int) -> Image.Image:
    """Sample `index` of a split: picture with joints and window, beside its crop.

    Args:
        path: the set's folder or address, plain or packed.

    Raises:
        ValueError: there are not so many samples.
    """
    path = place(path)
    data, mode = DATASETS[name].open_single(path), MODES[split]
    count = data.get_length(mode)
    if not 0 <= index < count:
        raise ValueError(f"{path} has {count} samples in the {split} split, counted "
                         f"from 0; got {index}")
    sample = data.get_data(index, mode, augmentation=data.dataconf.get_fixed_config())
    picture_path = pictures_of_samples(name, path, data, split)[index]
    picture, size = open_picture(picture_path)
    pose = sample["pose"][:, :2]
    valid = get_valid_joints(pose)
    joints = np.where(valid[:, None], transform_pose_sequence(
        sample["afmat"], pose[None])[0], INVALID)
    zoom = CELL / max(size)
    whole = picture.resize([max(1, round(side * zoom)) for side in size],
                           Image.Resampling.BICUBIC)
    whole = draw_box(draw_pose(whole, joints * zoom, data.poselayout),
                     window_of(sample) * zoom)
    crop = Image.fromarray(np.round((sample["frame"] + 1) * 127.5).astype(np.uint8))
    crop = crop.resize((CELL, CELL), Image.Resampling.BICUBIC)
    crop = draw_pose(crop, np.where(valid[:, None], pose * CELL, INVALID),
                     data.poselayout)
    return contact_sheet(
        [whole, crop], 2,
        [f"{picture_path.relative_to(path).as_posix()}  {size[0]}×{size[1]}",
         f"{_action(sample)}{int(valid.sum())} of {len(valid)} joints"], cell=CELL)


def window_of(sample: dict) -> np.ndarray:
    """The window (x1, y1, x2, y2) that an unturned sample was cut from, in pixels."""
    corners = np.array([[0, 0], [1, 1]], float)
    return transform_2d_points(sample["afmat"], corners, transpose=True,
                               inverse=True).ravel()


def pictures_of_samples(name: str, path: Path | Place, data, split: str) -> list:
    """The picture of every sample: samples stand in the order of the annotations."""
    index = read_index(name, path)
    if name == "ntu":
        wanted = {sequence.name for sequence in data.sequences[MODES[split]]}
        entries = [e for e in index["all"] if e.name in wanted]
    else:
        entries = index.get(split, [])
    return [path / picture for e in entries
            for picture in (e.pictures if DATASETS[name].frame else e.pictures * e.samples)]


def annotated_windows(pictures: Sequence[Path]) -> dict[str, list]:
    """{picture: windows of its annotated people} of pictures of a data set.

    Raises:
        ValueError: a picture lies in no data set's folder.
    """
    windows: dict[str, list] = {str(picture): [] for picture in pictures}
    wanted = {Path(picture).resolve(): str(picture) for picture in pictures}
    for name, folder in {_dataset_of(picture) for picture in wanted}:
        data = DATASETS[name].open_single(folder)
        settings = data.dataconf.get_fixed_config()
        for split, mode in MODES.items():
            if not data.get_length(mode):
                continue
            for i, picture in enumerate(pictures_of_samples(name, folder, data, split)):
                if picture in wanted:
                    sample = data.get_data(i, mode, augmentation=settings)
                    windows[wanted[picture]].append(window_of(sample).tolist())
    return windows


def _dataset_of(picture: Path) -> tuple[str, Path]:
    for folder in picture.parents:
        for name, entry in DATASETS.items():
            if entry.is_at(folder):
                return name, folder
    raise ValueError(f"{picture} lies in no data set's folder: there are no annotations "
                     "to take boxes from")


def _action(sample: dict) -> str:
    for key, names in ACTION_SETS.items():
        if np.any(sample.get(key, 0)):
            return names[int(np.argmax(sample[key]))] + ", "
    return ""
