"""Scores and inputs of a network, beside the evaluations they come from."""
from dataclasses import replace

import numpy as np
import pytest

from deephar.data.labels import PENN_ACTIONS
from deephar.evaluation.scorer import inputs, open_people
from deephar.evaluation.scorer import score as scores_of
from deephar.networks.cut import poses_only
from deephar.networks.network import Network
from deephar.networks.tiny import TINY
from deephar.utils.modes import TEST_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d


def score(network, people):
    return {score.name: score.value for score in scores_of(network, people)}


@pytest.fixture(scope="module")
def data(tiny_set):
    tiny_set("mpii")
    return str(tiny_set("pennaction").parent)


@pytest.fixture(scope="module")
def network():
    return Network(TINY["penn_spnet"].build(), pa16j2d, {"pennaction": PENN_ACTIONS},
                   frame_step=2)


class Knows:
    """Stands in for a network: gives what it is told for each input, in order."""
    takes_any_batch = True

    def __init__(self, model, poses, classes):
        self.input_shape, self.poses, self.classes = model.input_shape, poses, classes
        self.seen = 0

    def predict(self, x, batch_size=None, verbose=0):
        first, self.seen = self.seen, self.seen + len(x)
        return [self.poses[first:self.seen], self.classes[first:self.seen]]


def test_a_network_that_knows_scores_all(data, network):
    people = open_people(network, data)
    fixed = network.dataconf.get_fixed_config()
    poses = [people.mpii.get_data(i, VALID_MODE, augmentation=fixed)["pose"]
             for i in range(people.mpii.get_length(VALID_MODE))]
    clips = np.zeros((8, 4, 16, 3), "float32")
    clips.reshape(-1, 16, 3)[:len(poses)] = poses
    found = score(Network(Knows(network.model, clips, np.zeros((8, 15))), pa16j2d), people)
    assert found["PCKh@0.5"] == 100 and "single-clip accuracy" not in found

    labels = [people.penn.get_data(i, TEST_MODE)["pennaction"]
              for i in range(people.penn.get_length(TEST_MODE))]
    blind = np.zeros((200, 4, 16, 3), "float32")
    told = np.zeros((200, 15))
    first = -(-len(poses) // 4)             # after the clips of pictures
    told[first:first + len(labels)] = labels
    found = score(Network(Knows(network.model, blind, told), pa16j2d, network.actions, 2),
                  people)
    assert found["single-clip accuracy"] == 100 and found["PCKh@0.5"] < 50


@pytest.mark.slow
def test_without_actions_there_is_no_accuracy(data, network):
    people = open_people(network, data)
    assert set(score(network, people)) == {"PCKh@0.5", "single-clip accuracy"}
    only = replace(network, model=poses_only(network), actions={})
    assert set(score(only, people)) == {"PCKh@0.5"}
    assert open_people(only, data).penn is None


def test_inputs_are_crops_for_the_network(data, network):
    people = open_people(network, data)
    clips = inputs(network, people, 20)
    assert clips.shape == (20, 4, 64, 64, 3) and np.abs(clips).max() <= 1
    pictures = Network(TINY["mpii_reception2d"].build(), pa16j2d)
    assert inputs(pictures, open_people(pictures, data), 3).shape == (3, 64, 64, 3)
    still = Network(network.model, pa16j2d)
    assert inputs(still, open_people(still, data), 2).shape == (2, 4, 64, 64, 3)
