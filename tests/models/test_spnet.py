import dataclasses
import time

import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.config import ModelConfig
from deephar.models import spnet
from deephar.utils.pose import pa16j2d, pa17j3d
from tests.golden import cases
from tests.golden.legacy_weights import images
from tests.models.small import SPNET_3D, network
from tests.numbers import DEEP, LAYER, assert_close

pytestmark = pytest.mark.numeric

PICTURE = ModelConfig((64, 64, 3), pa16j2d, num_pyramids=2, num_levels=3, growth=8)


def variant(**changes):
    return dataclasses.replace(PICTURE, **changes)


def test_a_picture_and_its_clip_have_the_same_poses():
    picture = spnet.build(PICTURE)
    clip = spnet.build(variant(input_shape=(3, 64, 64, 3)))
    clip.set_weights(picture.get_weights())
    x = images((2, 3, 64, 64, 3), 1)
    assert picture.output_shape == [(None, 16, 3)] * 4
    assert clip.output_shape == [(None, 3, 16, 3)] * 4
    assert_close(cases.answers(clip, x)[-1][1], cases.answers(picture, x[1])[-1], DEEP)


def test_outputs_of_two_action_sets():
    model = network("spnet_3d")
    assert model.output_names == [
        "dp1_pb1", "dp1_pb2", "up2_pb1", "up2_pb0",
        "act1_ac_a0", "act1_ac_a1", "act2_ac_a0", "act2_ac_a1"]
    outputs = cases.answers(model, images((1, 4, 64, 64, 3), 1))
    assert [y.shape for y in outputs[3:6]] == [(1, 4, 17, 4), (1, 6), (1, 3)]
    assert min(y[..., :3].min() for y in outputs[:4]) >= 0
    for y in outputs[4:]:
        np.testing.assert_allclose(y.sum(-1), 1, atol=1e-5)


def test_depth_is_read_under_the_probability_map():
    model = network("spnet_3d")
    inner = lambda name: model.get_layer(name).output
    parts = keras.Model(model.input, [
        inner("dp1_pb2_depthmaps_conv1"), inner("dp1_pb2_probmaps"), inner("dp1_pb2")])
    depth, maps, pose = cases.answers(parts, images((1, 4, 64, 64, 3), 1))
    z = (maps / (1 + np.exp(-depth))).sum((1, 2))
    assert_close(pose[0, ..., 2], z, LAYER)


def test_sharpness_of_the_softmax():
    soft, sharp = (spnet.build(variant(sam_alpha=a)) for a in (1, 5))
    sharp.set_weights(soft.get_weights())
    x = images((1, 64, 64, 3), 1)
    confidence = [cases.answers(m, x)[0][..., 2].mean() for m in (soft, sharp)]
    assert confidence[1] > confidence[0]


def test_down_sampling_by_convolutions():
    model = spnet.build(variant(downsampling_type="conv"))
    kinds = {type(layer).__name__ for layer in model.layers}
    assert "Conv2DTranspose" in kinds and "UpSampling2D" not in kinds
    assert [layer.name for layer in model.layers
            if isinstance(layer, keras.layers.MaxPooling2D)] == ["entry_pool0"]
    assert model.get_layer("res3_conv2").strides == (2, 2)
    assert model.get_layer("dp1_du1_r0_conv1").strides == (2, 2)
    names = [layer.name for layer in model.layers if layer.name.startswith("up2_uu1")]
    assert names == ["up2_uu1_bn1", "up2_uu1_act1", "up2_uu1_convtrans1", "up2_uu1_add"]
    kernel = model.get_layer("up2_uu1_convtrans1").kernel
    assert kernel.shape == (2, 2, 32, 40)


def test_image_div():
    model = spnet.build(variant(image_div=4))
    assert model.get_layer("dp1_pb1_probmaps").output.shape == (None, 8, 8, 16)
    assert "res3_conv1" not in {layer.name for layer in model.layers}
    model = spnet.build(variant(image_div=16, input_shape=(128, 128, 3)))
    assert model.get_layer("res6_conv2").output.shape == (None, 8, 8, 32)


def test_replica_only_where_actions_are_and_decoupled_outputs_last():
    cfg = ModelConfig(
        (4, 64, 64, 3), pa17j3d, num_actions=[3], num_pyramids=3, action_pyramids=[2],
        num_levels=3, growth=8, pose_replica=True, num_pose_features=16,
        num_visual_features=16, dbg_decoupled_pose=True)
    model = spnet.build(cfg)
    replicas = [l.name for l in model.layers if l.name.endswith("_replica")]
    assert sorted(replicas) == sorted(
        f"up2_pb{i}_{branch}_conv1_replica"
        for i in (0, 1) for branch in ("heatmaps", "depthmaps"))
    assert [s[1:] for s in model.output_shape] == (
        [(4, 17, 4)] * 6 + [(3,)] * 2 + [(4, 17, 3)] * 2
        + [(4, 4, 4, 17), (4, 8, 8, 17)])
    outputs = cases.answers(model, images((1, 4, 64, 64, 3), 1))
    np.testing.assert_allclose(outputs[-1].sum((2, 3)), 1, atol=1e-5)
    maps, pose = outputs[-1], outputs[-3]
    x = (maps * np.linspace(0, 1, 8)[:, None]).sum((2, 3))
    assert_close(pose[..., 0], x, LAYER)


