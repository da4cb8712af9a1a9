"""What the scripts of the 3D key-point network share."""
import logging

import numpy as np
import pytest

from deephar.config import pennaction_ar_dataconf
from deephar.data.locate import locate
from deephar.models import linear
from deephar.networks.label_generator import LabelGenerator
from deephar.training.recipes.keypoints3d import KeypointsConfig, describe, labelled_mpii
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.pose import INVALID, pa16j3d, pa20j3d
from deephar.utils.stereo import Normaliser

SMALL = dict(data="synthetic", synthetic_size="tiny", side=64, width=8, depth_maps=2,
             num_levels=2)


@pytest.fixture
def small_generator(monkeypatch):
    """An untrained generator, whichever folder is asked for."""
    numbers = lambda dim: Normaliser(np.zeros(17 * dim), np.full(17 * dim, 100.0))
    made = LabelGenerator(
        linear.build(*linear.VIEW_SYNTHESIS, units=8, blocks=1),
        linear.build(*linear.RECONSTRUCTION, units=8, blocks=1),
        numbers(2), numbers(2), numbers(3))
    monkeypatch.setattr(LabelGenerator, "load", lambda folder: made)
    return made


def test_flags_make_the_network():
    cfg = KeypointsConfig(**SMALL, stacks=1, deep=False)
    description = describe(cfg, pa16j3d, pennaction_ar_dataconf, 4,
                           {"mine": ("a", "b")}, "v1")
    assert description.input_shape == (4, 64, 64, 3)
    assert description.dataconf.crop_resolution == (64, 64)
    model = description.build()
    assert model.output_shape[-1] == (None, 2)
    assert model.get_layer("features").get_weights()[0].shape[2] == 576


@pytest.mark.parametrize("layout", [pa16j3d, pa20j3d])
def test_people_get_the_generators_depths(layout, small_generator, at_home, caplog):
    with caplog.at_level(logging.INFO, "deephar"):
        people = labelled_mpii(KeypointsConfig(**SMALL), layout)
    assert "Depths for" in caplog.text
    labels = people.labels[TRAIN_MODE]
    labelled = np.flatnonzero(labels.weights)
    assert len(labelled) and (labels.weights <= 1).all()
    sample = people.get_data(labelled[0], TRAIN_MODE, rng=np.random.default_rng(0))
    pose = sample["pose"]
    assert pose.shape == (layout.num_joints, 5)
    assert (pose[:, 4] == labels.weights[labelled[0]]).all()
    known = pose[:, 2] != INVALID
    assert known.any() and np.isfinite(pose).all()
    pelvis = layout.joint_names.index("pelvis")
    if known[pelvis]:
        assert pose[pelvis, 2] == 0.5


def test_without_a_generator_depths_are_unknown(at_home, caplog):
    people = labelled_mpii(KeypointsConfig(**SMALL, labels="none"), pa16j3d)
    assert "No labels" in caplog.text
    pose = people.get_data(0, TRAIN_MODE, rng=np.random.default_rng(0))["pose"]
    assert (pose[:, 2] == INVALID).all() and (pose[:, 4] == 1).all()


def test_a_missing_generator_is_an_error(at_home):
    locate("synthetic", "mpii", "tiny")
    with pytest.raises(FileNotFoundError, match="output/label_generator"):
        labelled_mpii(KeypointsConfig(**SMALL), pa16j3d)
