"""One person of a picture in a square window; `test_dataset.py` holds the sets to it."""
import numpy as np
import pytest
from PIL import Image

from deephar.config import DataConfig
from deephar.data.people import Person, PicturedPeople
from deephar.utils.modes import TEST_MODE
from deephar.utils.pose import pa16j2d


class One(PicturedPeople):
    """A person whose joints lie in the middle of the window."""
    set_name, extra = "One", "weight"

    def __init__(self, path):
        super().__init__(path.parent, DataConfig(crop_resolution=(32, 32)), pa16j2d, True)
        self.samples = {TEST_MODE: [path]}

    def _person(self, sample):
        return Person(sample, np.array([50.0, 40.0]), 20.0, 4.0,
                      np.full((16, 2), [50.0, 40.0]), 7.0)


@pytest.mark.parametrize("change, window", [
    ({}, (40, 30, 60, 50)), ({"transx": 5}, (60, 30, 80, 50)),
    ({"transy": -1, "scale": 2.0}, (30, 16, 70, 56))])
def test_the_window_is_shifted_by_its_unit_and_scaled(tmp_path, change, window):
    path = tmp_path / "picture.png"
    Image.new("RGB", (100, 80)).save(path)
    people = One(path)
    fixed = people.dataconf.get_fixed_config()
    sample = people.get_data(0, TEST_MODE, augmentation={**fixed, **change})
    np.testing.assert_allclose(sample["bbox"], window)
    x1, y1, x2, y2 = window
    inside = (50 - x1) / (x2 - x1), (40 - y1) / (y2 - y1)
    if min(inside) >= 0:
        np.testing.assert_allclose(sample["pose"][:, :2], np.tile(inside, (16, 1)), atol=1e-5)
    assert sample["weight"] == 7.0 and people.get_shape("weight") == ()
