"""Measures against published numbers, and against answers worked out by hand."""
import time
from pathlib import Path

import numpy as np
import pytest

from deephar import measures
from deephar.utils.pose import INVALID, pa16j2d, pa17j3d

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN / "measures.npz") as file:
        return dict(file)


@pytest.fixture(scope="module")
def lifting():
    with np.load(GOLDEN / "lifting_metrics.npz") as file:
        return dict(file)


def random_poses(num=5, joints=16, dim=2, seed=0):
    rng = np.random.default_rng(seed)
    y_true = rng.uniform(0, 100, (num, joints, dim))
    return y_true, y_true + rng.normal(0, 5, y_true.shape)


# === Published numbers ===

def test_published_pckh(golden):
    poses = golden["y_true"], golden["y_pred"], golden["head_size"]
    assert measures.pckh(*poses) == pytest.approx(golden["pckh_05"], abs=1e-6)
    assert measures.pckh(*poses, 0.2) == pytest.approx(golden["pckh_02"], abs=1e-6)


def test_published_3d_measures(golden):
    poses = golden["w_true"], golden["w_pred"]
    assert measures.mean_distance_error(*poses) == pytest.approx(
        golden["mean_distance_error"], abs=1e-6)
    assert measures.pck3d(*poses) == pytest.approx(golden["pck3d_150"], abs=1e-6)
    assert measures.pck3d(*poses, 100) == pytest.approx(golden["pck3d_100"], abs=1e-6)


@pytest.mark.parametrize("ours, theirs", [
    ("mpjpe", "mpjpe"), ("p_mpjpe", "p_mpjpe"), ("n_mpjpe", "n_mpjpe"),
    ("mpjve", "mean_velocity_error")])
def test_published_mpjpe_family(lifting, ours, theirs):
    value = getattr(measures, ours)(lifting["target"], lifting["pred"])
    assert value == pytest.approx(lifting[theirs], rel=1e-5)


@pytest.mark.parametrize("align, name", [
    (lambda true, pred: pred, "mpjpe"), (measures.similarity_aligned, "p_mpjpe"),
    (measures.scale_aligned, "n_mpjpe")])
def test_published_mpjpe_of_each_frame(lifting, align, name):
    true, pred = lifting["target"], lifting["pred"]
    frames = measures.joint_distances(true, align(true, pred)).mean(-1)
    np.testing.assert_allclose(frames, lifting[f"per_frame_{name}"], rtol=1e-5)


# === By hand ===

def test_pckh_counts_what_the_rule_says():
    y_true = np.zeros((1, 16, 2)) + 10.0
    y_pred = y_true.copy()
    y_pred[0, :2] += 1000               # pelvis and thorax do not count
    y_pred[0, 2, 0] += 5                # exactly half a head: a hit
    y_pred[0, 3, 0] += 5.01             # a miss
    y_true[0, 4] = INVALID              # neither
    y_true[0, 5, 1] = np.nan            # neither
    assert measures.pckh(y_true, y_pred, [10.0]) == pytest.approx(11 / 12)
    joints = measures.pckh_per_joint(y_true, y_pred, [[10.0]], pa16j2d)
    assert joints[:4].tolist() == [0, 0, 1, 0]
    assert np.isnan(joints[[4, 5]]).all() and (joints[6:] == 1).all()


def test_a_prediction_that_is_not_a_number_is_a_miss():
    y_true, _ = random_poses(1)
    y_pred = y_true.copy()
    y_pred[0, 2] = np.nan
    assert measures.pckh(y_true, y_pred, [10.0]) == pytest.approx(13 / 14)


def test_pckh_curve_is_pckh_at_every_threshold():
    y_true, y_pred = random_poses(20)
    y_true[::3, 5] = INVALID
    head = np.full(20, 12.0)
    thresholds, curve = measures.pckh_curve(y_true, y_pred, head)
    each = [measures.pckh(y_true, y_pred, head, t) for t in thresholds]
    np.testing.assert_allclose(curve, each, atol=1e-12)
    assert measures.pckh_auc(y_true, y_true, head) == 1
    assert 0 < measures.pckh_auc(y_true, y_pred, head) < curve[-1]


