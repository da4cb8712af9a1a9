"""A scan finds everybody once, and nobody where nobody is."""
import numpy as np
import pytest

from deephar.inference.predictor import Predictor
from deephar.inference.results import Person
from deephar.inference.scan import scan, windows
from deephar.utils.pose import pa16j2d
from tests.fakes.networks import FIXED, fixed

SIZE = (640, 480)


class Looker:
    """Sees the person in the middle of a square, if one is there and fits in.

    Where nobody is it imagines one, who is always at the same place of the square.
    """

    def __init__(self, *people):
        self.people = [np.array([x, y]) + h * (FIXED - 0.5) * [0.5, 1]
                       for x, y, h in people]
        self.squares = 0

    def __call__(self, squares):
        self.squares += len(squares)
        return [self._one(square) for square in squares]

    def _one(self, square):
        low, side = square[:2], square[2] - square[0]
        joints, sure = low + side * (0.1 + 0.3 * FIXED), 0.65
        for pose in self.people:
            off = np.abs(pose.mean(axis=0) - low - side / 2).max() / side
            if off < 0.3 and 0.2 * side < np.ptp(pose[:, 1]) < side:
                joints, sure = pose, 0.95 - 0.2 * off
        return Person(joints, np.full(16, sure), None, None, square, "scan", np.eye(3))


def found(looker, least=0.15):
    def look(squares):
        return [looker(some) for some in squares]

    people, = scan(look, look, [SIZE], pa16j2d.joint_names, least)
    return people


def test_windows_cover_the_picture_in_several_sizes():
    squares = np.array(windows(SIZE))
    sides = squares[:, 2] - squares[:, 0]
    np.testing.assert_allclose(sides, squares[:, 3] - squares[:, 1])
    assert sides.max() == 640 and sides.min() == 160 and len(set(sides.round())) == 5
    for side in set(sides.round()):
        some = squares[sides.round() == side]
        assert some[:, 0].min() <= 0 and some[:, 2].max() >= 640
        assert some[:, 1].min() <= 0 and some[:, 3].max() >= 480
        assert (some[:, :2] >= -160).all()
    assert len(windows((100, 100))) < 300 and len(windows((1000, 20))) < 60


def test_everybody_is_found_once_and_the_surest_comes_first():
    looker = Looker((120, 240, 300), (330, 250, 150), (520, 200, 90), (560, 300, 250))
    people = found(looker)
    assert len(people) == 4
    for pose in looker.people:
        assert min(np.abs(person.joints - pose).max() for person in people) < 1e-6
    sure = [person.confidence.mean() for person in people]
    assert sure == sorted(sure, reverse=True)
    assert looker.squares < 2 * len(windows(SIZE))


def test_nobody_is_found_where_nobody_is():
    assert found(Looker()) == []
    assert found(Looker((300, 200, 200)), least=0.3) == []      # nobody is so sure


def test_forty_people_take_no_more_than_three_looks_at_each_window():
    looker = Looker(*[(40 + 80 * i, 48 + 96 * k, 70) for i in range(8) for k in range(5)])
    people = found(looker)
    assert 10 <= len(people) <= 40
    assert looker.squares <= 3 * len(windows(SIZE))
    for person in people:
        assert min(np.abs(person.joints - pose).max() for pose in looker.people) < 1e-6


def test_a_predictor_scans_when_nobody_says_where_to_look():
    predictor = Predictor(fixed(), max_people=1)
    assert predictor.usual_way == "scan"
    picture = np.zeros((60, 80, 3), np.uint8)
    person, = predictor(picture)
    same, = predictor(picture, "scan")
    assert person.box_source == "scan" and (person.joints == same.joints).all()
    with pytest.raises(ValueError, match="max_people must be ≥ 1, got 0"):
        Predictor(fixed(), max_people=0)
