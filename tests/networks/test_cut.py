"""Parts of networks give what the whole network gives."""
from dataclasses import replace

import numpy as np
import pytest

from deephar.models import reception
from deephar.networks.cut import actions_only, cut, heat_map_function, poses_only
from deephar.networks.load import load_network
from deephar.networks.network import Network
from deephar.networks.optimize import call
from deephar.networks.predict import clip_function, frame_function
from deephar.networks.tiny import TINY
from deephar.utils.pose import pa16j2d
from tests.fakes.networks import fixed
from tests.models.small import network as small
from tests.networks.conftest import ACTIONS
from tests.numbers import DEEP, assert_close

pytestmark = pytest.mark.numeric


def test_stop_after_a_block(spnet, clips):
    network = Network(spnet, pa16j2d, ACTIONS, name="small")
    part = cut(network, blocks=1)
    raw = spnet.predict(clips, verbose=0)
    poses, actions = clip_function(part, 2)(clips)
    assert len(poses) == 1 and len(actions) == 1
    assert_close(poses[0][0], raw[0][..., :2], DEEP)
    assert_close(actions[0]["five"], raw[4], DEEP)
    assert part.model.count_params() < 0.6 * spnet.count_params()
    assert cut(network, blocks=4) is network
    assert len(clip_function(cut(network, blocks=3), 2)(clips)[1]) == 2
    for block in (0, 5):
        with pytest.raises(ValueError, match=f"small: blocks must be 1 to 4, got {block}"):
            cut(network, blocks=block)
    with pytest.raises(ValueError, match="Keras model, got Fixed"):
        cut(fixed(), blocks=1)


def test_the_last_outputs(spnet, clips):
    raw = call(spnet, clips)
    network = Network(spnet, pa16j2d, ACTIONS)
    last = call(cut(network, "last").model, clips)
    for found, wanted in zip(last, [raw[3], raw[6], raw[7]], strict=True):
        assert_close(found, wanted, DEEP)
    assert cut(network) is network
    with pytest.raises(ValueError, match="outputs must be 'all' or 'last', got 'first'"):
        cut(network, "first")


def test_pose_and_visibility_apart_are_one_block():
    last = cut(Network(small("merge_2d"), pa16j2d), "last").model
    assert [x.shape[1:] for x in last.outputs] == [(4, 4, 2), (4, 4, 1), (5,)]


@pytest.mark.parametrize("key, poses, actions", [
    ("mpii_reception2d", 2 * [(16, 2), (16, 1)], None),
    ("penn_merge", [(4, 16, 2), (4, 16, 1)], 9 * [(15,)]),
    ("ntu_spnet", 4 * [(4, 17, 4)], 4 * [(60,)]),
    ("penn_vgg16", [(4, 16, 2), (4, 16, 1)], 9 * [(15,)]),
    ("ntu_keypoints3d", [(4, 20, 3), (4, 20, 1)], 9 * [(60,)])])
def test_parts(key, poses, actions):
    network = load_network("random", key=key, tiny=True)
    shapes = lambda model: [tuple(output.shape[1:]) for output in model.outputs]
    assert shapes(poses_only(network)) == poses
    assert network.is_merge == (actions == 9 * actions[:1] if actions else False)
    if actions:
        assert shapes(actions_only(network, actions[0][0])) == actions
    with pytest.raises(ValueError, match="no actions of 7 classes"):
        actions_only(network, 7)


@pytest.mark.slow
def test_the_poses_within_an_action_network_are_its_own():
    network = load_network("random", key="penn_merge", tiny=True)
    tiny = TINY["penn_merge"]
    whole = replace(tiny, arguments={**tiny.arguments, "output_poses": True}).build()
    whole.set_weights(network.model.get_weights())
    x = np.random.default_rng(0).uniform(-1, 1, (1, 4, 64, 64, 3)).astype("float32")
    pose, visibility, *_ = whole(x)
    for one, other in zip(poses_only(network)(x), (pose, visibility), strict=True):
        assert_close(one, other, DEEP)


def test_parts_of_what_is_no_keras_model():
    """A runtime gives all outputs or none; its parts are picked from them."""
    network = fixed(frames=4, actions=[0.1, 0.8, 0.1])
    clips = np.zeros((2, 4, 32, 32, 3), np.float32)
    pose, = poses_only(network).predict(clips)
    assert pose.shape == (2, 4, 16, 3)
    classes, = actions_only(network, 3).predict(clips)
    np.testing.assert_allclose(classes, [[0.1, 0.8, 0.1]] * 2)
    with pytest.raises(ValueError, match="fixed predicts no actions of 7 classes"):
        actions_only(network, 7).predict(clips)
    with pytest.raises(ValueError, match="gives no poses"):
        poses_only(replace(network, layout=None)).predict(clips)


@pytest.mark.slow
def test_heat_maps_are_those_behind_the_last_pose(spnet, clips):
    """The expectation of a map is the pose."""
    pictures = clips[0]
    for network in (
            Network(spnet, pa16j2d, ACTIONS),
            Network(reception.build((64, 64, 3), 16, dim=2, num_blocks=2, ksize=(3, 3),
                                    num_context_per_joint=0,
                                    concat_pose_confidence=False), pa16j2d)):
        maps = heat_map_function(network)(pictures)
        rows, columns = maps.shape[1:3]
        assert maps.shape == (4, rows, columns, 16)
        assert np.allclose(maps.sum(axis=(1, 2)), 1, atol=1e-4)
        x = np.einsum("nhwj,w->nj", maps, np.linspace(0, 1, columns))
        y = np.einsum("nhwj,h->nj", maps, np.linspace(0, 1, rows))
        pose, _ = frame_function(network, 4)(pictures)[-1]
        assert_close(pose, np.stack([x, y], axis=-1), DEEP)
    with pytest.raises(ValueError, match="Keras model, got Fixed"):
        heat_map_function(fixed())