def test_pck3d_auc_of_one_distance():
    """All joints 75 mm off: 0 up to 70, 1 from 75, half of the last step."""
    y_true = np.zeros((2, 17, 3))
    y_pred = y_true + [75.0, 0, 0]
    assert measures.pck3d_auc(y_true, y_pred) == pytest.approx((75 + 2.5) / 150)


def test_pck3d_leaves_the_root_out():
    y_true = np.zeros((1, 17, 3))
    y_pred = y_true.copy()
    y_pred[0, 0] = 1000
    assert measures.pck3d(y_true, y_pred) == 1
    assert measures.mean_distance_error(y_true, y_pred) > 0


def test_mean_distance_error_pools_valid_joints():
    y_true, y_pred = np.zeros((2, 2, 3)), np.zeros((2, 2, 3))
    y_pred[0, 0, 0], y_pred[1, 1, 2] = 3.0, 100.0
    y_true[1, 1, 0] = INVALID
    assert measures.mean_distance_error(y_true, y_pred) == pytest.approx(1.0)


# === Alignment ===

def similarity(seed=0, mirror=False):
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    if mirror:
        rotation = rotation @ np.diag([1, 1, -1.0])
    return lambda pose: 1.7 * pose @ rotation + rng.normal(size=3)


def test_p_mpjpe_undoes_a_similarity_but_no_mirror():
    true, _ = random_poses(1, 17, 3)
    assert measures.p_mpjpe(true, similarity()(true)) == pytest.approx(0, abs=1e-9)
    assert measures.p_mpjpe(true, similarity(mirror=True)(true)) > 1


def test_n_mpjpe_undoes_a_scale():
    true, _ = random_poses(3, 17, 3)
    assert measures.n_mpjpe(true, 0.2 * true) == pytest.approx(0, abs=1e-9)


def test_squared_residuals_never_grow_with_freedom():
    true, pred = random_poses(20, 17, 3, seed=4)
    true, pred = (p - p.mean(1, keepdims=True) for p in (true, pred))
    squares = lambda p: ((p - true) ** 2).sum((1, 2))
    scaled = squares(measures.scale_aligned(true, pred))
    assert (scaled <= squares(pred) + 1e-9).all()
    assert (squares(measures.similarity_aligned(true, pred)) <= scaled + 1e-9).all()


def test_a_prediction_without_size_goes_to_the_mean():
    true, _ = random_poses(2, 17, 3)
    point = np.full_like(true, 3.0)
    expected = np.broadcast_to(true.mean(1, keepdims=True), true.shape)
    np.testing.assert_allclose(measures.similarity_aligned(true, point), expected)
    assert np.isfinite(measures.n_mpjpe(true, np.zeros_like(true)))


def test_mpjve_ignores_a_constant_offset():
    true, pred = random_poses(6, 17, 3)
    assert measures.mpjve(true, true + 7) == pytest.approx(0, abs=1e-12)
    step = true.copy()
    step[3:, :, 0] += 10                # one jump of 10 in five velocities
    assert measures.mpjve(true, step) == pytest.approx(2.0)
    with pytest.raises(ValueError, match="two frames"):
        measures.mpjve(true[:1], pred[:1])


# === Actions ===

def test_accuracies_by_hand():
    probabilities = np.array([[.5, .3, .2], [.1, .2, .7], [.4, .4, .2]])
    assert measures.accuracy([0, 1, 1], probabilities) == pytest.approx(1 / 3)
    assert measures.top_k_accuracy([0, 1, 1], probabilities, 2) == 1
    one_hot = np.eye(3)[[0, 1, 1]]
    assert measures.accuracy(one_hot, probabilities) == pytest.approx(1 / 3)
    matrix = measures.confusion_matrix([0, 1, 1], probabilities, 3)
    assert matrix.tolist() == [[1, 0, 0], [1, 0, 1], [0, 0, 0]]


def test_probabilities_that_are_not_numbers_are_refused():
    with pytest.raises(ValueError, match="NaN"):
        measures.accuracy([0], [[np.nan, 1]])


