"""The depth search against reference numbers, and against trying every depth."""
import time

import numpy as np
import pytest

from deephar.utils.geometric_search import geometric_search
from deephar.utils.stereo import Intrinsics, project_pinhole
from tests.fakes.lifting import GOLDEN

NUMBERS = np.load(GOLDEN / "geometric_search.npz")
INTRINSICS = Intrinsics()


def search(**options):
    lo, hi = NUMBERS["range"]
    return geometric_search(NUMBERS["uv"], NUMBERS["coarse"], NUMBERS["intrinsics"],
                            int(NUMBERS["root"]), lo, hi, **options)


def random_poses(count, seed=0, noise_px=3.0, noise_mm=40.0):
    """Key points, coarse poses and true root-relative poses, some out of range."""
    rng = np.random.default_rng(seed)
    true = rng.normal(0, (250, 400, 250), (count, 17, 3))
    true[:, 0] = 0
    depth = rng.uniform(2300, 7900, count)
    root = np.stack([rng.uniform(-.25, .25, count) * depth,
                     rng.uniform(-.15, .15, count) * depth, depth], -1)
    placed = true + root[:, None]
    placed[..., 2] = np.maximum(placed[..., 2], 500)
    true = placed - placed[:, :1]
    uv = project_pinhole(placed, INTRINSICS) + rng.normal(0, noise_px, (count, 17, 2))
    return uv, true + rng.normal(0, noise_mm, true.shape), true


def error(poses, true):
    return np.linalg.norm(poses - true, axis=-1).mean()


def brute(uv, coarse, root=0, lo=2800, hi=7200, step=1, cost="l1", principal="image"):
    """The first depths of least cost, each of them tried, and the refined poses."""
    fx, fy, cx, cy = INTRINSICS
    coarse = coarse - coarse[:, root:root + 1] * [1, 1, 0]
    found = []
    for points, pose in zip(uv, coarse):
        rays = (points - (points[root] if principal == "root" else (cx, cy))) / (fx, fy)
        depths = lo + step * np.arange(int(np.ceil((hi - lo) / step)), dtype=float)
        xy = (depths[:, None, None] + pose[:, 2:]) * rays
        xy -= xy[:, root:root + 1]
        distances = np.linalg.norm(xy - pose[:, :2], axis=-1)
        best = (distances if cost == "l1" else distances ** 2).sum(-1).argmin()
        refined = np.c_[xy[best], pose[:, 2] - pose[root, 2]]
        found.append((refined, depths[best]))
    return tuple(map(np.array, zip(*found)))


@pytest.mark.parametrize("cost", ["l1", "l2"])
def test_golden(cost):
    refined, depths, costs = search(cost=cost)
    np.testing.assert_array_equal(depths, NUMBERS[f"depth_{cost}"])
    np.testing.assert_allclose(costs, NUMBERS[f"cost_{cost}"], rtol=1e-9)
    np.testing.assert_allclose(refined, NUMBERS[f"refined_{cost}"], atol=1e-7)
    gt = NUMBERS["gt"] - NUMBERS["gt"][:, :1]
    np.testing.assert_allclose(np.linalg.norm(refined - gt, axis=-1).mean(-1),
                               NUMBERS[f"mpjpe_after_{cost}"], rtol=1e-6)


def test_golden_coarse_grid():
    np.testing.assert_array_equal(search(step=10)[1], NUMBERS["depth_l1_step10"])


@pytest.mark.parametrize("options", [
    {}, {"cost": "l2"}, {"step": 7, "lo": 1234.5}, {"step": 0.5, "lo": 4000, "hi": 4500},
    {"principal": "root"}, {"root": 3}, {"lo": 3000, "hi": 3001}, {"hi": 2803}])
