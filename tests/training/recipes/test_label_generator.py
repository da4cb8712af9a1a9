"""The two networks learn their parts, and what was trained is what is loaded."""
import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.networks.label_generator import LabelGenerator
from deephar.training.logs import read_rows
from deephar.training.recipes import label_generator as training
from deephar.utils.stereo import relative
from tests.numbers import assert_close


def simple_pairs(count, seed):
    """One body that turns about the vertical axis, 4 to 6 m away."""
    body = np.random.default_rng(7).normal(0, 300, (17, 3))
    body[0] = 0
    rng = np.random.default_rng(seed)
    a, depth = rng.uniform(0, 2 * np.pi, count), rng.uniform(4000, 6000, count)
    c, s, o, l = np.cos(a), np.sin(a), 0 * a, 0 * a + 1
    turn = np.stack([c, o, s, o, l, o, -s, o, c], -1).reshape(-1, 3, 3)
    poses = body @ turn + np.stack([o, o, depth], -1)[:, None]
    left, right = training.view_pairs(poses, training.Intrinsics(), 500)
    return training.Pairs(left, right, poses)


def test_pairs_join():
    both = simple_pairs(3, 0) + simple_pairs(2, 1)
    assert both.left.shape == (5, 17, 2) and both.poses.shape == (5, 17, 3)


@pytest.mark.slow
def test_it_learns(tmp_path):
    cfg = training.GeneratorConfig(
        logdir=str(tmp_path), units=64, blocks=1, dropout=0.0, batch_size=64, epochs=6,
        steps_per_epoch=120, device="cpu")
    test = simple_pairs(100, 1)
    generator = training.train_generator(cfg, simple_pairs(2000, 0), test,
                                         tf.distribute.get_strategy())
    mean = relative(simple_pairs(2000, 0).poses).mean(0)
    error = lambda p: np.linalg.norm(p - relative(test.poses), axis=-1).mean()
    assert error(generator.coarse_poses(test.left)) < 0.5 * error(mean)
    again = LabelGenerator.load(tmp_path)
    assert_close(again.coarse_poses(test.left), generator.coarse_poses(test.left))
    rows = read_rows(tmp_path / "view_synthesis" / "epochs.csv")
    assert rows[-1]["test/PCKh"] > rows[0]["test/PCKh"] or rows[-1]["test/PCKh"] > 0.9
    assert rows[-1]["lr"] == pytest.approx(1e-3 * 0.96 ** (719 / 100_000), rel=1e-6)


def test_seed_and_precision_are_those_of_the_flags(tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr(training, "train_stages",
                        lambda network, *args, **options: begun.append(network))

    def kernels(name, **flags):
        begun.clear()
        training.train_generator(
            training.GeneratorConfig(logdir=str(tmp_path / name), units=4, blocks=1, **flags),
            simple_pairs(64, 0), simple_pairs(4, 1), tf.distribute.get_strategy())
        return [network.trainable_weights[0].numpy() for network in begun]

    first, same, other = kernels("a", seed=1), kernels("b", seed=1), kernels("c", seed=2)
    for a, b, c in zip(first, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.abs(a - c).max() > 0.01
    try:
        kernels("d", precision="bfloat16")
        assert [n.layers[1].compute_dtype for n in begun] == ["bfloat16"] * 2
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
