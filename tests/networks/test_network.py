"""What the outputs of a network mean, cutting it, and finding it by name."""
import numpy as np
import pytest

from deephar.config import ModelConfig, pennaction_dataconf
from deephar.networks import network as room
from deephar.networks.network import (
    Network, clip_function, frame_function, load_network, num_pose_outputs, poses_only,
    stop_after)
from deephar.utils.pose import pa16j2d, pa17j3d
from tests.fakes.networks import Fixed, fixed

ACTIONS = {"five": tuple("abcde"), "three": tuple("xyz")}


@pytest.fixture(scope="module")
def spnet():
    """A small SPNet of clips: 4 pose blocks, 2 action blocks of two sets."""
    from deephar.models import spnet
    return spnet.build(ModelConfig(
        (4, 64, 64, 3), pa16j2d, num_actions=(5, 3), num_pyramids=2,
        action_pyramids=(1,), num_levels=3, growth=8, num_pose_features=16,
        num_visual_features=16))


@pytest.fixture(scope="module")
def clips():
    return np.random.default_rng(0).uniform(-1, 1, (2, 4, 64, 64, 3)).astype(np.float32)


def test_outputs_are_read(spnet, clips):
    network = Network(spnet, pa16j2d, ACTIONS)
    assert network.num_frames == 4 and network.resolution == (64, 64)
    poses, actions = clip_function(network, 2)(clips)
    raw = spnet.predict(clips, verbose=0)
    assert len(poses) == 4 and len(actions) == 2
    assert np.allclose(poses[3][0], raw[3][..., :2], atol=1e-5)
    assert np.allclose(poses[3][1], raw[3][..., 2], atol=1e-5)
    assert list(actions[1]) == ["five", "three"]
    assert np.allclose(actions[1]["five"], raw[6], atol=1e-5)
    assert np.allclose(actions[1]["three"], raw[7], atol=1e-5)


def test_pictures_through_a_clip_network(spnet, clips):
    network = Network(spnet, pa16j2d, ACTIONS)
    pictures = clips.reshape(-1, 64, 64, 3)[:7]
    pose, confidence = frame_function(network, 4)(pictures[:4])[-1]
    raw = spnet.predict(clips, verbose=0)[3].reshape(-1, 16, 3)
    assert np.allclose(pose, raw[:4, :, :2], atol=1e-5)
    assert np.allclose(confidence, raw[:4, :, 2], atol=1e-5)
    assert len(poses_only(network).outputs) == 4


def test_stop_after_a_block(spnet, clips):
    network = Network(spnet, pa16j2d, ACTIONS, name="small")
    cut = stop_after(network, 1)
    raw = spnet.predict(clips, verbose=0)
    poses, actions = clip_function(cut, 2)(clips)
    assert len(poses) == 1 and len(actions) == 1
    assert np.allclose(poses[0][0], raw[0][..., :2], atol=1e-5)
    assert np.allclose(actions[0]["five"], raw[4], atol=1e-5)
    assert cut.model.count_params() < 0.6 * spnet.count_params()
    assert stop_after(network, 4) is network
    assert len(clip_function(stop_after(network, 3), 2)(clips)[1]) == 2
    for block in (0, 5):
        with pytest.raises(ValueError, match=f"small has blocks 1 to 4, got {block}"):
            stop_after(network, block)
    with pytest.raises(ValueError, match="Keras model, got Fixed"):
        stop_after(fixed(), 1)


def test_pose_outputs_are_counted():
    clip = [(2, 4, 16, 3)] * 3
    assert num_pose_outputs(clip + [(2, 5), (2, 5), (2, 4, 16, 3)], 5) == 3
    assert num_pose_outputs([(2, 16, 2), (2, 16, 1)] * 2, 4) == 4
    assert num_pose_outputs([(2, 5)], 5) == 0


def test_pose_and_visibility_apart():
    class Apart:
        input_shape = (None, 32, 32, 3)

        def predict(self, x, batch_size=None, verbose=0):
            return [np.full((len(x), 16, 2), 0.25), np.full((len(x), 16, 1), 7.0)]

    pose, confidence = frame_function(Network(Apart(), pa16j2d), 2)(
        np.zeros((1, 32, 32, 3), np.float32))[0]
    assert (pose == 0.25).all() and (confidence == 7).all() and confidence.shape == (1, 16)


