"""The networks without released weights are what their entries say."""
from dataclasses import replace

import numpy as np
import pytest

from deephar.checkpoints import CHECKPOINTS
from deephar.checkpoints.description import read_description, write_description
from deephar.checkpoints.variants import VARIANTS
from deephar.models.flops import count_flops
from deephar.networks.load import load_network
from deephar.networks.predict import clip_function
from deephar.networks.tiny import TINY
from tests.exp.conftest import EXP

CARDS = (EXP.parent / "weights" / "README.md").read_text("utf-8")


@pytest.mark.parametrize("key", VARIANTS)
def test_an_entry_hangs_together(key, tmp_path):
    variant = VARIANTS[key]
    assert variant.key == key and key not in CHECKPOINTS
    assert (EXP / variant.script).exists()
    assert variant.script in variant.no_weights and f"`{key}`" in CARDS
    write_description(tmp_path, variant.description)
    read = read_description(tmp_path)
    assert read.layout is variant.description.layout
    assert read.input_shape == variant.description.input_shape
    (actions,) = variant.description.num_actions
    assert f"actions ({actions})" in variant.outputs


@pytest.mark.slow
@pytest.mark.parametrize("key", ["penn_vgg16", "ntu_keypoints3d"])
def test_the_folder_of_a_run_predicts(key, tmp_path):
    """Poses, that the network keeps to itself, and actions with their names."""
    tiny = TINY[key]
    labels = tuple(f"action {i}" for i in range(tiny.arguments["num_actions"]))
    write_description(tmp_path, replace(tiny, actions={"mine": labels}))
    tiny.build().save_weights(tmp_path / "best.weights.h5")
    network = load_network(str(tmp_path))
    clips = np.random.default_rng(0).uniform(-1, 1, (1, 4, 64, 64, 3)).astype("float32")
    poses, actions = clip_function(network, 1)(clips)
    pose, visibility = poses[-1]
    assert pose.shape == (1, 4, tiny.layout.num_joints, tiny.layout.dim)
    assert visibility.shape == pose.shape[:-1]
    assert len(actions) == 9 and actions[-1]["mine"].shape == (1, len(labels))


def test_predict_says_that_there_are_no_weights():
    with pytest.raises(ValueError, match="never released: exp/.*train_penn_vgg16.py"):
        load_network("penn_vgg16")


@pytest.mark.slow
@pytest.mark.parametrize("key", VARIANTS)
def test_full_size(key):
    variant = VARIANTS[key]
    model = variant.description.build()
    assert model.input_shape[1:] == variant.description.input_shape
    assert model.count_params() == variant.parameters
    assert count_flops(model) == variant.flops
    assert model.output_names[-1] == "m"


@pytest.mark.slow
@pytest.mark.parametrize("key", CHECKPOINTS)
def test_operations_of_the_released_networks(key):
    assert count_flops(CHECKPOINTS[key].description.build()) == CHECKPOINTS[key].flops


def test_what_was_published_of_operations():
    """A picture 20.4 GFLOP, with its soft-argmax as convolutions; a clip 70."""
    assert CHECKPOINTS["mpii_reception2d"].flops == pytest.approx(20.4e9, rel=0.04)
    assert CHECKPOINTS["ntu_spnet"].flops == pytest.approx(70e9, rel=0.01)
