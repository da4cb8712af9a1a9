"""The three stages of the CVPR'18 recipe: what is trained, how fast, how long."""
import keras
import pytest

from deephar.models import action, reception
from deephar.training.optimizers import RMSprop
from deephar.training.recipes.merge import MergeConfig, merge_stages
from tests.training.toys import toy_loader


@pytest.fixture(scope="module")
def networks():
    pose = reception.build((32, 32, 3), 16, dim=2, num_blocks=1, ksize=(3, 3))
    return pose, action.build_merge_model(pose, 2, (32, 32, 3), num_frames=4,
                                          num_joints=16, num_blocks=1)


def test_stages(networks):
    pose, merged = networks
    trunk, *stages = merge_stages(MergeConfig(), merged, pose, toy_loader(2), toy_loader(3))
    assert trunk.epochs == 0
    assert [stage.epochs for stage in stages] == [120, 60, 5]
    assert [stage.steps_per_epoch for stage in stages] == [4, 4, 4]
    trained = []
    for stage in stages:
        task, = stage.tasks()
        assert isinstance(task.optimizer,
                          RMSprop if task.name == "pose"
                          else keras.optimizers.SGD)
        trained.append((task.name, {id(v) for v in task.model.trainable_variables}))
    (_, poses), (_, heads), (_, everything) = trained
    assert [name for name, _ in trained] == ["pose", "action", "action"]
    assert not poses & heads and poses | heads == everything


def test_rates(networks):
    pose, merged = networks
    _, poses, frozen, everything = merge_stages(
        MergeConfig(pose_epochs=2, pose_drop_epochs=(1,), patience=1), merged, pose,
        toy_loader(2), toy_loader(3))
    assert [poses.plan(e, []) for e in (0, 1)] == pytest.approx([1e-3, 2e-4])
    history = [{"pose": 1.0}] * 2 + [{"action": 3.0}]
    assert frozen.plan(3, history) == pytest.approx(2e-4)
    assert frozen.plan(4, history + [{"action": 3.0}]) == pytest.approx(4e-5)
    assert everything.plan(62, history) == pytest.approx(2e-5)
    first, = frozen.tasks()
    assert first.optimizer.nesterov and first.optimizer.momentum == pytest.approx(0.98)