# === Manners ===

def test_no_valid_joint_has_no_score():
    y_true, y_pred = random_poses()
    y_true[:] = INVALID
    for score in (lambda: measures.pckh(y_true, y_pred, np.ones(5)),
                  lambda: measures.mean_distance_error(y_true, y_pred)):
        with pytest.raises(ValueError, match="valid"):
            score()


def test_errors_name_rule_and_value():
    y_true, y_pred = random_poses()
    with pytest.raises(ValueError, match=r"\(5, 16, 2\) and \(4, 16, 2\)"):
        measures.mpjpe(y_true, y_pred[:4])
    with pytest.raises(ValueError, match="positive"):
        measures.pckh(y_true, y_pred, [1, 1, 0, 1, 1])
    with pytest.raises(ValueError, match="17 joints"):
        measures.pckh_per_joint(y_true, y_pred, np.ones(5), pa17j3d)


# === Identities ===

def people(*frames):
    """Frames of {number: a box 10 × 10 at (10 × place, 0)}."""
    return [{n: (10 * x, 0, 10 * x + 10, 10) for n, x in frame.items()} for frame in frames]


@pytest.mark.parametrize("found, f1, switches", [
    ([{7: 0, 8: 5}] * 4, 1, 0),                                 # other numbers, same people
    ([{7: 0, 8: 5}] * 2 + [{7: 5, 8: 0}] * 2, 0.5, 2),          # swapped half-way
    ([{7: 0, 8: 5}] * 3 + [{7: 0}], 2 * 7 / 15, 0),             # one is missed once
    ([{7: 0, 8: 5, 9: 30}] + [{7: 0, 8: 5}] * 3, 2 * 8 / 17, 0),    # one false box
    ([{7: 0}, {8: 0}, {}, {7: 0}], 2 * 2 / 11, 2),              # 7, 8, lost, 7 again
    ([{}] * 4, 0, 0), ([{7: 0.4, 8: 5.4}] * 4, 0, 0),           # overlap 6 / 14 < 0.5
])
def test_identities_by_hand(found, f1, switches):
    true = people(*[{0: 0, 1: 5}] * 4)
    assert measures.identity_f1(true, people(*found)) == pytest.approx(f1)
    assert measures.identity_switches(true, people(*found)) == switches


def test_who_can_keep_the_number_does_though_another_box_is_nearer():
    true = people({0: 0}, {0: 0})
    found = people({7: 0}, {7: 0.2, 8: 0})
    assert measures.identity_switches(true, found) == 0
    assert measures.identity_f1(true, found) == pytest.approx(2 * 2 / 5)
    with pytest.raises(ValueError, match="same frames, got 2 and 1"):
        measures.identity_f1(true, found[:1])
    with pytest.raises(ValueError, match="no box in any frame"):
        measures.identity_f1([{}], [{}])


def test_inputs_stay_as_they_are(golden, lifting):
    arrays = [golden[k] for k in ("y_true", "y_pred", "head_size", "w_true", "w_pred")]
    arrays += [lifting[k] for k in ("target", "pred")]
    before = [a.copy() for a in arrays]
    y_true, y_pred, head, w_true, w_pred, target, pred = arrays
    measures.pckh(y_true, y_pred, head)
    measures.pckh_per_joint(y_true, y_pred, head)
    measures.pckh_auc(y_true, y_pred, head)
    for score in ("mean_distance_error", "pck3d", "pck3d_auc"):
        getattr(measures, score)(w_true, w_pred)
    for score in ("p_mpjpe", "n_mpjpe", "mpjve"):
        getattr(measures, score)(target, pred)
    for one, other in zip(arrays, before):
        np.testing.assert_array_equal(one, other)


def test_pckh_of_100_000_poses_takes_less_than_a_second():
    y_true, y_pred = random_poses(100_000)
    head = np.full(100_000, 10.0)
    start = time.process_time()     # one thread: the time on an idle machine
    measures.pckh(y_true, y_pred, head)
    measures.pckh_per_joint(y_true, y_pred, head)
    assert time.process_time() - start < 1
