"""Everything that a user can name becomes a network."""
import logging

import numpy as np
import pytest

from deephar.checkpoints.description import describe_spnet, write_description
from deephar.config import pennaction_dataconf
from deephar.networks import load as room
from deephar.networks.cut import with_poses
from deephar.networks.load import load_network
from deephar.networks.network import Network
from deephar.networks.predict import clip_function
from deephar.networks.tiny import TINY
from deephar.utils.files import md5_of
from deephar.utils.pose import pa16j2d, pa17j3d
from tests.fakes.networks import Fixed, fixed
from tests.networks.conftest import ACTIONS, SPNET
from tests.numbers import DEEP, assert_close


def test_a_bare_model_gets_its_layout(spnet):
    assert load_network(spnet).layout is pa16j2d
    network = fixed(layout=pa17j3d)
    assert load_network(network) is network
    stand_in = Fixed()
    assert load_network(stand_in, layout=pa16j2d).model is stand_in


def test_a_runs_folder(tmp_path, spnet, clips, monkeypatch):
    folder = tmp_path / "weights" / "quickstart"
    folder.mkdir(parents=True)
    write_description(folder, describe_spnet(SPNET, pennaction_dataconf, ACTIONS))
    spnet.save_weights(folder / "best.weights.h5")
    monkeypatch.chdir(tmp_path)
    for name in (folder, str(folder), "quickstart"):
        network = load_network(name)
        assert network.layout is pa16j2d and dict(network.actions) == ACTIONS
        assert network.frame_step == pennaction_dataconf.fixed_subsampling == 6
    assert_close(network.model.predict(clips, verbose=0)[0],
                 spnet.predict(clips, verbose=0)[0], DEEP)


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


def test_published_networks_have_names_for_their_classes(monkeypatch, tmp_path):
    class Model:
        name, input_shape = "SPNet", (None, 8, 256, 256, 3)

    file = tmp_path / "weights.h5"
    file.write_bytes(b"weights")
    monkeypatch.setattr("deephar.checkpoints.load.find_file", lambda *args: file)
    monkeypatch.setattr(room, "load_described", lambda description, path: Model())
    network = load_network("penn_spnet")
    assert network.actions["pennaction"][3] == "bowl" and network.frame_step == 6
    assert network.weights == {"file": str(file), "md5": md5_of(file)}
    assert len(load_network("ntu_spnet").actions["ntuaction"]) == 60
    assert load_network("mpii_reception2d").actions == {}


@pytest.mark.slow
def test_a_merge_network_shows_its_poses():
    from deephar.models import action, reception
    pose = reception.build((64, 64, 3), 16, dim=2, num_blocks=1, ksize=(3, 3))
    model = action.build_merge_model(pose, 5, (64, 64, 3), num_frames=8, num_joints=16,
                                     num_blocks=1)
    network = Network(with_poses(model), pa16j2d, {"five": tuple("abcde")})
    poses, actions = clip_function(network, 1)(np.zeros((1, 8, 64, 64, 3), np.float32))
    assert poses[0][0].shape == (1, 8, 16, 2) and poses[0][1].shape == (1, 8, 16)
    assert actions[-1]["five"].shape == (1, 5)


def test_the_seed_makes_the_random_weights(caplog):
    with caplog.at_level(logging.WARNING):
        first, again, other = (load_network("random", key="mpii_reception2d", tiny=True,
                                            seed=seed)
                               for seed in (1, 1, 2))
    assert "RANDOM" in caplog.text
    weights = lambda network: network.model.get_weights()[0]
    np.testing.assert_array_equal(weights(first), weights(again))
    assert not np.array_equal(weights(first), weights(other))
    assert first.weights["file"] is None


def test_weights_from_a_file(tmp_path):
    trained = load_network("random", key="mpii_reception2d", tiny=True, seed=5)
    path = tmp_path / "own.weights.h5"
    trained.model.save_weights(path)
    loaded = load_network(str(path), key="mpii_reception2d", tiny=True)
    assert loaded.weights == {"file": str(path), "md5": md5_of(path)}
    for one, other in zip(trained.model.get_weights(), loaded.model.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_the_folder_of_a_training_run_is_a_network(tmp_path):
    """Its own network, whatever the script's checkpoint is."""
    trained = TINY["ntu_spnet"].build()
    write_description(tmp_path, TINY["ntu_spnet"])
    trained.save_weights(tmp_path / "best.weights.h5")
    network = load_network(str(tmp_path), key="penn_spnet")
    assert network.layout.name == "pa17j3d" and network.num_frames == 4
    assert network.weights["file"].endswith("best.weights.h5")
    for one, other in zip(trained.get_weights(), network.model.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_a_file_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError, match="nowhere.h5"):
        load_network("nowhere.h5", key="mpii_reception2d")


def test_a_network_that_was_never_released_needs_weights_of_ones_own():
    with pytest.raises(ValueError, match="train_penn_vgg16.py trains it.*--weights"):
        load_network("penn_vgg16")


def test_random_weights_are_of_a_network():
    with pytest.raises(ValueError, match="name of a published network"):
        load_network("random")
