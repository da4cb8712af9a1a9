import numpy as np
import pytest

from deephar.data.synthetic import scenes


def points(seed=0):
    return np.random.default_rng(seed).uniform([-500, -300, 0], [500, 300, 1750], (60, 3))


def test_look_at_is_a_rotation_with_the_target_ahead():
    R = scenes.look_at(np.array([0.0, -3000, 1500]), np.array([0.0, 0, 900]))
    np.testing.assert_allclose(R @ R.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(R) == pytest.approx(1)
    ahead = R @ np.array([0.0, 3000, -600])
    np.testing.assert_allclose(ahead[:2], 0, atol=1e-9)
    assert (R @ [0, 0, 1.0])[1] < 0                 # image y is down


@pytest.mark.parametrize("seed", range(12))
def test_framed_people_fill_the_picture_and_stay_in_it(seed):
    rng = np.random.default_rng(seed)
    view = scenes.frame_view(rng, points(seed), (480, 270), (0.7, 0.8), shift=0.0)
    uvd = view.project(points(seed))
    assert (uvd[:, 2] > 1000).all()
    assert (uvd[:, :2] > 0).all() and (uvd[:, :2] < (480, 270)).all()
    share = (np.ptp(uvd[:, :2], axis=0) / (480, 270)).max()
    assert 0.5 < share < 0.81
    assert view.T[2] > 0


@pytest.mark.parametrize("indoors", [True, False])
def test_backgrounds_repeat_with_the_seed_and_vary_without(indoors):
    made = []
    for seed in (1, 1, 2):
        rng = np.random.default_rng(seed)
        view = scenes.frame_view(rng, points(), (160, 120))
        made.append(np.asarray(scenes.background(rng, view, indoors), float))
    np.testing.assert_array_equal(made[0], made[1])
    assert np.abs(made[0] - made[2]).mean() > 5
    assert made[0].shape == (120, 160, 3) and made[0].std() > 4


def test_light_is_from_above():
    for seed in range(20):
        light = scenes.make_light(np.random.default_rng(seed))
        assert np.linalg.norm(light.direction) == pytest.approx(1)
        assert light.direction[2] > 0.5


def test_occluders_stand_between_camera_and_target():
    view = scenes.frame_view(np.random.default_rng(0), points(), (480, 270))
    target = points().mean(0)
    far = np.linalg.norm(target - view.T)
    for seed in range(10):
        parts = scenes.occluders(np.random.default_rng(seed), view, target)
        assert parts
        depth = view.project(np.array([p.a for p in parts]))[:, 2]
        assert (depth < far).all() and (depth > 0).all()
