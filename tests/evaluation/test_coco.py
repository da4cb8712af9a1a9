"""COCO's scores of results that are known to be right, wrong, doubled or in a crowd."""
import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.data.coco import COCO_JOINTS, CocoKeypoints
from deephar.evaluation.coco import BODY, mean_oks, oks_scores, oks_trial
from deephar.evaluation.loop import evaluate
from deephar.utils.modes import VALID_MODE
from deephar.utils.oks import similarity, spread_of
from deephar.utils.pose import pa16j2d
from tests.fakes.datasets import coco_person, write_coco

FILE = "annotations/person_keypoints_val2017.json"


def result(person, shift=0.0, score=0.9):
    points = np.reshape(person["keypoints"], (17, 3)) + [shift, 0, 0]
    return {"image_id": person["image_id"], "category_id": 1, "score": score,
            "keypoints": points.ravel().tolist()}


def scores(folder, people, results, **options):
    pytest.importorskip("pycocotools")
    write_coco(folder, people, pictures=False)
    return oks_scores(folder / FILE, results, **options)


def numbered(*people):
    return [{**person, "id": i} for i, person in enumerate(people, 1)]


def test_right_wrong_twice_and_nothing(tmp_path):
    one, two = numbered(coco_person(1, box=(0, 0, 40, 70)), coco_person(2, box=(40, 5, 40, 70)))
    all_right = scores(tmp_path, [one, two], [result(one), result(two)])
    assert all_right["AP"] == all_right["AR"] == pytest.approx(1)
    assert (all_right["people"], all_right["found"], all_right["false"]) == (2, 2, 0)
    half = scores(tmp_path, [one, two], [result(one), result(one, score=0.5),
                                         result(two, shift=60)])
    assert half["AR"] == pytest.approx(0.5)
    assert (half["people"], half["found"], half["false"]) == (2, 1, 2)
    none = scores(tmp_path, [one, two], [])
    assert none["AP"] <= 0 and (none["people"], none["found"], none["false"]) == (2, 0, 0)


def test_crowds_and_people_without_joints_count_neither_way(tmp_path):
    one, crowd, hidden = numbered(
        coco_person(1, box=(0, 0, 40, 70)), coco_person(1, box=(45, 0, 40, 70), iscrowd=1),
        coco_person(1, box=(20, 0, 40, 70), flags=0))
    there = scores(tmp_path, [one, crowd, hidden], [result(one), result(crowd, score=0.5)])
    assert (there["people"], there["found"], there["false"]) == (1, 1, 0)


def test_joints_that_layouts_lack_do_not_count(tmp_path):
    one, = numbered(coco_person(1))
    wrong = result(one)
    for j in range(len(COCO_JOINTS)):
        if COCO_JOINTS[j] not in BODY:
            wrong["keypoints"][3 * j:3 * j + 2] = [0, 0]
    assert scores(tmp_path, [one], [wrong])["AP"] == pytest.approx(1)
    assert scores(tmp_path, [one], [wrong], joints=COCO_JOINTS)["AP"] < 0.9


def test_our_similarity_is_that_of_the_tool(tmp_path):
    """The tool's AP jumps where the OKS passes a threshold."""
    one, = numbered(coco_person(1))
    points = np.reshape(one["keypoints"], (17, 3))[5:, :2]
    for shift in (3.0, 4.0, 6.0):
        ours = similarity(points, points + [shift, 0], one["area"], spread_of(BODY))
        passed = [ours >= t for t in np.linspace(0.5, 0.95, 10)]
        assert scores(tmp_path, [one], [result(one, shift)])["AP"] == pytest.approx(
            np.mean(passed))


def test_mean_oks_of_a_network(tmp_path):
    data = CocoKeypoints(write_coco(tmp_path), DataConfig(crop_resolution=(32, 32)))
    sample = data.get_data(0, VALID_MODE)
    trial = oks_trial(data, VALID_MODE, data.dataconf, pa16j2d)
    assert trial.name == "coco"             # its log and its files

    def says(pose):
        pose = np.where(pose < -1, 0.5, pose)
        return mean_oks(evaluate(trial, lambda x: [pose[None]], batch_size=1))

    assert says(sample["pose"]) == pytest.approx(100, abs=1e-3)
    # A quarter of the crop's side (75) away: nothing is alike.
    assert says(sample["pose"] + [0.25, 0, 0]) < 10
    away = sample["pose"] + [0.05, 0, 0]
    there = sample["pose"][:, 2] > 0.5
    expected = np.exp(-3.75 ** 2 / (2 * 1200 * spread_of(np.array(
        pa16j2d.joint_names)[there]) ** 2)).mean()
    assert says(away) == pytest.approx(100 * expected, rel=1e-3)
