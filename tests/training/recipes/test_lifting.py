"""One step against reference numbers, and the whole of a job.

The ways to train are tested with the script.
"""
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.checkpoints.lifting import load_temporal
from deephar.data.keypoints.batches import ChunkedBatches
from deephar.data.keypoints.takes import H36M17_SYMMETRY, Take
from deephar.evaluation.lifting import lifted_by, lifting_trial
from deephar.evaluation.loop import evaluate
from deephar.losses import mpjpe_loss
from deephar.models import temporal
from deephar.networks.lifting import lifter_of, load_video_lifter
from deephar.training.logs import read_rows
from deephar.training.recipes import lifting as jobs
from deephar.training.schedule import Decay
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.training.trainer import MultiModelTrainer
from deephar.utils.rig import project
from tests.fakes.lifting import GOLDEN, filled
from tests.numbers import DEEP, assert_close

pytestmark = pytest.mark.numeric


def takes(subject, seed):
    """Poses that are a linear function of the key points."""
    rng = np.random.default_rng(seed)
    keypoints = rng.normal(0, 0.3, (100, 17, 2)).astype("float32")
    poses = np.concatenate([keypoints, keypoints[..., :1] - keypoints[..., 1:]], -1)
    poses[:, 0] = [0, 0, 4]
    return [Take(subject, "Walking", 0, keypoints, poses, None, (1000, 1000))]


def test_a_job_learns_and_its_folder_is_the_network(tmp_path):
    cfg = jobs.LifterConfig(
        logdir=str(tmp_path / "run"), widths=(1,), channels=64, dropout=0.0, batch_size=50,
        epochs=3, steps_per_epoch=60, lr=1e-2, train_flip=False, test_flip=False,
        device="cpu")
    data = jobs.JobData(takes("S1", 0), takes("S9", 1), H36M17_SYMMETRY)
    assert not jobs.is_finished(tmp_path / "run")
    report = jobs.train_job(cfg, data, make_strategy("cpu"))
    assert jobs.is_finished(tmp_path / "run")
    rows = read_rows(tmp_path / "run" / "epochs.csv")
    errors = [row["train/P1"] for row in rows]
    assert errors[2] < errors[0] and errors[2] < 90
    assert [row["lr"] for row in rows] == pytest.approx([1e-2, 0.95e-2, 0.9025e-2])
    assert all(row["seconds"] > 0 for row in rows)
    model, arguments, weights = load_temporal(tmp_path / "run")
    scored = evaluate(lifting_trial(data.test), lifted_by(lifter_of(model, (0, 0))),
                      batch_size=1)
    assert scored["mpjpe"][0] == pytest.approx(report["scores"][0]["value"], rel=1e-5)
    assert arguments["widths"] == [1] and report["weights"]["file"] == str(weights)


@pytest.mark.slow
def test_a_job_with_a_trajectory_learns_where_the_root_is(tmp_path):
    cfg = jobs.LifterConfig(
        logdir=str(tmp_path / "run"), widths=(1,), channels=16, dropout=0.0, batch_size=50,
        epochs=2, steps_per_epoch=40, lr=2e-2, train_flip=False, test_flip=False,
        downsample=2, trajectory=True, device="cpu")
    data = jobs.JobData(takes("S1", 0), takes("S9", 1), H36M17_SYMMETRY)
    jobs.train_job(cfg, data, make_strategy("cpu"))
    lifter = load_video_lifter(tmp_path / "run")
    assert lifter.fps == 25
    places = np.concatenate(list(lifter.place(data.test[0].keypoints)))
    assert np.abs(places.mean(axis=(0, 1)) - [0, 0, 4]).max() < 1


def test_nothing_to_train_on(tmp_path):
    data = jobs.JobData([], takes("S9", 1), H36M17_SYMMETRY)
    with pytest.raises(ValueError, match="no takes to train on"):
        jobs.train_job(jobs.LifterConfig(logdir=str(tmp_path / "x")), data,
                       make_strategy("cpu"))


# === Against reference numbers ===

STEP = json.loads((GOLDEN / "tcn_train_step.json").read_text())
NUMBERS = np.load(GOLDEN / "tcn_train_step.npz")


def filled_model():
    model = temporal.build(STEP["filter_widths"], channels=STEP["channels"],
                           dropout=STEP["dropout"], strided=True)
    keys = {temporal._torch_key(w.path): w for w in model.weights if w.name != "momentum"}
    temporal.load_torch_state(model, {
        key: filled(key, w.shape[::-1] if len(w.shape) == 3 else w.shape)
        for key, w in keys.items()})
    return model, keys


