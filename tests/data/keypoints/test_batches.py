"""Windows, flips and orders against reference numbers."""
import json

import numpy as np
import pytest

from deephar.data.keypoints.batches import (
    ArrayBatches, ChunkedBatches, SemiSupervisedBatches, Symmetry, chunks_of,
    flip_camera, flip_points, kept_frames, pad_sequence)
from tests.fakes.lifting import GOLDEN

NUMBERS = json.loads((GOLDEN / "generators.json").read_text())
SYMMETRY = Symmetry(NUMBERS["left"], NUMBERS["right"])
CHUNKED = [c for c in NUMBERS["cases"] if c["kind"] == "chunked"]
WHOLE = [c for c in NUMBERS["cases"] if c["kind"] == "unchunked"]


def sequences():
    """Every value tells its frame; joints differ in y, and x is 1 before a flip."""
    joints, keypoints, poses = NUMBERS["joints"], [], []
    for length in NUMBERS["lengths"]:
        frame = np.repeat(np.arange(length)[:, None], joints, 1)
        joint = np.tile(np.arange(joints), (length, 1))
        one = np.ones_like(frame)
        keypoints.append(np.stack([one, joint, frame], -1).astype("float32"))
        poses.append(np.stack([one, joint, frame], -1).astype("float32"))
    cameras = [10.0 * (i + 1) + np.arange(9) for i in range(len(keypoints))]
    return keypoints, poses, cameras


def batches_of(case):
    flips = SYMMETRY if case["augment"] else None
    return ChunkedBatches(*sequences(), batch_size=case["batch"], chunk=case["chunk"],
                          pad=case["pad"], shift=case["shift"], symmetry_2d=flips,
                          symmetry_3d=flips,
                          seed=case["seed"] if case.get("shuffle") else None)


def epoch_of(loader):
    """All windows in order, the incomplete last batch too."""
    order = loader.order(0)
    return [loader.arrays(order[first:first + loader.batch_size])
            for first in range(0, len(order), loader.batch_size)]


@pytest.mark.parametrize("case", CHUNKED, ids=lambda c: f"chunk{c['chunk']}pad{c['pad']}")
def test_golden_windows(case):
    loader = batches_of(case)
    assert [[int(s), int(a), int(b), bool(f)] for s, a, b, f in loader.windows] == \
        case["pairs"]
    assert len(epoch_of(loader)) == case["num_batches"]
    assert loader.num_frames == len(case["pairs"]) * case["chunk"]
    for epoch, batches in enumerate(case.get("epochs", [])):
        windows = loader.windows[loader.order(epoch)]
        rows = [[int(s), int(a), bool(f)] for s, a, _, f in windows]
        assert rows == [row for batch in batches for row in batch]


@pytest.mark.parametrize("case", [c for c in CHUNKED if "batches" in c],
                         ids=lambda c: f"chunk{c['chunk']}pad{c['pad']}")
def test_golden_batches(case):
    for golden, arrays in zip(case["batches"], epoch_of(batches_of(case))):
        assert len(golden) == len(arrays["keypoints"])
        for item, keypoints, poses, camera in zip(golden, *arrays.values()):
            assert keypoints[:, 0, 2].tolist() == item["frames_2d"]
            assert poses[:, 0, 2].tolist() == item["frames_3d"]
            assert keypoints[0, :, 1].tolist() == item["joint_order_2d"]
            assert poses[0, :, 1].tolist() == item["joint_order_3d"]
            assert (keypoints[..., 0] == item["sign_x_2d"]).all()
            assert (poses[..., 0] == item["sign_x_3d"]).all()
            assert camera.tolist() == item["camera"]


@pytest.mark.parametrize("case", WHOLE, ids=lambda c: f"pad{c['pad']}shift{c['shift']}")
def test_golden_whole_sequences(case):
    for golden, keypoints, poses, camera in zip(case["sequences"], *sequences()):
        padded = pad_sequence(keypoints, case["pad"] + case["shift"],
                              case["pad"] - case["shift"])
        assert padded[:, 0, 2].tolist() == golden["frames_2d"]
        flipped = flip_points(padded, SYMMETRY)
        assert flipped[0, :, 1].tolist() == golden["flip_joint_order_2d"]
        assert flipped[0, 0, 0] == golden["flip_sign_x"][0]
        assert flip_points(poses, SYMMETRY)[0, :, 1].tolist() == \
            golden["flip_joint_order_3d"]
        assert flip_camera(camera).tolist() == golden["flip_camera"]
    assert case["num_frames"] == sum(NUMBERS["lengths"])


