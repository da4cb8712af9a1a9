"""Who of a COCO file is a sample, and where the joints go."""
import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.data.coco import COCO_JOINTS, CocoKeypoints, read_pictures
from deephar.utils.files import read_json, write_json
from deephar.utils.modes import TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d, pa20j3d
from deephar.utils.transform import transform_pose_sequence
from tests.fakes.datasets import coco_person, write_coco

CONF = DataConfig(crop_resolution=(32, 32))
FILE = "annotations/person_keypoints_train2017.json"


def pose_in_picture(sample):
    return transform_pose_sequence(sample["afmat"], sample["pose"][None, :, :2],
                                   inverse=True)[0]


def test_joints_of_coco_and_means_of_them(tmp_path):
    flags = np.full(17, 2)
    flags[COCO_JOINTS.index("l_wrist")] = 0
    flags[COCO_JOINTS.index("l_hip")] = 1           # hidden, but it was labelled
    person = coco_person(1, flags=flags)
    data = CocoKeypoints(write_coco(tmp_path, [person]), CONF, pa16j2d)
    sample = data.get_data(0, VALID_MODE)
    points = np.reshape(person["keypoints"], (17, 3))[:, :2]
    found, names = pose_in_picture(sample), pa16j2d.joint_names
    for name in ("r_shoulder", "l_hip", "r_ankle"):
        np.testing.assert_allclose(found[names.index(name)], points[COCO_JOINTS.index(name)],
                                   atol=1e-6)
    hips = points[[COCO_JOINTS.index("l_hip"), COCO_JOINTS.index("r_hip")]]
    np.testing.assert_allclose(found[names.index("pelvis")], hips.mean(axis=0), atol=1e-6)
    missing = {name for name, there in zip(names, sample["pose"][:, 2] > 0.5) if not there}
    assert missing == {"neck", "head", "l_wrist"}
    # The crop is a square of 1.25 times the longer side about the box's centre.
    np.testing.assert_allclose(sample["bbox"], [2.5, 2.5, 77.5, 77.5])
    assert sample["area"] == 1200


def test_what_a_layout_has_more_is_missing(tmp_path):
    data = CocoKeypoints(write_coco(tmp_path), CONF, pa20j3d)
    there = data.get_data(0, VALID_MODE)["pose"][:, 3] > 0.5
    assert {n for n, t in zip(pa20j3d.joint_names, there) if not t} == {
        "neck", "head", "l_hand", "r_hand", "l_foot", "r_foot"}


def test_crowds_and_people_without_joints_are_no_samples(tmp_path):
    people = [coco_person(1), coco_person(1, iscrowd=1), coco_person(2, flags=0),
              coco_person(3, box=(1, 2, 3, 4)), coco_person(3, keypoints=None)]
    data = CocoKeypoints(write_coco(tmp_path, people), CONF)
    assert data.get_length(TRAIN_MODE) == data.get_length(VALID_MODE) == 2
    assert [path.name for path, _ in data.samples[VALID_MODE]] == ["val1.jpg", "val3.jpg"]
    pictures = read_pictures(tmp_path / FILE)
    assert [len(p.people) for p in pictures] == [2, 1, 2]
    assert [p["crowd"] for p in pictures[0].people] == [False, True]


def test_pictures_may_all_be_in_one_folder(tmp_path):
    write_coco(tmp_path)
    (tmp_path / "train2017").rename(tmp_path / "images")
    data = CocoKeypoints(tmp_path, CONF)
    assert data.get_data(0, TRAIN_MODE, rng=np.random.default_rng(0))["frame"].std() > 0


def change(content, **changes):
    return {**content, **changes}


@pytest.mark.parametrize("damage, message", [
    (lambda c: change(c, categories=[]), "no category is called 'person'; it has none"),
    (lambda c: change(c, categories=[{**c["categories"][0], "keypoints": ["a", "b"]}]),
     "must be COCO's 17"),
    (lambda c: change(c, images=[]), "picture 1, which is not listed"),
    (lambda c: change(c, annotations=[coco_person(1, bbox=[1, 2, 3])]), "bbox must be"),
    (lambda c: change(c, annotations=[coco_person(1, keypoints=[1, 2, 2])]), "keypoints"),
    (lambda c: change(c, annotations=[coco_person(1, area="large")]), "damaged"),
    (lambda c: [], "damaged"),
])
def test_files_that_are_something_else(damage, message, tmp_path):
    write_coco(tmp_path, pictures=False)
    write_json(tmp_path / FILE, damage(read_json(tmp_path / FILE)))
    with pytest.raises(ValueError, match=message) as error:
        CocoKeypoints(tmp_path, CONF)
    assert "person_keypoints_train2017.json" in str(error.value)


def test_folders_that_are_something_else(tmp_path):
    with pytest.raises(FileNotFoundError, match="has no person_keypoints_train"):
        CocoKeypoints(tmp_path, CONF)
    write_coco(tmp_path, [coco_person(1, flags=0)], pictures=False)
    with pytest.raises(ValueError, match="no person with a joint"):
        CocoKeypoints(tmp_path, CONF)
    write_json(tmp_path / "annotations/person_keypoints_train.json", {})
    with pytest.raises(ValueError, match="2 files of split train"):
        CocoKeypoints(tmp_path, CONF)
