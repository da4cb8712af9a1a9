"""Which network an evaluation gets, and its parts."""
import logging
from dataclasses import replace

import numpy as np
import pytest

from deephar.checkpoints import CHECKPOINTS
from deephar.checkpoints.description import write_description
from deephar.checkpoints.variants import VARIANTS
from deephar.evaluation.networks import TINY, action_part, load_network, pose_part
from deephar.utils.files import md5_of


def test_every_checkpoint_has_its_tiny_network():
    entries = {key: e.description for key, e in (CHECKPOINTS | VARIANTS).items()}
    assert set(TINY) == set(entries)
    for key, tiny in TINY.items():
        entry = entries[key]
        assert tiny.layout == entry.layout
        assert (tiny.num_frames is None) == (entry.num_frames is None)


@pytest.mark.parametrize("key, poses, actions", [
    ("mpii_reception2d", 2 * [(16, 2), (16, 1)], None),
    ("penn_merge", [(4, 16, 2), (4, 16, 1)], 9 * [(15,)]),
    ("ntu_spnet", 4 * [(4, 17, 4)], 4 * [(60,)]),
    ("penn_vgg16", [(4, 16, 2), (4, 16, 1)], 9 * [(15,)]),
    ("ntu_keypoints3d", [(4, 20, 3), (4, 20, 1)], 9 * [(60,)])])
def test_parts(key, poses, actions):
    network = load_network(key, tiny=True)
    shapes = lambda model: [tuple(output.shape[1:]) for output in model.outputs]
    assert shapes(pose_part(network)) == poses
    assert network.is_merge == (actions == 9 * actions[:1] if actions else False)
    if actions:
        assert shapes(action_part(network, actions[0][0])) == actions
    with pytest.raises(ValueError, match="no actions of 7 classes"):
        action_part(network, 7)


def test_the_poses_within_an_action_network_are_its_own():
    network = load_network("penn_merge", tiny=True)
    tiny = TINY["penn_merge"]
    whole = replace(tiny, arguments={**tiny.arguments, "output_poses": True}).build()
    whole.set_weights(network.model.get_weights())
    x = np.random.default_rng(0).uniform(-1, 1, (1, 4, 64, 64, 3)).astype("float32")
    pose, visibility, *_ = whole(x)
    for one, other in zip(pose_part(network)(x), (pose, visibility), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_the_seed_makes_the_random_weights(caplog):
    with caplog.at_level(logging.WARNING):
        first, again, other = (load_network("mpii_reception2d", tiny=True, seed=seed)
                               for seed in (1, 1, 2))
    assert "RANDOM" in caplog.text
    weights = lambda network: network.model.get_weights()[0]
    np.testing.assert_array_equal(weights(first), weights(again))
    assert not np.array_equal(weights(first), weights(other))
    assert first.weights["file"] is None


def test_weights_from_a_file(tmp_path):
    trained = load_network("mpii_reception2d", tiny=True, seed=5)
    path = tmp_path / "own.weights.h5"
    trained.model.save_weights(path)
    loaded = load_network("mpii_reception2d", str(path), tiny=True)
    assert loaded.weights == {"file": str(path), "md5": md5_of(path)}
    for one, other in zip(trained.model.get_weights(), loaded.model.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_the_folder_of_a_training_run_is_a_network(tmp_path):
    """Its own network, whatever the script's checkpoint is."""
    trained = TINY["ntu_spnet"].build()
    write_description(tmp_path, TINY["ntu_spnet"])
    trained.save_weights(tmp_path / "best.weights.h5")
    network = load_network("penn_spnet", str(tmp_path))
    assert network.layout.name == "pa17j3d" and network.num_frames == 4
    assert network.weights["file"].endswith("best.weights.h5")
    for one, other in zip(trained.get_weights(), network.model.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_a_file_that_is_not_there_is_an_error():
    with pytest.raises(FileNotFoundError, match="nowhere.h5"):
        load_network("mpii_reception2d", "nowhere.h5")


def test_a_network_that_was_never_released_needs_weights_of_ones_own():
    with pytest.raises(ValueError, match="train_penn_vgg16.py trains it.*--weights"):
        load_network("penn_vgg16")
