"""The first run in small: what is trained, what the baselines answer, what is drawn."""
import numpy as np
import pytest
from PIL import Image

from deephar.data.labels import PENN_ACTIONS
from deephar.evaluation.scorer import score
from deephar.models import spnet
from deephar.networks.network import Network
from deephar.training.recipes import quickstart
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d


@pytest.fixture(scope="module")
def cfg(tmp_path_factory):
    return quickstart.QuickstartConfig(
        data=str(tmp_path_factory.mktemp("data")), pictures=12, videos=8)


@pytest.fixture(scope="module")
def people(cfg):
    return quickstart.make_people(cfg)


@pytest.fixture(scope="module")
def network():
    return Network(spnet.build(quickstart.MODEL), pa16j2d, {"pennaction": PENN_ACTIONS},
                   dataconf=quickstart.CROPS)


def test_people_are_made_once(cfg, people):
    calls = []
    again = quickstart.make_people(cfg, lambda *call: calls.append(call))
    assert calls == []
    assert again.mpii.get_length(TRAIN_MODE) == people.mpii.get_length(TRAIN_MODE) >= 12
    assert again.penn.get_length(TRAIN_MODE) == 8


def test_tasks_share_the_pose_part(cfg, people, network):
    pictures, clips = quickstart.make_tasks(network.model, people, cfg)
    known = {id(v) for v in clips.model.trainable_variables}
    assert clips.model is network.model
    assert {id(v) for v in pictures.model.trainable_variables} < known
    for task in (pictures, clips):
        x, y = task.loader.batch(0)
        assert len(y) == len(task.model.outputs)
        assert [a.shape[1:] for a in y] == [tuple(o.shape[1:]) for o in task.model.outputs]
        assert x[0].shape[1:] == task.model.input_shape[1:]


def test_baselines_do_not_look(people):
    pose, action = quickstart.baselines(people)
    labels = [v.action for v in people.penn.sequences[TRAIN_MODE]]
    truth = [v.action for v in people.penn.sequences[TEST_MODE]]
    majority = np.bincount(labels).argmax()
    assert action.value == pytest.approx(100 * np.mean(np.array(truth) == majority))
    assert 0 < pose.value < 60
    assert pose.evaluated == people.mpii.get_length(VALID_MODE)


def test_scores_of_an_untrained_network(people, network):
    pose, action = score(network, people)
    assert (pose.name, action.name) == ("PCKh@0.5", "single-clip accuracy")
    assert pose.evaluated == pose.samples and action.evaluated == action.samples
    assert (len(pose.blocks), len(action.blocks)) == (4, 4)


def test_pictures_to_look_at(people, network, tmp_path):
    with Image.open(quickstart.draw_sheet(network, people, tmp_path / "s.png")) as sheet:
        assert sheet.width > 4 * 3 * quickstart.SIDE
    frames = sorted(quickstart.unseen_video(people).glob("*.jpg"))
    assert len(frames) == len(people.penn.sequences[TEST_MODE][0].frames)
    with Image.open(frames[0]) as frame:
        assert frame.size == quickstart.VIDEO_SIZE
