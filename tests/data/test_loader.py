import numpy as np
import pytest

from deephar.config import DataConfig, human36m_dataconf, mpii_sp_dataconf
from deephar.data import BatchLoader, Human36M, MpiiSinglePerson, PennAction
from deephar.utils import TRAIN_MODE, VALID_MODE, pa17j3d
from tests.fakes.datasets import VALUES, write_penn


class Numbers:
    """A data set whose sample is its key and a number drawn at random."""

    def __init__(self, size):
        self.size = size

    def get_length(self, mode):
        return self.size

    def get_shape(self, dictkey):
        return {"key": (), "chance": (2,)}[dictkey]

    def get_data(self, key, mode, *, rng):
        return {"key": np.array(key), "chance": rng.random(2)}


def keys(loader, numbers):
    return [loader.batch(n)[0][0].tolist() for n in numbers]


def test_golden_batch(golden_sets):
    mpii = MpiiSinglePerson(golden_sets / "MPII", mpii_sp_dataconf, pa17j3d)
    h36m = Human36M(golden_sets / "Human3.6M", human36m_dataconf, pa17j3d, "frames")
    loader = BatchLoader([mpii, h36m], ["frame"], ["pose"], VALID_MODE, batch_size=[3, 1],
                         num_predictions=2, shuffle=False)
    assert len(loader) == VALUES["batch/length"] and loader.get_batch_size() == 4
    (frame,), poses = loader[1]
    assert len(poses) == VALUES["batch/num_y"]
    np.testing.assert_array_equal(np.round((frame[:, ::8, ::8] + 1) * 127.5),
                                  VALUES["batch/frame"])
    for pose in poses:
        np.testing.assert_array_equal(pose, VALUES["batch/pose"])


def test_order_without_shuffling():
    loader = BatchLoader([Numbers(5), Numbers(2)], ["key"], [], batch_size=[2, 1],
                         shuffle=False)
    assert len(loader) == 3
    assert keys(loader, range(3)) == [[0, 1, 0], [2, 3, 1], [4, 0, 0]]
    assert keys(loader, range(3, 6)) == keys(loader, range(3))
    assert [x[0].tolist() for x, _ in loader] == keys(loader, range(3))
    assert loader[-1][0][0].tolist() == [4, 0, 0]
    with pytest.raises(IndexError, match="has 3 batches, got index 3"):
        loader[3]


def test_every_sample_once_per_pass():
    loader = BatchLoader([Numbers(10), Numbers(4)], ["key"], [], batch_size=[3, 3])
    epochs = [np.array(keys(loader, range(e * 4, e * 4 + 4))) for e in range(3)]
    for epoch in epochs:
        long, short = epoch[:, :3].ravel(), epoch[:, 3:].ravel()
        assert sorted(long[:10]) == list(range(10))
        assert all(sorted(short[i:i + 4]) == list(range(4)) for i in (0, 4, 8))
    assert (epochs[0] != epochs[1]).any() and (epochs[1] != epochs[2]).any()


def test_chance_is_a_function_of_seed_and_number():
    make = lambda seed=0: BatchLoader(
        Numbers(50), ["key", "chance"], [], batch_size=4, seed=seed)
    loader = make()
    straight = [loader.batch(n)[0] for n in range(30)]
    again = make()
    for n in (17, 3, 29, 12, 3):            # in any order, by another loader
        for a, b in zip(again.batch(n)[0], straight[n]):
            np.testing.assert_array_equal(a, b)
    assert len({batch[1].tobytes() for batch in straight}) == 30
    assert any((a[0] != b[0]).any() for a, b in
               zip((make(1).batch(n)[0] for n in range(3)), straight))


def test_rows_are_a_part_of_the_batch():
    loader = BatchLoader([Numbers(9), Numbers(3)], ["key", "chance"], [], batch_size=[3, 2])
    whole = loader.batch(7)[0]
    part = loader.batch(7, range(2, 4))[0]
    for a, b in zip(whole, part):
        np.testing.assert_array_equal(a[2:4], b)