def test_action_maps_pass_pyramids_without_actions():
    cfg = dataclasses.replace(SPNET_3D, num_pyramids=4, action_pyramids=(1, 4))
    model = spnet.build(cfg)
    names = [layer.name for layer in model.layers]
    assert not [n for n in names if n.startswith(("up2", "dp3")) and "action" in n]
    # The second block's result meets what the first pyramid left at each level.
    assert {"up4_uu1_action_r0_conv1", "up4_uu1_action_add", "up4_uu0_action_r0_conv1",
            "up4_uu0_action_add"} <= set(names)
    assert len(model.outputs) == 8 + 2 * 4


@pytest.mark.parametrize("frames, joints, plane", [
    (4, "pa16j2d", (4, 8)), (5, "pa17j3d", (6, 10)), (16, "pa16j2d", (8, 8)),
    (18, "pa17j3d", (10, 10))])
def test_planes_are_padded_until_they_halve(frames, joints, plane):
    layout = {"pa16j2d": pa16j2d, "pa17j3d": pa17j3d}[joints]
    x = keras.Input((frames, layout.num_joints, 2))
    y = spnet._shrink_plane(x, name="p")
    assert y.shape == (None, *plane, 2)


def test_padding_puts_the_smaller_half_first():
    x = keras.Input((5, 17, 2))
    model = keras.Model(x, spnet._shrink_plane(x, name="p"))
    assert model.get_layer("p_pad").padding == ((0, 1), (1, 2))


@pytest.mark.slow
def test_output_names_change_at_the_tenth_block():
    cfg = ModelConfig(
        (2, 32, 32, 3), pa16j2d, num_actions=[2], num_pyramids=10,
        action_pyramids=range(1, 11), num_levels=2, growth=4, image_div=4,
        num_pose_features=16, num_visual_features=16)
    model = spnet.build(cfg)
    assert model.output_names[-2:] == ["act9_ac_a0", "act10_a0"]
    assert len(model.outputs) == 20
    assert spnet.get_num_predictions(10, 2) == 10


def test_no_gradient_flows_into_the_entry_flow():
    model = spnet.build(PICTURE, stop_grad_stem=True)
    x = images((1, 64, 64, 3), 1)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(x, training=True)[-1] ** 2)
    gradients = dict(zip([v.path for v in model.trainable_variables], tape.gradient(
        loss, [v.value for v in model.trainable_variables])))
    assert gradients["conv1/kernel"] is None
    assert gradients["res4_conv2/kernel"] is None
    assert np.abs(gradients["dp1_du1_r0_conv1/pointwise_kernel"]).max() > 0


@pytest.mark.parametrize("changes, message", [
    (dict(input_shape=(64, 3)), "must be .H, W, 3. or .T, H, W, 3., got .64, 3."),
    (dict(num_actions=(5,)), "actions need clips"),
    (dict(downsampling_type="average"), "'maxpooling' or 'conv', got 'average'"),
    (dict(image_div=12), "power of two, at least 4, got 12"),
    (dict(num_levels=1), "num_levels must be >= 2"),
    (dict(dbg_decoupled_pose=True), "needs pose_replica=True"),
    (dict(input_shape=(72, 64, 3)), "of 64, 96, 128, .* got input_shape .72, 64, 3."),
    (dict(num_levels=4), "of 128, 192, 256, .* pixels"),
])
def test_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        spnet.build(variant(**changes))


@pytest.mark.parametrize("name", ["predict_rootz", "dbg_decoupled_h"])
def test_what_was_never_published_is_not_implemented(name):
    with pytest.raises(NotImplementedError, match=name):
        spnet.build(variant(**{name: True}))


@pytest.mark.slow
def test_the_largest_network_builds_in_ten_seconds():
    cfg = ModelConfig(
        (8, 256, 256, 3), pa17j3d, num_actions=[15, 60], num_pyramids=8,
        action_pyramids=range(1, 9), pose_replica=True, num_pose_features=192,
        num_visual_features=192)
    start = time.process_time()
    model = spnet.build(cfg)
    assert time.process_time() - start < 10
    assert len(model.outputs) == 24 + 48
