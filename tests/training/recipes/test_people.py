"""Batches of several data sets: shares, and sets without one."""
import pytest

from deephar.training.recipes.people import mix_people
from tests.training.toys import Toys


class Pictures(Toys):
    def __init__(self, number):
        super().__init__(2)
        self.number = number

    def get_shape(self, dictkey):
        return super().get_shape("target" if dictkey == "pose" else dictkey)

    def get_data(self, key, mode, *, rng):
        return {"frame": super().get_data(key, mode, rng=rng)["frame"],
                "pose": [self.number, key]}


def refuse():
    raise AssertionError("a set without a share was opened")


def test_shares():
    people = mix_people([lambda: Pictures(7), refuse, lambda: Pictures(9)], (3, 0, 1), 2)
    (frames,), poses = people[0]
    assert frames.shape == (4, 8, 8, 3) and len(poses) == 2
    assert poses[0][:, 0].tolist() == [7, 7, 7, 9]


@pytest.mark.parametrize("shares", [(1,), (1, 2, 3), (0, 0), (3, -1)])
def test_shares_that_make_no_batch(shares):
    with pytest.raises(ValueError, match="--shares must be 2 numbers"):
        mix_people([refuse, refuse], shares)