def test_a_batch_as_a_clip():
    inner = BatchLoader(Numbers(120), ["key", "chance"], [], batch_size=4)
    outer = BatchLoader([inner, inner], ["key"], ["chance"], batch_size=[2, 1])
    assert outer.get_shape("key") == (3, 4) and len(outer) == 30
    x, y = outer[0]
    assert x[0].shape == (3, 4) and y[0].shape == (3, 4, 2)
    # The inner loader shuffles anew in every pass: over many, all clips differ.
    clips = {tuple(clip) for n in range(60) for clip in outer.batch(n)[0][0].tolist()}
    assert len(clips) == 180
    fresh = BatchLoader([inner, inner], ["key"], ["chance"], batch_size=[2, 1])
    np.testing.assert_array_equal(fresh.batch(5)[0][0], outer.batch(5)[0][0])
    other = BatchLoader([inner, inner], ["key"], ["chance"], batch_size=[2, 1], seed=9)
    assert (other.batch(5)[0][0] != outer.batch(5)[0][0]).any()


def test_an_inner_epoch_has_every_sample_once():
    inner = BatchLoader(Numbers(12), ["key"], [], batch_size=4)
    outer = BatchLoader(inner, ["key"], [], batch_size=1)
    for epoch in range(3):
        numbers = range(epoch * 3, epoch * 3 + 3)
        drawn = np.concatenate([outer.batch(n)[0][0].ravel() for n in numbers])
        assert sorted(drawn) == list(range(12))


def test_targets_are_repeated_and_missing_ones_are_zeros():
    y_keys = ["key", "chance"]
    loader = BatchLoader(Numbers(3), ["key"], y_keys, batch_size=2, num_predictions=[2, 1, 3],
                         custom_dummy_dictkey=[("ntuaction", 60)])
    _, y = loader[0]
    assert [a.shape for a in y] == [(2,), (2,), (2, 2), (2, 60), (2, 60), (2, 60)]
    assert (y[3] == 0).all() and y_keys == ["key", "chance"]
    mixed = BatchLoader([Numbers(3), Keyless(3)], [], ["key"], batch_size=[1, 1],
                        custom_dummy_dictkey=["chance"])
    _, (_, chance) = mixed[0]
    assert (chance[0] != 0).any() and (chance[1] == 0).all()
    with pytest.raises(ValueError, match="no data set tells the shape of dummy key 'depth'"):
        BatchLoader(Numbers(3), ["key"], [], custom_dummy_dictkey=["depth"])


class Keyless(Numbers):
    def get_shape(self, dictkey):
        return {"key": ()}[dictkey]

    def get_data(self, key, mode, *, rng):
        return {"key": np.array(key)}


def test_rows_that_count():
    loader = BatchLoader(Numbers(10), ["key"], [], VALID_MODE, batch_size=4, shuffle=False)
    assert [loader.num_rows(n) for n in range(4)] == [4, 4, 2, 4]
    assert BatchLoader(Numbers(10), ["key"], [], batch_size=4).num_rows(2) == 4


def test_bad_loaders(tmp_path):
    conf = DataConfig(crop_resolution=(32, 32))
    write_penn(tmp_path)
    clips, frames = (PennAction(tmp_path, conf, topology=t) for t in ("sequences", "frames"))
    with pytest.raises(ValueError, match=r"shape of 'frame', got PennAction \(16, 32, 32, 3\), "
                                         r"PennAction \(32, 32, 3\)"):
        BatchLoader([clips, frames], ["frame"], ["pose"], TRAIN_MODE)
    with pytest.raises(ValueError, match="PennAction has no samples in mode 2"):
        BatchLoader(clips, ["frame"], ["pose"], VALID_MODE)
    with pytest.raises(KeyError, match="no 'camera'"):
        BatchLoader(clips, ["frame"], ["camera"], TRAIN_MODE)
    with pytest.raises(ValueError, match=r"batch_size must be .* 2 of them, got \[1\]"):
        BatchLoader([clips, clips], ["frame"], [], TRAIN_MODE, batch_size=[1])
    with pytest.raises(ValueError, match="batch_size must be a number from 1 on.*got 0"):
        BatchLoader(clips, ["frame"], [], TRAIN_MODE, batch_size=0)
