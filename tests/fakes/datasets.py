"""Tiny data sets in the real layout, with anything wrong that a test asks for."""
import shutil
from pathlib import Path
from types import MappingProxyType

import numpy as np
import scipy.io
from PIL import Image

from deephar.data.coco import PERSON
from deephar.utils.files import write_json

GOLDEN = Path(__file__).parent.parent / "golden" / "loaders"
VALUES = np.load(GOLDEN / "values.npz")
MISSING_PICTURES = {
    "MPII": ((640, 480), [f"images/t{i:04d}.jpg" for i in range(6)]),
    "Human3.6M": ((1002, 1000), [
        f"images/{name}/{frame:05d}.jpg"
        for name in ("a02_s01_e01_c01", "a13_s05_e02_c03", "a02_s09_e01_c01",
                     "a14_s11_e01_c04")
        for frame in (1, 6, 11, 65)]),
    "PennAction": ((480, 360), [f"frames/{sequence:04d}/{frame:06d}.jpg"
                                for sequence, frames in ((1, 20), (3, 30), (5, 14), (8, 11))
                                for frame in range(1, frames + 1)]),
    "NTU": ((960, 540), [f"images-small/{name}/{frame:05d}.jpg"
                         for name, rows in (("S001C001P001R001A004", 24),
                                            ("S001C002P002R001A017", 30),
                                            ("S002C003P003R002A001", 26),
                                            ("S003C001P006R001A060", 18))
                         for frame in range(1, rows + 1, 2)]),
}


def write_golden(root: Path) -> None:
    """The sets of the golden numbers; pictures that none of them shows are grey."""
    shutil.copytree(GOLDEN / "mini", root, dirs_exist_ok=True)
    for name, (size, pictures) in MISSING_PICTURES.items():
        for picture in pictures:
            if not (root / name / picture).exists():
                save_picture(root / name / picture, size)
    write_coco(root / "COCO")


def coco_person(image: int, box=(20, 10, 40, 60), flags=2, **changes) -> dict:
    """A person whose 17 joints stand on a line across the box."""
    x, y, w, h = box
    share = np.linspace(0, 1, 17)
    joints = np.stack([x + w * share, y + h * share, np.broadcast_to(flags, 17)], axis=-1)
    joints[joints[:, 2] == 0] = 0
    return {"id": image, "image_id": image, "category_id": 1, "iscrowd": 0,
            "bbox": list(box), "area": w * h / 2, "keypoints": joints.ravel().tolist(),
            "num_keypoints": int((joints[:, 2] > 0).sum()), **changes}


def write_coco(folder: Path, people=(coco_person(1),), pictures: bool = True) -> Path:
    """The same people in both splits; pictures 1, 2, ... as their image_id says."""
    count = max(person["image_id"] for person in people)
    for split in ("train", "val"):
        images = [{"id": i, "file_name": f"{split}{i}.jpg", "width": 96, "height": 80}
                  for i in range(1, count + 1)]
        for i, image in enumerate(images if pictures else ()):
            save_picture(folder / f"{split}2017" / image["file_name"], seed=i)
        write_json(folder / "annotations" / f"person_keypoints_{split}2017.json", {
            "images": images, "categories": [PERSON], "annotations": list(people)})
    return folder


