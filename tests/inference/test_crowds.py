"""The measurement of crowds: true people score 1, and the table says what was found."""
import numpy as np
import pytest

from deephar.data.coco import (
    COCO_JOINTS, FROM_COCO, annotation_files, read_pictures)
from deephar.inference.crowds import TRUE_BOXES, bench_crowd, draw_crowds, told
from deephar.inference.predictor import Predictor
from deephar.inference.results import Person
from deephar.utils.modes import VALID_MODE
from tests.fakes.networks import fixed


class Knows(Predictor):
    """Finds the people of annotations, in the order of the pictures."""

    def __init__(self, pictures):
        super().__init__(fixed())
        self.answers = iter([pictures[0], *pictures])           # one to warm up

    def __call__(self, picture, boxes):
        names = self.layout.joint_names
        people = []
        for person in next(self.answers).people:
            joints = np.full((16, 2), np.nan)
            for j, name in enumerate(names):
                if len(FROM_COCO.get(name, ())) == 1:
                    joints[j] = person["joints"][COCO_JOINTS.index(name)]
            people.append(Person(joints, np.ones(16), None, None, person["box"], boxes,
                                 np.eye(3)))
        return people


def test_who_knows_everybody_scores_one(tiny_set):
    pytest.importorskip("pycocotools")
    folder = tiny_set("coco")
    pictures = read_pictures(annotation_files(folder)[VALID_MODE])
    lines = []
    row, = bench_crowd(Knows(pictures), folder, ["scan"], progress=lines.append)
    assert row["AP"] == pytest.approx(1) and row["found"] == row["people"] > 10
    assert row["false"] == 0 and set(row["ms"]) <= set("0123456")
    assert lines == [told(row)] and f"found {row['found']} of {row['people']}" in lines[0]


def test_a_network_that_knows_nothing(tiny_set):
    pytest.importorskip("pycocotools")
    row, = bench_crowd(Predictor(fixed()), tiny_set("coco"), [TRUE_BOXES],
                       progress=lambda line: None)
    assert row["AP"] < 0.2 and row["found"] + row["false"] >= row["people"]
    assert draw_crowds(Predictor(fixed()), tiny_set("coco"), "two-pass").shape == (
        120, 3 * 160, 3)