def test_golden_losses_of_three_steps():
    model, keys = filled_model()
    loader = FixedBatch(NUMBERS["x"], NUMBERS["y"])
    trainer = MultiModelTrainer([Task("pose", model, loader, mpjpe_loss,
                                      jobs.amsgrad(1e-3))])
    losses, _, _ = trainer.run_steps(1)
    np.testing.assert_allclose(losses["pose"].ravel(), STEP["losses"][:1], rtol=1e-4)
    # One step moved the running means as PyTorch does, and the variances by the
    # biased rule: n/(n-1) apart.
    at = 0
    for name, n in zip(STEP["bn_order"], NUMBERS["bn_samples"]):
        mean, variance = (keys[name.replace("_mean", k)] for k in ("_mean", "_var"))
        part = slice(at, at + mean.shape[0])
        assert_close(mean.numpy(), NUMBERS["running_after_step0"][part])
        before = filled(name.replace("_mean", "_var"), mean.shape)
        golden = NUMBERS["running_var_after_step0"][part]
        biased = 0.9 * before + (golden - 0.9 * before) * (n - 1) / n
        assert_close(variance.numpy(), biased)
        at = part.stop
    # Adam's first step has the size of the rate, 1e-3, and the sign of the gradient:
    # that of a gradient near 0 is a matter of rounding.
    np.testing.assert_allclose(keys["shrink.weight"].numpy().transpose(2, 1, 0),
                               NUMBERS["shrink_weight_after_step0"], atol=5e-5)
    np.testing.assert_allclose(keys["shrink.bias"].numpy(),
                               NUMBERS["shrink_bias_after_step0"], atol=5e-5)
    losses, _, _ = trainer.run_steps(2)
    np.testing.assert_allclose(losses["pose"].ravel(), STEP["losses"][1:], rtol=1e-4)


class FixedBatch(ChunkedBatches):
    """Always the same batch."""

    def __init__(self, x, y):
        super().__init__(list(x), [np.repeat(p, x.shape[1], 0) for p in y],
                         batch_size=len(x), seed=None)
        self.x, self.y = x, y

    def batch(self, number, rows=None):
        rows = slice(None) if rows is None else slice(rows.start, rows.stop)
        return [self.x[rows]], [self.y[rows]]

    def get_shape(self, dictkey):
        return (self.x if dictkey == "keypoints" else self.y).shape

    def __len__(self):
        return 1


def test_golden_gradients():
    model, keys = filled_model()
    with tf.GradientTape() as tape:
        predicted = model(NUMBERS["x"], training=True)
        loss = tf.reduce_mean(mpjpe_loss(NUMBERS["y"], predicted))
    assert_close(predicted, NUMBERS["pred_step0"], DEEP)
    variables = [keys[name] for name in STEP["parameter_names"]]
    norms = [float(tf.norm(g)) for g in tape.gradient(loss, [v.value for v in variables])]
    np.testing.assert_allclose(norms, NUMBERS["grad_norms"], rtol=1e-3)


@pytest.mark.parametrize("case", json.loads((GOLDEN / "schedules.json").read_text()).items(),
                         ids=lambda c: c[0])
def test_golden_schedules(case):
    name, golden = case
    epochs, decay = int(name.split("_")[0]), float(name.rsplit("_", 1)[1])
    momenta = [jobs.bn_momentum(e, epochs) for e in range(epochs)]
    np.testing.assert_allclose(momenta, golden["keras_bn_momentum_in_epoch"], rtol=1e-9)
    plan = Decay(1e-3, decay)
    np.testing.assert_allclose([plan(e + 0.7) for e in range(epochs)],
                               golden["learning_rate_in_epoch"], rtol=1e-9)
    network = temporal.build((1, 1), channels=4)
    jobs.BnMomentum(network, epochs).on_epoch_end(3)
    for layer in network.layers:
        if isinstance(layer, temporal.ScheduledBatchNormalization):
            assert float(layer.momentum) == pytest.approx(momenta[4], rel=1e-6)


def seen_takes(subject, count, seed):
    rng = np.random.default_rng(seed)
    camera = np.array([2.3, 2.3, 0, 0, 0, 0, 0, 0, 0], "float32")
    made = []
    for i in range(count):
        poses = (rng.normal(0, 0.3, (1, 17, 3)) + np.zeros((12, 1, 1))).astype("float32")
        poses[:, 0] = [0, 0, 4]
        whole = poses.copy()
        whole[:, 1:] += poses[:, :1]
        points = project(whole, np.repeat(camera[None], 12, 0)).astype("float32")
        made.append(Take(subject, "Walking", i, points, poses, camera, (1000, 1000)))
    return made


def test_semi_supervised_steps():
    options = dict(widths=(3,), causal=False, batch_size=8, chunk=1,
                   symmetry=H36M17_SYMMETRY, seed=0)
    labelled = jobs.windows_of(seen_takes("S1", 2, 0), **options, keep_root=True)
    other = jobs.windows_of(seen_takes("S5", 2, 1), **options, labelled=False)
    keras.utils.set_random_seed(0)
    pose = temporal.build((3,), channels=16, dropout=0, strided=True)
    root = temporal.build((3,), channels=16, dropout=0, joints_out=1, strided=True,
                          name="trajectory")
    optimizer = jobs.amsgrad(1e-2)
    warm = MultiModelTrainer([jobs.semi_supervised_task(
        pose, root, labelled, None, optimizer)])
    losses, _, _ = warm.run_steps(40)
    assert losses["semi"].shape == (40, 1, 2)
    assert losses["semi"][-1].sum() < losses["semi"][0].sum() / 2
    both = MultiModelTrainer([jobs.semi_supervised_task(
        pose, root, labelled, other, optimizer)])
    losses, _, _ = both.run_steps(60)
    assert losses["semi"].shape == (60, 1, 4)
    projection = losses["semi"][:, 0, 2]
    assert projection[-5:].mean() < 0.7 * projection[:5].mean()
    assert (losses["semi"][:, 0, 3] >= 0).all()
