"""MPII's test people, and the file of predictions that the owners' evaluation takes.

The owners' list, `mpii_human_pose_v1_u12_1.mat`, has a variable RELEASE: of each
picture its people with position and scale, whether it is for training, and who of
the people stands alone.  Test people have no joints: the owners keep them.
"""
from pathlib import Path
from typing import Sequence

import numpy as np

from deephar.config import DataConfig
from deephar.data.matfile import find_annotations, load_mat, number, numbers, records, text
from deephar.data.mpii import IMAGES, NUM_MPII_JOINTS, MpiiSinglePerson
from deephar.data.people import PicturedPeople
from deephar.data.prepare.annotations import cells, save_mat, struct_array
from deephar.data.prepare.mpii import RELEASE_FILE
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d


class MpiiTestPeople(MpiiSinglePerson):
    """The single people of the owners' test pictures, without joints, in their order.

    Args:
        dataset_path: folder with `images/` and the owners' file.
    """

    def __init__(self, dataset_path: str | Path, dataconf: DataConfig):
        path = find_annotations(dataset_path, RELEASE_FILE)
        PicturedPeople.__init__(self, dataset_path, dataconf, pa16j2d, True)
        self.images = path.parent / IMAGES
        self.pictures = _test_pictures(path)
        self.places = [(i, rect) for i, picture in enumerate(self.pictures)
                       for rect in picture["single"]]
        self.samples = {TRAIN_MODE: [], VALID_MODE: [], TEST_MODE: [
            _sample(self.pictures[i], rect) for i, rect in self.places]}
        if not self.places:
            raise ValueError(f"{path} has no single person in a test picture")


def _sample(picture: dict, rect: int) -> dict:
    person = picture["people"][rect]
    return {"image": picture["name"], "objpos": person["objpos"],
            "scale": person["scale"], "headsize": np.nan,
            "pose": np.full((NUM_MPII_JOINTS, 2), np.nan)}


def _test_pictures(path: Path) -> list[dict]:
    """Name, people and the indices of single people, of each test picture."""
    release = records(load_mat(path, ("RELEASE",))["RELEASE"])[0]
    entries, is_train = records(release["annolist"]), numbers(release["img_train"])
    if "single_person" not in release:
        raise ValueError(f"{path}: RELEASE has no single_person; is it the owners' file?")
    singles = np.ravel(release["single_person"])
    pictures = []
    for entry, train, single in zip(entries, is_train, singles, strict=True):
        if train:
            continue
        people = [_place(rect) for rect in records(entry["annorect"])]
        single = [int(i) - 1 for i in numbers(single) if people[int(i) - 1]]
        pictures.append({"name": text(records(entry["image"])[0]["name"]),
                         "people": people, "single": single})
    return pictures


def _place(rect: dict) -> dict | None:
    scale, centre = numbers(rect.get("scale", ())), records(rect.get("objpos", ()))
    if not scale.size or not centre:
        return None
    return {"scale": float(scale[0]),
            "objpos": np.array([number(centre[0]["x"]), number(centre[0]["y"])])}


def write_predictions(path: Path, people: MpiiTestPeople,
                      poses: Sequence[np.ndarray | None]) -> None:
    """The owners' list of test pictures with our joints, a variable `pred`.

    `pred(picture).annorect(person).annopoints.point` has x, y and id, from 0, in the
    owners' order; who is not single has no annopoints.

    Args:
        poses: (16, 2) of pa16j in pixels of the picture, of each of the people's
            test samples; None: without a prediction.
    """
    found = {place: pose for place, pose in zip(people.places, poses, strict=True)}
    pictures = []
    for i, picture in enumerate(people.pictures):
        rects = []
        for k, person in enumerate(picture["people"]):
            pose, none = found.get((i, k)), np.zeros((0, 0))
            rects.append({
                "scale": none if person is None else person["scale"],
                "objpos": none if person is None else struct_array(
                    [dict(zip("xy", person["objpos"]))], ("x", "y")),
                "annopoints": none if pose is None else struct_array(
                    [{"point": _points(pose)}], ("point",))})
        pictures.append({
            "image": struct_array([{"name": picture["name"]}], ("name",)),
            "annorect": struct_array(rects, ("scale", "objpos", "annopoints"))})
    save_mat(path, {"pred": struct_array(pictures, ("image", "annorect"))})


def _points(pose: np.ndarray) -> np.ndarray:
    return struct_array([{"x": float(x), "y": float(y), "id": i} for i, (x, y) in enumerate(
        pose[list(pa16j2d.map_to_mpii)])], ("x", "y", "id"))


def write_list(people: MpiiSinglePerson, mode: int) -> Path:
    """An owners' list in the folder of a set, as if a split were their test pictures."""
    pictures = {}
    for person in people.samples[mode]:
        pictures.setdefault(person["image"], []).append({
            "scale": person["scale"],
            "objpos": struct_array([dict(zip("xy", person["objpos"]))], ("x", "y"))})
    annolist = struct_array([{
        "image": struct_array([{"name": name}], ("name",)),
        "annorect": struct_array(rects, ("scale", "objpos"))}
        for name, rects in pictures.items()], ("image", "annorect"))
    release = {"annolist": annolist, "img_train": np.zeros((1, len(pictures))),
               "single_person": cells(np.arange(1.0, len(r) + 1)[:, None]
                                      for r in pictures.values())}
    path = Path(people.dataset_path) / RELEASE_FILE
    save_mat(path, {"RELEASE": struct_array([release], tuple(release))})
    return path
