"""Which layers begin afresh, and that they are not frozen before they are trained."""
import dataclasses

import pytest
import tensorflow as tf

from deephar.checkpoints.description import describe_spnet, write_description
from deephar.config import ModelConfig, mpii_dataconf
from deephar.models import spnet
from deephar.training.fresh import begin, check_frozen
from deephar.training.run import Run, was_begun
from deephar.training.schedule import Constant
from deephar.training.stages import Stage, train_stages
from deephar.utils.pose import pa16j2d
from tests.training.toys import toy_models, toy_tasks


@pytest.fixture
def models():
    return toy_models()


def tasks_of(models, trunk_is_trained=True):
    """Both tasks, or the actions alone on a frozen trunk."""
    full, pose, action = models
    for name in ("conv", "bn"):
        full.get_layer(name).trainable = trunk_is_trained
    return toy_tasks(pose, action)[0 if trunk_is_trained else 1:]


def test_all_layers_begin_afresh_without_weights(models):
    full, _, _ = models
    assert set(begin(full)) == {"conv", "bn", "pose", "action"}
    assert set(begin(full, filled=[full.get_layer("conv")])) == {"bn", "pose", "action"}


def test_what_is_frozen_untrained_is_named(models):
    fresh = begin(models[0])
    with pytest.raises(ValueError, match="stage 'heads' freezes layers that begin afresh and "
                                         "would stay random: conv, bn; begin with --weights"):
        check_frozen("heads", tasks_of(models, trunk_is_trained=False), fresh)
    only_bn = {"bn": fresh["bn"]}
    with pytest.raises(ValueError, match="random: bn; "):
        check_frozen("heads", tasks_of(models, trunk_is_trained=False), only_bn)


def test_what_is_trained_is_no_longer_fresh(models):
    left = check_frozen("both", tasks_of(models), begin(models[0]))
    assert not left
    # The pose head is no part of the actions' network: it stays fresh, and may.
    head = {"pose": models[0].get_layer("pose"), "action": models[0].get_layer("action")}
    assert set(check_frozen("heads", tasks_of(models, False), head)) == {"pose"}


def train(folder, models, ways, fresh):
    stages = [Stage(str(way), 1, 1, lambda way=way: tasks_of(models, way), Constant(0.01))
              for way in ways]
    train_stages(models[0], stages, Run(folder), strategy=tf.distribute.get_strategy(),
                 fresh=fresh)


def test_a_training_is_refused_before_it_begins(tmp_path, models):
    with pytest.raises(ValueError, match="stage 'False' freezes.*conv, bn"):
        train(tmp_path, models, [False, True], begin(models[0]))
    assert not was_begun(tmp_path)
    train(tmp_path, models, [True, False], begin(models[0]))


def test_it_may_be_allowed(tmp_path, models):
    train(tmp_path, models, [False], {})
    assert was_begun(tmp_path)


def test_a_copy_is_as_fresh_as_its_source(tmp_path):
    network = ModelConfig((64, 64, 3), pa16j2d, num_pyramids=1, action_pyramids=(),
                          num_levels=2, growth=8)
    poses = spnet.build(network)
    write_description(tmp_path, describe_spnet(network, mpii_dataconf))
    poses.save_weights(tmp_path / "best.weights.h5")
    clips = dataclasses.replace(network, input_shape=(2, 64, 64, 3), num_actions=(3,),
                                action_pyramids=(1,), pose_replica=True)
    full, replica = spnet.build(clips), "dp1_pb1_heatmaps_conv1_replica"
    assert replica in begin(full, str(tmp_path))
    fresh = begin(full, str(tmp_path), copies_replicas=True)
    assert fresh and all("action" in name for name in fresh)
    assert replica in begin(full, copies_replicas=True)
