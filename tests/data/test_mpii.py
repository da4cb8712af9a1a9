from dataclasses import replace

import numpy as np
import pytest
import scipy.io

from deephar.config import mpii_sp_dataconf
from deephar.data import MpiiSinglePerson
from deephar.utils import TEST_MODE, TRAIN_MODE, VALID_MODE, pa16j2d, pa17j3d, pa20j3d
from tests.data.golden_samples import AUGMENTATIONS, assert_golden
from tests.fakes.datasets import VALUES, mpii_person, write_mpii


@pytest.fixture(scope="module")
def mpii(golden_sets):
    return MpiiSinglePerson(golden_sets / "MPII", mpii_sp_dataconf)


def test_golden_samples(mpii):
    assert [mpii.get_length(mode) for mode in range(3)] == VALUES["mpii/lengths"].tolist()
    for key in range(6):
        assert_golden(mpii.get_data(key, VALID_MODE), f"mpii/valid/{key}")
    for name, augmentation in AUGMENTATIONS.items():
        assert_golden(mpii.get_data(1, TRAIN_MODE, augmentation=augmentation),
                      f"mpii/train/{name}/1")


def test_golden_layout_with_depth(golden_sets):
    mpii = MpiiSinglePerson(golden_sets / "MPII", mpii_sp_dataconf, pa17j3d)
    assert_golden(mpii.get_data(0, VALID_MODE), "mpii/valid17/0")


def test_outer_joints_stay_if_asked(golden_sets):
    shift = dict(mpii_sp_dataconf.get_fixed_config(), transx=80)
    kept, removed = (
        MpiiSinglePerson(golden_sets / "MPII", mpii_sp_dataconf, pa16j2d, remove)
        .get_data(0, VALID_MODE, augmentation=shift)["pose"] for remove in (False, True))
    outside = (kept[:, 2] == 0) & (kept[:, 0] > -1e6)
    assert outside.any()
    assert (removed[outside, :2] == -1e9).all()
    np.testing.assert_array_equal(kept[~outside], removed[~outside])


def test_two_persons_of_a_picture_and_one_picture(tmp_path):
    two = [mpii_person(), mpii_person(objpos=np.array([[20.0, 30]]))]
    mpii = MpiiSinglePerson(write_mpii(tmp_path, [two]), mpii_sp_dataconf)
    assert mpii.get_length(TRAIN_MODE) == 2 and mpii.get_length(TEST_MODE) == 0
    centres = [mpii.get_data(key, VALID_MODE)["bbox"].reshape(2, 2).mean(axis=0)
               for key in range(2)]
    np.testing.assert_allclose(centres, [[46, 45.75], [20, 33.75]])


def test_all_joints_missing_is_a_sample_without_joints(tmp_path):
    person = mpii_person(pose=np.full((2, 16), np.nan))
    mpii = MpiiSinglePerson(write_mpii(tmp_path, [[person]]), mpii_sp_dataconf)
    pose = mpii.get_data(0, VALID_MODE)["pose"]
    assert (pose[:, :2] == -1e9).all() and (pose[:, 2] == 0).all()


@pytest.mark.parametrize("change, message", [
    ({"objpos": np.full((1, 2), np.nan)}, "v0.jpg.*finite"),
    ({"scale": np.array([[np.nan]])}, "v0.jpg.*finite"),
])
def test_numbers_that_are_none(tmp_path, change, message):
    mpii = MpiiSinglePerson(write_mpii(tmp_path, [[mpii_person(**change)]]), mpii_sp_dataconf)
    with pytest.raises(ValueError, match=message):
        mpii.get_data(0, VALID_MODE)


def test_a_window_beside_the_picture_is_black(tmp_path, caplog):
    person = mpii_person(objpos=np.array([[900.0, 900]]))
    sample = MpiiSinglePerson(write_mpii(tmp_path, [[person]]), mpii_sp_dataconf).get_data(
        0, VALID_MODE)
    assert (sample["frame"] == -1).all() and (sample["pose"][:, 2] == 0).all()
    assert "v0.jpg: the window of size" in caplog.text and "shows nothing" in caplog.text


def test_bad_sets(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere: no such data set folder"):
        MpiiSinglePerson(tmp_path / "nowhere", mpii_sp_dataconf)
    with pytest.raises(FileNotFoundError, match="annotations.mat: the data set has no"):
        MpiiSinglePerson(tmp_path, mpii_sp_dataconf)
    with pytest.raises(ValueError, match="pa20j3d cannot hold"):
        MpiiSinglePerson(tmp_path, mpii_sp_dataconf, pa20j3d)
    write_mpii(tmp_path, [])
    with pytest.raises(ValueError, match="no person in any split"):
        MpiiSinglePerson(tmp_path, mpii_sp_dataconf)
    write_mpii(tmp_path, pictures=False)
    mpii = MpiiSinglePerson(tmp_path, mpii_sp_dataconf)
    with pytest.raises(FileNotFoundError, match="v0.jpg: no such picture"):
        mpii.get_data(0, VALID_MODE)


def test_an_occluding_rectangle_is_drawn_when_asked(tmp_path):
    conf = replace(mpii_sp_dataconf, geoocclusion=(60,), fixed_geoocclusion=(40, 20))
    mpii = MpiiSinglePerson(write_mpii(tmp_path), conf)
    frame = mpii.get_data(0, VALID_MODE)["frame"]
    np.testing.assert_allclose(frame[118:138, 108:148], 127 / 127.5 - 1, atol=1e-6)
    draw = lambda seed: mpii.get_data(0, TRAIN_MODE, rng=np.random.default_rng(seed))["frame"]
    np.testing.assert_array_equal(draw(1), draw(1))
    plain = MpiiSinglePerson(tmp_path, mpii_sp_dataconf).get_data(0, VALID_MODE)["frame"]
    assert (frame != plain).any(axis=-1).sum() <= 40 * 20


def test_cells_that_matlab_collapsed(tmp_path):
    write_mpii(tmp_path)
    column = np.empty((3, 1), object)
    column[:, 0] = [1.0, "v0.jpg", mpii_person()]
    scipy.io.savemat(tmp_path / "annotations.mat", {"annot_tr": column, "annot_val": column})
    mpii = MpiiSinglePerson(tmp_path, mpii_sp_dataconf)
    assert mpii.get_length(TRAIN_MODE) == mpii.get_length(VALID_MODE) == 1
    assert mpii.get_data(0, VALID_MODE)["pose"].shape == (16, 3)
