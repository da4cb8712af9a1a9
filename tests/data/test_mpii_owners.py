"""The owners' test list, and predictions in its form."""
import numpy as np
import pytest
import scipy.io

from deephar.config import mpii_sp_dataconf
from deephar.data import MpiiSinglePerson
from deephar.data.matfile import number, records, text
from deephar.data.mpii_owners import RELEASE_FILE, MpiiTestPeople, write_list, write_predictions
from deephar.data.prepare.annotations import cells, save_mat, struct_array
from deephar.utils.modes import TEST_MODE, VALID_MODE
from tests.fakes.owners import write_jpeg

NONE = np.zeros((0, 0))


def person(x):
    return {"scale": 1.0, "objpos": struct_array([{"x": x, "y": 30.0}], ("x", "y"))}


@pytest.fixture
def people(tmp_path):
    """A training picture, one with two single people and a crowd, one with nobody alone."""
    rects = [[person(5.0)], [person(20.0), {"scale": NONE, "objpos": NONE}, person(40.0)],
             [person(9.0)]]
    annolist = struct_array([{
        "image": struct_array([{"name": f"{i}.jpg"}], ("name",)),
        "annorect": struct_array(r, ("scale", "objpos"))} for i, r in enumerate(rects)],
        ("image", "annorect"))
    release = {"annolist": annolist, "img_train": np.array([[1, 0, 0]]),
               "single_person": cells([np.array([[1.0]]), np.array([[1.0], [3.0]]), NONE])}
    save_mat(tmp_path / RELEASE_FILE, {"RELEASE": struct_array([release], tuple(release))})
    write_jpeg(tmp_path / "images" / "1.jpg", 50)
    return MpiiTestPeople(tmp_path, mpii_sp_dataconf)


def test_only_single_people_of_test_pictures(people):
    assert people.get_length(TEST_MODE) == 2 and people.get_length(VALID_MODE) == 0
    assert people.places == [(0, 0), (0, 2)]
    data = people.get_data(1, TEST_MODE)
    assert data["frame"].shape == (256, 256, 3)
    assert (data["bbox"][0] + data["bbox"][2]) / 2 == pytest.approx(40)


def test_predictions_come_back_in_the_owners_order(people, tmp_path):
    pose = np.arange(32.0).reshape(16, 2)
    write_predictions(tmp_path / "pred.mat", people, [pose, None])
    pictures = records(scipy.io.loadmat(tmp_path / "pred.mat")["pred"])
    assert [text(records(p["image"])[0]["name"]) for p in pictures] == ["1.jpg", "2.jpg"]
    first, crowd, second = records(pictures[0]["annorect"])
    joints = records(records(first["annopoints"])[0]["point"])
    assert [int(number(j["id"])) for j in joints] == list(range(16))
    # Theirs begin with the right ankle, 14 of ours; their 9 is the top of the head, our 3.
    assert [number(joints[0][c]) for c in "xy"] == [28, 29]
    assert [number(joints[9][c]) for c in "xy"] == [6, 7]
    assert not records(crowd["annopoints"]) and not records(second["annopoints"])


def test_a_split_as_an_owners_list(tiny_set):
    mpii = MpiiSinglePerson(tiny_set("mpii"), mpii_sp_dataconf)
    path = write_list(mpii, VALID_MODE)
    again = MpiiTestPeople(mpii.dataset_path, mpii.dataconf)
    path.unlink()
    assert again.get_length(TEST_MODE) == mpii.get_length(VALID_MODE)
    for mine, theirs in zip(again.samples[TEST_MODE], mpii.samples[VALID_MODE]):
        assert mine["image"] == theirs["image"] and mine["scale"] == theirs["scale"]
        np.testing.assert_array_equal(mine["objpos"], theirs["objpos"])
