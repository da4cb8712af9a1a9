import dataclasses

import keras
import numpy as np
import pytest

from deephar.checkpoints.legacy import load_legacy_weights, published_order, slots_of
from deephar.losses import pose_regression_loss
from deephar.models import compile_split_models, split_model, spnet
from deephar.models.split import count_outputs
from tests.golden import cases
from tests.golden.legacy_weights import images
from tests.models.small import SPNET_3D, network
from tests.numbers import DEEP, assert_close

CFG = cases.TRAINED_SPNET


# === One training step, as published ===

def targets(shape, num_actions=None):
    """Poses `shape + (3,)` with missing joints, and one-hot classes."""
    rng = np.random.RandomState(cases.SEED)
    p = rng.uniform(0.1, 0.9, shape + (2,))
    v = rng.rand(*shape, 1) < 0.85
    poses = np.concatenate([np.where(v, p, -1e9), v], -1).astype("float32")
    if num_actions is None:
        return poses, None
    return poses, np.eye(num_actions, dtype="float32")[rng.randint(num_actions, size=2)]


def check_step(full, model, x, y, task, name):
    """One step against `numbers/update_NAME.npz`: losses and changes of weights."""
    with np.load(cases.GOLDEN / "numbers" / f"update_{name}.npz") as file:
        wanted = {k: float(file[k].ravel()[0]) for k in file.files if "|" in k}
        losses = file[f"{task}_losses"]
    slots = {f"{task}|{layer.name}|{i}": slot.variable for layer in full.layers
             for i, slot in enumerate(published_order(layer))}
    wanted = {key: norm for key, norm in wanted.items() if key.startswith(f"{task}|")}
    before = {key: slots[key].numpy() for key in wanted}
    actual = model.train_on_batch(x, [y] * len(model.outputs))
    assert_close(actual, losses, DEEP)
    norms = {key: np.linalg.norm(slots[key].numpy() - before[key]) for key in wanted}
    errors = [abs(norms[k] - wanted[k]) / wanted[k] for k in wanted if wanted[k]]
    assert np.median(errors) <= 0.002 and max(errors) <= 0.03
    assert all(norms[key] == 0 for key in wanted if wanted[key] == 0)


@pytest.mark.slow
@pytest.mark.numeric
def test_reception_step(tmp_path):
    name = "reception_64px"
    model = cases.loaded(name, tmp_path)
    model.compile(keras.optimizers.SGD(0.01),
                  [pose_regression_loss("l1l2bincross", 0.01)] * 2)
    check_step(model, model, images((4, 64, 64, 3), 17), targets((4, 16))[0],
               "pose", name)


@pytest.mark.slow
def test_spnet_steps(tmp_path):
    name = "spnet2d_64px"
    full = spnet.build(CFG)
    pose, action = compile_split_models(
        full, CFG, keras.optimizers.SGD(0.01), pose_trainable=True, ar_loss_weights=0.1)
    poses, classes = targets((2, 4, 16), 5)
    file = cases.write_file(name, tmp_path)
    load_legacy_weights(full, file)
    check_step(full, pose, images((2, 4, 64, 64, 3), 17), poses, "pose", name)
    load_legacy_weights(full, file)
    check_step(full, action, images((2, 4, 64, 64, 3), 57), classes, "action", name)


# === Splitting ===

def test_split_shares_the_layers():
    full = network("spnet_3d")
    pose, action = split_model(full, SPNET_3D, model_names=["PE", "AR"])
    assert (pose.name, action.name) == ("PE", "AR")
    assert pose.output_names == full.output_names[:4]
    assert action.output_names == full.output_names[4:]
    assert pose.get_layer("conv1") is action.get_layer("conv1") is full.get_layer("conv1")


def test_interlaced_outputs():
    full = network("spnet_3d")
    o = full.outputs
    woven = keras.Model(full.input, [o[0], o[4], o[5], o[1], o[6], o[7], o[2], o[3]])
    pose, action = split_model(woven, SPNET_3D, interlaced=True)
    assert pose.output_names == full.output_names[:4]
    assert action.output_names == full.output_names[4:]


def test_debug_outputs_are_in_neither_model():
    cfg = dataclasses.replace(CFG, dbg_decoupled_pose=True)
    full = spnet.build(cfg)
    for interlaced in (False, True):
        pose, action = split_model(full, cfg, interlaced)
        assert [len(m.outputs) for m in (full, pose, action)] == [16, 4, 4]


def test_nothing_to_split():
    cfg = dataclasses.replace(SPNET_3D, num_actions=())
    with pytest.raises(ValueError, match="there is no action model"):
        split_model(network("spnet_3d"), cfg)
    cfg = dataclasses.replace(SPNET_3D, num_pyramids=4)
    with pytest.raises(ValueError, match="has 8 outputs; cfg says 8 poses and 4"):
        split_model(network("spnet_3d"), cfg)


def test_count_outputs():
    assert count_outputs(cases.TINY_SPNET) == (4, 8)
    cfg = dataclasses.replace(CFG, num_pyramids=6, action_pyramids=(5, 6, 7),
                              num_levels=4)
    assert count_outputs(cfg) == (18, 6)


# === Freezing and compiling ===

def trained_layers(model) -> set:
    return {layer.name for layer in model.layers if layer.trainable_weights}


def test_only_action_layers_are_trained_until_the_pose_is():
    full = spnet.build(CFG)
    optimizer = keras.optimizers.RMSprop(0.003)
    pose, action = compile_split_models(full, CFG, optimizer)
    assert trained_layers(pose) == set()
    assert trained_layers(action) and all("action" in n for n in trained_layers(action))
    assert pose.optimizer is not action.optimizer
    assert float(action.optimizer.learning_rate) == pytest.approx(0.003)
    pose, action = compile_split_models(full, CFG, optimizer, pose_trainable=True)
    assert "conv1" in trained_layers(pose) & trained_layers(action)


def test_replicas_are_copied_on_request():
    full = spnet.build(CFG)
    head = full.get_layer("dp1_pb1_heatmaps_conv1")
    replica = full.get_layer("dp1_pb1_heatmaps_conv1_replica")
    optimizer = keras.optimizers.SGD(0.01)
    compile_split_models(full, CFG, optimizer)
    assert np.abs(head.get_weights()[0] - replica.get_weights()[0]).max() > 0
    compile_split_models(full, CFG, optimizer, copy_replica=True, verbose=1)
    np.testing.assert_array_equal(head.get_weights()[0], replica.get_weights()[0])


def test_slots_cover_the_model():
    full = network("merge_2d")
    assert len(slots_of(full)) == len(full.weights)
