from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from deephar import config
from deephar.utils import pa16j2d, pa17j3d


def test_presets_hold_the_published_settings():
    assert config.mpii_sp_dataconf.angles == tuple(range(-40, 45, 5))
    assert config.human36m_dataconf.trans_y == tuple(range(-4, 5))
    assert config.pennaction_dataconf.fixed_subsampling == 6
    assert config.pennaction_ar_dataconf.fixed_subsampling == 2
    assert config.ntu_dataconf.angles == (0,)
    assert config.ntu_dataconf.subsampling == (3, 4, 5)
    np.testing.assert_allclose(config.mpii_dataconf.chpower, np.arange(0.9, 1.11, 0.02))


def test_presets_cannot_be_edited():
    with pytest.raises(FrozenInstanceError):
        config.ntu_dataconf.fixed_hflip = 1
    assert replace(config.ntu_dataconf, fixed_hflip=1).get_fixed_config()["hflip"] == 1
    assert config.ntu_dataconf.fixed_hflip == 0


def test_lists_and_arrays_are_stored_as_tuples():
    conf = config.DataConfig([64, 64], angles=np.array([-5, 5]))
    assert conf.input_shape == (64, 64, 3) and conf.angles == (-5, 5)


def test_positions_are_those_of_the_published_code():
    conf = config.DataConfig((64, 32), (3,), [-5, 5], 1, [0.5], 2)
    assert (conf.input_shape, conf.angles) == ((32, 64, 3), (-5, 5))
    settings = conf.get_fixed_config()
    assert (settings["angle"], settings["scale"], conf.scales) == (1, 2, (0.5,))


def test_random_settings_come_from_the_generator():
    draw = lambda seed: config.pennaction_dataconf.random_data_generator(
        np.random.default_rng(seed))
    assert draw(3) == draw(3)
    drawn = [draw(seed) for seed in range(200)]
    assert {d["subspl"] for d in drawn} == {4, 6, 8}
    assert {d["hflip"] for d in drawn} == {0, 1}
    assert set(drawn[0]) == set(config.pennaction_dataconf.get_fixed_config())


def test_rectangle_only_on_request():
    rng = np.random.default_rng(0)
    assert config.human36m_dataconf.random_data_generator(rng)["geoocclusion"] is None
    conf = replace(config.human36m_dataconf, geoocclusion=range(20, 91))
    sides = conf.random_data_generator(rng)["geoocclusion"]
    assert all(20 <= side <= 90 for side in sides)


def test_model_config_knows_its_pose():
    conf = config.ModelConfig([8, 256, 256, 3], pa17j3d, [60], action_pyramids=[1])
    assert (conf.num_joints, conf.dim) == (17, 3)
    assert conf.num_actions == (60,) and conf.action_pyramids == (1,)
    assert config.ModelConfig((64, 64, 3), pa16j2d).num_pyramids == 8
