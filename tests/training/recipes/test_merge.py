"""The three stages of the CVPR'18 recipe: what is trained, how fast, how long."""
import keras
import pytest

from deephar.models import action, reception
from deephar.training.optimizers import RMSprop
from deephar.training.recipes.merge import MergeConfig, merge_stages
from deephar.utils.modes import VALID_MODE
from tests.data.test_clips import Videos
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


def test_rates_follow_validation(networks):
    pose, merged = networks
    _, poses, frozen, everything = merge_stages(
        MergeConfig(pose_epochs=2, epochs=3, patience=1), merged, pose, toy_loader(2),
        toy_loader(3))
    history = [{"mpii/pckh": p} for p in (50.0, 49.0)]
    assert [poses.plan(e, history[:e]) for e in (0, 1, 2)] == pytest.approx(
        [1e-3, 1e-3, 2e-4])
    assert poses.plan.reload and poses.scores == {"mpii"}
    history += [{"held_out/accuracy": a} for a in (30.0, 40.0, 40.0)]
    rates = [frozen.plan(e, history[:e]) for e in (2, 3, 4, 5)]
    assert rates == pytest.approx([2e-4, 2e-4, 2e-4, 4e-5])
    assert frozen.scores == {"held_out", "penn", "ntu"}
    # A tenth of the final rate, whatever validation says then.
    later = history + [{"held_out/accuracy": 20.0}] * 3
    assert [everything.plan(e, later[:e]) for e in (5, 6, 8)] == pytest.approx([4e-6] * 3)
    first, = frozen.tasks()
    assert first.optimizer.nesterov and first.optimizer.momentum == pytest.approx(0.98)


def test_rates_follow_the_loss_or_a_list(networks):
    pose, merged = networks
    _, poses, frozen, everything = merge_stages(
        MergeConfig(pose_epochs=2, epochs=2, pose_drop_epochs=(1,), patience=1,
                    validation="loss", reload_best=False),
        merged, pose, toy_loader(2), toy_loader(3))
    assert [poses.plan(e, []) for e in (0, 1)] == pytest.approx([1e-3, 2e-4])
    history = [{"pose": 1.0}] * 2 + [{"action": 3.0}]
    assert frozen.plan(3, history) == pytest.approx(2e-4)
    history += [{"action": 3.0}]
    assert frozen.plan(4, history) == pytest.approx(4e-5)
    assert everything.plan(4, history) == pytest.approx(4e-6)
    assert not frozen.plan.reload


def test_videos_are_held_out_where_they_are_watched():
    videos = Videos()
    part = MergeConfig(seed=3).training_part(videos)
    assert part.get_length(VALID_MODE) == 2
    assert part.sequences == videos.hold_out(0.1, seed=3).sequences
    assert MergeConfig(validation="loss").training_part(videos) is videos