def test_outputs_that_do_not_fit_the_action_sets():
    network = Network(Fixed(4, actions=[0.5, 0.5]), pa16j2d, ACTIONS, name="odd")
    with pytest.raises(ValueError, match="odd: 1 action outputs"):
        clip_function(network, 1)(np.zeros((1, 4, 32, 32, 3), np.float32))


# === By name ===

def test_a_bare_model_gets_its_layout(spnet):
    assert load_network(spnet).layout is pa16j2d
    network = fixed(layout=pa17j3d)
    assert load_network(network) is network
    stand_in = Fixed()
    assert load_network(stand_in, layout=pa16j2d).model is stand_in


def test_a_runs_folder(tmp_path, spnet, clips, monkeypatch):
    from deephar.checkpoints.description import describe_spnet, write_description
    config = ModelConfig((4, 64, 64, 3), pa16j2d, num_actions=(5, 3), num_pyramids=2,
                         action_pyramids=(1,), num_levels=3, growth=8,
                         num_pose_features=16, num_visual_features=16)
    folder = tmp_path / "weights" / "quickstart"
    folder.mkdir(parents=True)
    write_description(folder, describe_spnet(config, pennaction_dataconf, ACTIONS))
    spnet.save_weights(folder / "best.weights.h5")
    monkeypatch.chdir(tmp_path)
    for name in (folder, str(folder), "quickstart"):
        network = load_network(name)
        assert network.layout is pa16j2d and dict(network.actions) == ACTIONS
        assert network.frame_step == pennaction_dataconf.fixed_subsampling == 6
    assert np.allclose(network.model.predict(clips, verbose=0)[0],
                       spnet.predict(clips, verbose=0)[0], atol=1e-5)


def test_a_keras_file(tmp_path, spnet):
    spnet.save(tmp_path / "net.keras")
    network = load_network(tmp_path / "net.keras", actions=ACTIONS)
    assert network.layout is pa16j2d and network.num_frames == 4


def test_unknown_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError, match="deephar quickstart"):
        load_network("quickstart")
    with pytest.raises(FileNotFoundError, match="penn_spnet"):
        load_network("penn_spnet2")


def test_published_networks_have_names_for_their_classes(monkeypatch):
    class Model:
        name, input_shape = "SPNet", (None, 8, 256, 256, 3)
    monkeypatch.setattr(room, "load_checkpoint", lambda key, weights: Model())
    network = load_network("penn_spnet")
    assert network.actions["pennaction"][3] == "bowl" and network.frame_step == 6
    assert len(load_network("ntu_spnet").actions["ntuaction"]) == 60
    assert load_network("mpii_reception2d").actions == {}


def test_a_merge_network_shows_its_poses():
    from deephar.models import action, reception
    pose = reception.build((64, 64, 3), 16, dim=2, num_blocks=1, ksize=(3, 3))
    model = action.build_merge_model(pose, 5, (64, 64, 3), num_frames=8, num_joints=16,
                                     num_blocks=1)
    network = Network(room._with_poses(model), pa16j2d, {"five": tuple("abcde")})
    poses, actions = clip_function(network, 1)(np.zeros((1, 8, 64, 64, 3), np.float32))
    assert poses[0][0].shape == (1, 8, 16, 2) and poses[0][1].shape == (1, 8, 16)
    assert actions[-1]["five"].shape == (1, 5)


def test_heat_maps_are_those_behind_the_last_pose(spnet, clips):
    """The expectation of a map is the pose."""
    from deephar.models import reception
    pictures = clips[0]
    for network in (
            Network(spnet, pa16j2d, ACTIONS),
            Network(reception.build((64, 64, 3), 16, dim=2, num_blocks=2, ksize=(3, 3),
                                    num_context_per_joint=0,
                                    concat_pose_confidence=False), pa16j2d)):
        maps = room.heat_map_function(network)(pictures)
        rows, columns = maps.shape[1:3]
        assert maps.shape == (4, rows, columns, 16)
        assert np.allclose(maps.sum(axis=(1, 2)), 1, atol=1e-4)
        x = np.einsum("nhwj,w->nj", maps, np.linspace(0, 1, columns))
        y = np.einsum("nhwj,h->nj", maps, np.linspace(0, 1, rows))
        pose, _ = frame_function(network, 4)(pictures)[-1]
        assert np.allclose(pose, np.stack([x, y], axis=-1), atol=1e-4)
    with pytest.raises(ValueError, match="Keras model, got Fixed"):
        room.heat_map_function(fixed())