def test_fast_equals_brute(options):
    uv, coarse, _ = random_poses(150)
    fast = geometric_search(uv, coarse, INTRINSICS, **options)
    slow = brute(uv, coarse, **options)
    np.testing.assert_array_equal(fast[1], slow[1])
    np.testing.assert_allclose(fast[0], slow[0], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("noise", [(0, 0), (0, 40), (20, 300)])
def test_fast_equals_brute_at_the_extremes_of_noise(noise):
    uv, coarse, _ = random_poses(60, 1, *noise)
    fast, slow = geometric_search(uv, coarse, INTRINSICS), brute(uv, coarse)
    if noise == (0, 0):         # many joints agree exactly: rounding decides
        np.testing.assert_allclose(fast[1], slow[1], atol=1)
    else:
        np.testing.assert_array_equal(fast[1], slow[1])


def test_refined_pose_reprojects_on_its_key_points():
    uv, coarse, _ = random_poses(50)
    refined, depths, _ = geometric_search(uv, coarse, INTRINSICS)
    root_z = (depths + coarse[:, 0, 2])[:, None]
    fx, fy, cx, cy = INTRINSICS
    root_xy = (uv[:, 0] - (cx, cy)) / (fx, fy) * root_z
    placed = refined + np.concatenate([root_xy, root_z], -1)[:, None]
    np.testing.assert_allclose(project_pinhole(placed, INTRINSICS), uv, atol=1e-8)
    np.testing.assert_array_equal(refined[..., 2], coarse[..., 2] - coarse[:, :1, 2])


def test_exact_key_points_help_and_noise_takes_it_away():
    errors = {}
    for noise in (0, 3, 30):
        uv, coarse, true = random_poses(400, noise_px=noise)
        errors[noise] = error(geometric_search(uv, coarse, INTRINSICS)[0], true)
    before = error(coarse - coarse[:, :1], true)
    assert errors[0] < errors[3] < before < errors[30]


def test_one_ray_has_no_depth():
    uv, coarse, _ = random_poses(3)
    uv[1] = uv[1, :1]
    refined, depths, costs = geometric_search(uv, coarse, INTRINSICS)
    assert np.isnan(depths[1]) and np.isnan(costs[1])
    np.testing.assert_array_equal(refined[1], coarse[1] - coarse[1, :1])
    assert np.isfinite(depths[[0, 2]]).all()


def test_inputs_stay_as_they_are():
    uv, coarse, _ = random_poses(5)
    kept = uv.copy(), coarse.copy()
    geometric_search(uv, coarse, INTRINSICS)
    np.testing.assert_array_equal(uv, kept[0])
    np.testing.assert_array_equal(coarse, kept[1])


@pytest.mark.parametrize("change, message", [
    ({"coarse": np.zeros((2, 16, 3))}, "\\(N, J, 3\\)"),
    ({"uv": np.full((2, 17, 2), np.nan)}, "finite"),
    ({"lo": 5, "hi": 5}, "lo < hi"), ({"cost": "l3"}, "cost must be"),
    ({"principal": "left"}, "principal must")])
def test_refusals(change, message):
    arguments = {"uv": np.zeros((2, 17, 2)), "coarse": np.zeros((2, 17, 3)),
                 "intrinsics": INTRINSICS, **change}
    with pytest.raises(ValueError, match=message):
        geometric_search(**arguments)


@pytest.mark.slow
@pytest.mark.parametrize("cost", ["l1", "l2"])
def test_fast_is_brute_on_many_poses_and_hundreds_of_times_faster(cost):
    uv, coarse, _ = random_poses(100_000)
    some = 3000                                     # the brute force takes its time
    geometric_search(uv[:5000], coarse[:5000], INTRINSICS, cost=cost)
    begin = time.process_time()
    fast = geometric_search(uv, coarse, INTRINSICS, cost=cost)
    fast_us = (time.process_time() - begin) / len(uv) * 1e6
    begin = time.process_time()
    slow = brute(uv[:some], coarse[:some], cost=cost)
    brute_us = (time.process_time() - begin) / some * 1e6
    np.testing.assert_array_equal(fast[1][:some], slow[1])
    print(f"{cost}: fast {fast_us:.2f} us, brute {brute_us:.0f} us a pose, "
          f"ratio {brute_us / fast_us:.0f}")
    # Other work moves the ratio, whose median was 690 (l1) and 1200 (l2).
    assert brute_us > 300 * fast_us
