"""The two stages of SPNet: what is trained, how fast, how long, with which losses."""
import dataclasses

import numpy as np
import pytest

from deephar.config import ModelConfig
from deephar.models import spnet
from deephar.training.optimizers import RMSprop
from deephar.training.recipes.spnet import SpnetConfig, pictures_as_clips, spnet_stages
from deephar.training.schedule import Constant
from deephar.training.task import completed
from deephar.utils.pose import pa16j2d
from tests.training.recipes.test_people import Pictures

NETWORK = ModelConfig((2, 64, 64, 3), pa16j2d, num_actions=(3,), num_pyramids=1,
                      action_pyramids=(1,), num_levels=2, growth=8, pose_replica=True,
                      num_pose_features=16, num_visual_features=16)
CONFIG = SpnetConfig(num_frames=2, num_clips=3, epochs=30, action_epochs=2,
                     action_weight=0.01, rate=1e-3, drop_epochs=(16, 26))
LOADERS = {"pose": "pictures", "action": "clips"}


@pytest.fixture(scope="module")
def full():
    return spnet.build(NETWORK)


def stages(full, cfg=CONFIG, **options):
    return spnet_stages(cfg, full, NETWORK, LOADERS, lambda: RMSprop(cfg.rate), 7, **options)


def layers(task):
    return {layer.name for layer in task.model.layers if layer.trainable_weights}


def test_both_tasks(full):
    heads, both = stages(full)
    assert [(s.epochs, s.steps_per_epoch) for s in (heads, both)] == [(2, 7), (28, 7)]
    (action,) = heads.tasks()
    assert (action.name, action.loader) == ("action", "clips")
    assert all("action" in name for name in layers(action))
    pose, joint = both.tasks()
    assert (pose.name, pose.loader) == ("pose", "pictures")
    assert "conv1" in layers(pose) & layers(joint)
    assert completed(pose).weight == (1.0,)
    assert completed(joint).weight == (0.01,)
    optimizers = [completed(task).optimizer for task in (action, pose, joint)]
    assert len({id(o) for o in optimizers}) == 3
    assert all(type(o) is RMSprop for o in optimizers)
    rates = [heads.plan(0), heads.plan(1.9)] + [both.plan(e) for e in (2, 15.9, 16, 25, 26, 29)]
    assert rates == pytest.approx([1e-3] * 4 + [1e-4] * 2 + [1e-5] * 2)


def test_replicas_begin_as_copies_with_every_stage(full):
    head = full.get_layer("dp1_pb1_heatmaps_conv1")
    replica = full.get_layer("dp1_pb1_heatmaps_conv1_replica")
    for number, stage in enumerate(stages(full)):
        head.set_weights([w + number + 1 for w in head.get_weights()])
        assert (replica.get_weights()[0] != head.get_weights()[0]).any()
        stage.tasks()
        np.testing.assert_array_equal(replica.get_weights()[0], head.get_weights()[0])


@pytest.mark.parametrize("task, epochs", [("pose", [0, 30]), ("action", [2, 28])])
def test_one_task(full, task, epochs):
    heads, alone = stages(full, dataclasses.replace(CONFIG, tasks=(task,)))
    assert [heads.epochs, alone.epochs] == epochs
    (only,) = alone.tasks()
    assert only.name == task and "conv1" in layers(only)
    assert alone.name == f"{task}s alone"


def test_the_heads_may_have_a_rate_of_their_own(full):
    heads, both = stages(full, head_plan=Constant(0.01))
    assert (heads.plan(0), both.plan(2)) == (0.01, 1e-3)


def test_pictures_make_clips():
    poses = pictures_as_clips(CONFIG, [lambda: Pictures(7), lambda: Pictures(9)], (1, 1), 4)
    (frames,), targets = poses[0]
    assert frames.shape == (3, 2, 8, 8, 3) and len(targets) == 4
    assert targets[0][..., 0].tolist() == [[7, 9]] * 3
    with pytest.raises(ValueError, match="add up to the 2 frames of a clip, got .1, 2"):
        pictures_as_clips(CONFIG, [None, None], (1, 2), 4)