def save_picture(path: Path, size=(96, 80), seed=None) -> None:
    """A grey picture, or one with a smooth pattern."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, (127, 127, 127))
    if seed is not None:
        cells = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
        image = Image.fromarray(cells).resize(size, Image.Resampling.BICUBIC)
    image.save(path)


def cells(items, shape=None) -> np.ndarray:
    """A cell array."""
    array = np.empty(len(items), object)
    for i, item in enumerate(items):
        array[i] = item
    return array.reshape(shape or (1, -1))


def structs(rows: list[dict]) -> np.ndarray:
    """A struct array."""
    array = np.empty((1, len(rows)), [(name, object) for name in rows[0]] if rows else object)
    for i, row in enumerate(rows):
        array[0, i] = tuple(row.values())
    return array


def mpii_person(**changes) -> dict:
    joints = np.stack([np.linspace(30, 60, 16), np.linspace(20, 70, 16)])
    return {"head": np.array([[40.0, 10, 50, 22]]), "objpos": np.array([[46.0, 42.0]]),
            "scale": np.array([[0.25]]), "pose": joints, **changes}


def write_mpii(folder: Path, people=((mpii_person(),),), pictures: bool = True) -> Path:
    """One picture for each tuple of persons, in both splits."""
    def split(letter):
        rows = np.empty((3, len(people)), object)
        for i, persons in enumerate(people):
            rows[0, i] = np.arange(1, len(persons) + 1)[:, None]
            rows[1, i] = f"{letter}{i}.jpg"
            rows[2, i] = cells([structs([person]) for person in persons], (-1, 1))
            if pictures:
                save_picture(folder / "images" / rows[1, i], seed=i)
        return rows
    folder.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(folder / "annotations.mat",
                     {"annot_tr": split("t"), "annot_val": split("v")})
    return folder


def penn_frame(number: int, **changes) -> dict:
    joints = np.stack([np.linspace(20, 60, 13) + number, np.linspace(15, 65, 13)])
    return {"f": number, "w": 96, "h": 80, "pose": joints, "visible": np.ones((13, 1)),
            **changes}


def write_penn(folder: Path, videos=(12,), frame=penn_frame, pictures: bool = True) -> Path:
    """Videos of so many frames, the same in both splits."""
    rows = [{"idx": i + 1, "action_id": i % 15 + 1,
             "frames": structs([frame(f + 1) for f in range(count)])}
            for i, count in enumerate(videos)]
    folder.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(folder / "annotations.mat", {
        "sequences_te": structs(rows), "sequences_tr": structs(rows),
        "action_labels": cells(["a", "b"])})
    for i, count in enumerate(videos):
        for f in range(count if pictures else 0):
            save_picture(folder / "frames" / f"{i + 1:04d}" / f"{f + 1:06d}.jpg",
                         seed=f)
    return folder


def ntu_rows(count: int) -> np.ndarray:
    rows = np.zeros((count, 151))
    rows[:, 0] = np.arange(1, count + 1)
    rows[:, 76:101] = np.linspace(800, 1000, 25)
    rows[:, 101:126] = np.linspace(300, 900, 25)
    rows[:, 126:] = np.linspace(2900, 3100, 25)
    return rows


def write_ntu(folder: Path, videos=MappingProxyType(
        {"S001C001P001R001A004": 24, "S001C002P003R001A060": 20}),
              rows_of=ntu_rows, pictures: bool = True) -> Path:
    """Videos by name with so many rows."""
    annotations = folder / "nturgb+d_numpy"
    annotations.mkdir(parents=True, exist_ok=True)
    for name, count in videos.items():
        np.save(annotations / f"{name}.npy", rows_of(count))
        for row in range(0, count if pictures else 0, 2):
            save_picture(folder / "images-small" / name / f"{row + 1:05d}.jpg", (960, 540),
                         seed=row)
    return folder


def h36m_frame(number: int, **changes) -> dict:
    joints = np.stack([np.linspace(-300, 300, 32), np.linspace(-200, 200, 32),
                       np.linspace(100, 1700, 32)])
    return {"f": number, "w": 1000, "h": 1000, "pose3d": joints, **changes}


def write_h36m(folder: Path, videos=MappingProxyType({"a02_s01_e01_c01": 4}), frame=h36m_frame,
               pictures: bool = True) -> Path:
    """Videos by name with so many frames, the same in the three splits."""
    camera = {"R": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
              "T": np.array([[0.0], [-4000], [900]]), "f": np.array([[1150.0, 1145]]),
              "c": np.array([[500.0, 505]]), "p": np.zeros((1, 2)), "k": np.zeros((1, 3))}
    rows = [{"name": name, "camera_parameters": structs([camera]),
             "frames": structs([frame(5 * f + 1) for f in range(count)])}
            for name, count in videos.items()]
    folder.mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(folder / "annotations.mat", {
        "sequences_te": structs(rows), "sequences_tr": structs(rows),
        "sequences_val": structs(rows), "action_labels": cells(["x", "Directions"])})
    for name, count in videos.items():
        for f in range(count if pictures else 0):
            save_picture(folder / "images" / name / f"{5 * f + 1:05d}.jpg", (1000, 1000), seed=f)
    return folder
