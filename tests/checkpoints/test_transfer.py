"""What fits is taken over, and the report names everything that is not."""
import dataclasses

import keras
import numpy as np
import pytest

from deephar.checkpoints.description import describe_spnet, write_description
from deephar.checkpoints.transfer import copy_matching, load_matching
from deephar.config import ModelConfig, pennaction_dataconf
from deephar.models import action, reception, spnet
from deephar.utils.pose import pa16j2d
from tests.numbers import DEEP, assert_close

CLIPS = ModelConfig((2, 64, 64, 3), pa16j2d, num_actions=(3,), num_pyramids=1,
                    action_pyramids=(1,), num_levels=3, growth=8,
                    num_pose_features=16, num_visual_features=16)


def with_random_weights(model, seed=0):
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        weight.assign(rng.uniform(0.01, 0.1, weight.shape))
    return model


def values(model, part):
    return {w.path: w.numpy() for w in model.weights if part in w.path}


def test_other_classes_leave_only_the_heads_fresh(tmp_path):
    source = with_random_weights(spnet.build(CLIPS))
    write_description(tmp_path, describe_spnet(
        CLIPS, pennaction_dataconf, {"mine": ("a", "b", "c")}))
    source.save_weights(tmp_path / "best.weights.h5")

    target = spnet.build(dataclasses.replace(CLIPS, num_actions=(5,)))
    heads = values(target, "_pred_conv2h0")
    report = load_matching(target, tmp_path)
    changed = list(report.reshaped)
    # The classes' maps, and what feeds them back to the next block.
    assert changed == ["act1_action_pred_conv2h0", "act1_action_pred_conv3",
                       "act2_action_pred_conv2h0"]
    assert report.fresh == report.unused == []
    for path, value in values(target, "_pred_conv2h0").items():
        np.testing.assert_array_equal(value, heads[path])
    kept = values(source, "res1")
    for path, value in values(target, "res1").items():
        np.testing.assert_array_equal(value, kept[path])
    assert "begins afresh: act1_action_pred_conv2h0 [(3, 3, 16, 3)], here" in str(report)


def test_poses_alone_start_a_network_with_actions():
    pose_cfg = dataclasses.replace(CLIPS, input_shape=(64, 64, 3), num_actions=(),
                                   action_pyramids=())
    source = with_random_weights(spnet.build(pose_cfg))
    target = spnet.build(CLIPS)
    report = copy_matching(source, target)
    assert not report.unused and not report.reshaped
    assert all("action" in name for name in report.fresh) and report.fresh
    x = np.random.default_rng(0).uniform(-1, 1, (1, 2, 64, 64, 3)).astype("float32")
    assert_close(target.predict(x, verbose=0)[1][0],
                 source.predict(x[0], verbose=0)[1], DEEP)


def test_a_pose_network_goes_into_a_merge_model():
    pose = lambda: reception.build((64, 64, 3), 16, dim=2, num_blocks=2)
    source = with_random_weights(pose())
    merged = action.build_merge_model(pose(), 3, (64, 64, 3), num_frames=4,
                                      num_joints=16, num_blocks=2)
    report = copy_matching(source, merged)
    assert report.unused == []
    assert sum(np.prod(w.shape) for w in source.weights) == sum(
        np.prod(w.shape) for w in merged.get_layer("Stem").weights
        + merged.get_layer("rBlock1").weights + merged.get_layer("Model1").weights)
    np.testing.assert_array_equal(
        merged.get_layer("Model1").get_layer("RegMap2").weights[0].numpy(),
        source.get_layer("RegMap2").weights[0].numpy())


def test_nothing_in_common_is_an_error(tmp_path):
    write_description(tmp_path, describe_spnet(
        CLIPS, pennaction_dataconf, {"mine": ("a", "b", "c")}))
    spnet.build(CLIPS).save_weights(tmp_path / "best.weights.h5")
    image = keras.Input((4,))
    other = keras.Model(image, keras.layers.Dense(2, name="alone")(image))
    with pytest.raises(ValueError, match="no layer of"):
        load_matching(other, tmp_path)