@pytest.mark.parametrize("case", json.loads((GOLDEN / "subset.json").read_text()))
def test_golden_subset(case):
    kept = kept_frames(case["length"], case["subset"], case["downsample"])
    assert kept.start == case["start"]
    assert kept.stop - kept.start == case["frames"]
    assert kept.step == case["downsample"]


def test_all_frames_with_a_stride():
    assert range(10)[kept_frames(10, 1, 4)] == range(0, 10, 4)


@pytest.mark.parametrize("length, chunk", [(10, 3), (9, 3), (1, 5), (7, 1)])
def test_chunks_cover_every_frame_once(length, chunk):
    frames = [f for a, b in chunks_of(length, chunk) for f in range(a, b)]
    assert [f for f in frames if 0 <= f < length] == list(range(length))
    over = len(frames) - length
    assert frames[0] == -(over // 2)


def test_flipping_twice_is_the_identity_and_changes_no_input():
    points = np.random.default_rng(0).normal(size=(4, 7, 3))
    before = points.copy()
    np.testing.assert_array_equal(
        flip_points(flip_points(points, SYMMETRY), SYMMETRY), points)
    camera = np.arange(9.0)
    np.testing.assert_array_equal(flip_camera(flip_camera(camera)), camera)
    np.testing.assert_array_equal(points, before)


def test_refuses_nothing_and_unequal_lengths():
    with pytest.raises(ValueError, match="0 of"):
        ChunkedBatches([])
    keypoints, poses, _ = sequences()
    with pytest.raises(ValueError, match="same frames"):
        ChunkedBatches(keypoints, [p[1:] for p in poses])


def test_arrays_as_batches():
    x, y = np.arange(10.0)[:, None], -np.arange(10.0)[:, None]
    loader = ArrayBatches(x, y, batch_size=4, seed=0)
    assert len(loader) == 2 and loader.get_shape("x") == (4, 1)
    seen = np.concatenate([loader.batch(n)[0][0] for n in (0, 1)])
    assert len(set(seen.ravel())) == 8
    assert not np.array_equal(loader.batch(2)[0][0], loader.batch(0)[0][0])
    (x0,), (y0,) = loader.batch(0)
    np.testing.assert_array_equal(x0, -y0)
    with pytest.raises(ValueError, match="as many, got 2, 3"):
        ArrayBatches(x[:2], y[:3], 1)


def test_labelled_and_unlabelled_side_by_side():
    keypoints, poses, cameras = sequences()
    labelled = ChunkedBatches(keypoints[:1], poses[:1], batch_size=4, pad=1)
    unlabelled = ChunkedBatches(keypoints[1:], None, cameras[1:], batch_size=4, pad=1,
                                symmetry_2d=SYMMETRY)
    loader = SemiSupervisedBatches(labelled, unlabelled)
    assert len(loader) == 1 and len(unlabelled) == 26 // 4
    (x, u, camera), (pose, root, central, bones) = loader.batch(0)
    assert x.shape == u.shape == (4, 3, 7, 2 + 1) and camera.shape == (4, 9)
    assert (pose[:, :, 0] == 0).all() and (root[:, 0, 0, 0] == 1).all()
    np.testing.assert_array_equal(central, u[:, 1:2, :, :2])
    assert loader.get_shape("trajectory") == (4, 1, 1, 3)
    assert bones.tolist() == [[0]] * 4
    # Seven labelled epochs later the unlabelled windows have begun anew, in another order.
    assert len({loader.batch(n)[0][1].tobytes() for n in range(8)}) == 8


def test_stream_reads_them():
    from deephar.data.pipeline import stream
    loader = ChunkedBatches(*sequences()[:2], batch_size=4, pad=1)
    for number, (x, y) in enumerate(stream(loader, start=2, count=3), start=2):
        expected = loader.batch(number)
        np.testing.assert_array_equal(x[0], expected[0][0])
        np.testing.assert_array_equal(y[0], expected[1][0])
        assert x[0].shape == (4, 3, 7, 3)
