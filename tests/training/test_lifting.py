"""One step of the lifter against reference numbers; schedules and losses by hand."""
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from deephar.data.keypoints.batches import ChunkedBatches, SemiSupervisedBatches
from deephar.data.keypoints.takes import H36M17_PARENTS, H36M17_SYMMETRY, Take
from deephar.models import temporal
from deephar.training import lifting
from deephar.training.trainer import MultiModelTrainer
from deephar.utils.rig import project
from tests.fakes.lifting import GOLDEN, filled

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
    trainer = MultiModelTrainer([lifting.supervised_task(model, loader,
                                                         lifting.amsgrad(1e-3))])
    losses, _, _ = trainer.run_steps(1)
    np.testing.assert_allclose(losses["pose"].ravel(), STEP["losses"][:1], rtol=1e-4)
    # One step moved the running means as PyTorch does, and the variances by the
    # biased rule: n/(n-1) apart.
    at = 0
    for name, n in zip(STEP["bn_order"], NUMBERS["bn_samples"]):
        mean, variance = (keys[name.replace("_mean", k)] for k in ("_mean", "_var"))
        part = slice(at, at + mean.shape[0])
        np.testing.assert_allclose(mean.numpy(), NUMBERS["running_after_step0"][part],
                                   atol=1e-5)
        before = filled(name.replace("_mean", "_var"), mean.shape)
        golden = NUMBERS["running_var_after_step0"][part]
        biased = 0.9 * before + (golden - 0.9 * before) * (n - 1) / n
        np.testing.assert_allclose(variance.numpy(), biased, rtol=1e-4, atol=1e-5)
        at = part.stop
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
        loss = tf.reduce_mean(lifting.mpjpe_loss(NUMBERS["y"], predicted))
    np.testing.assert_allclose(predicted, NUMBERS["pred_step0"], atol=1e-4)
    variables = [keys[name] for name in STEP["parameter_names"]]
    norms = [float(tf.norm(g)) for g in tape.gradient(loss, [v.value for v in variables])]
    np.testing.assert_allclose(norms, NUMBERS["grad_norms"], rtol=1e-3)


@pytest.mark.parametrize("case", json.loads((GOLDEN / "schedules.json").read_text()).items(),
                         ids=lambda c: c[0])
def test_golden_schedules(case):
    name, golden = case
    epochs, decay = int(name.split("_")[0]), float(name.rsplit("_", 1)[1])
    momenta = [lifting.bn_momentum(e, epochs) for e in range(epochs)]
    np.testing.assert_allclose(momenta, golden["keras_bn_momentum_in_epoch"], rtol=1e-9)
    plan = lifting.decaying_rate(1e-3, decay)
    np.testing.assert_allclose([plan(e + 0.7) for e in range(epochs)],
                               golden["learning_rate_in_epoch"], rtol=1e-9)
    network = temporal.build((1, 1), channels=4)
    lifting.BnMomentum(network, epochs).on_epoch_end(3)
    for layer in network.layers:
        if isinstance(layer, temporal.ScheduledBatchNormalization):
            assert float(layer.momentum) == pytest.approx(momenta[4], rel=1e-6)


def test_losses_by_hand():
    true = np.zeros((1, 1, 2, 3), "float32")
    pred = np.array([[[[3, 4, 0], [0, 0, 2]]]], "float32")
    np.testing.assert_allclose(lifting.mpjpe_loss(true, pred), [3.5])
    root = np.array([[[[0, 0, 4]]]], "float32")
    np.testing.assert_allclose(lifting.inverse_depth_loss(root, root + 2), [12 ** .5 / 4],
                               rtol=1e-6)


def test_the_gradient_of_no_error_is_finite():
    x = tf.Variable(np.zeros((1, 1, 2, 3), "float32"))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(lifting.mpjpe_loss(np.zeros((1, 1, 2, 3), "float32"), x))
    assert np.isfinite(tape.gradient(loss, x).numpy()).all()


def test_projection_is_the_cameras():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3, 2, 17, 3)).astype("float32") + [0, 0, 4]
    cameras = rng.normal(0, 0.1, (3, 9)).astype("float32") + [2, 2, 0, 0, 0, 0, 0, 0, 0]
    expected = project(points, np.repeat(cameras[:, None], 2, 1))
    np.testing.assert_allclose(lifting.Project()([points, cameras]), expected, atol=1e-5)


def test_bone_difference_by_hand():
    """Poses on a line, bones of length 1; the others are twice as large."""
    depth = np.zeros(17)
    for joint, parent in enumerate(H36M17_PARENTS):
        depth[joint] = 0 if parent < 0 else depth[parent] + 1
    poses = np.stack([depth, 0 * depth, 0 * depth], -1)[None, None].astype("float32")
    first, second = np.repeat(poses, 3, 0), np.repeat(2 * poses, 3, 0)
    np.testing.assert_allclose(lifting.BoneDifference()([first, second]), np.ones((3, 1)))


def takes(subject, count, seed):
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
    labelled = lifting.windows_of(takes("S1", 2, 0), **options, keep_root=True)
    other = lifting.windows_of(takes("S5", 2, 1), **options, labelled=False)
    keras.utils.set_random_seed(0)
    pose = temporal.build((3,), channels=16, dropout=0, strided=True)
    root = temporal.build((3,), channels=16, dropout=0, joints_out=1, strided=True,
                          name="trajectory")
    optimizer = lifting.amsgrad(1e-2)
    warm = MultiModelTrainer([lifting.semi_supervised_task(
        pose, root, SemiSupervisedBatches(labelled, None), optimizer)])
    losses, _, _ = warm.run_steps(40)
    assert losses["semi"].shape == (40, 1, 2)
    assert losses["semi"][-1].sum() < losses["semi"][0].sum() / 2
    both = MultiModelTrainer([lifting.semi_supervised_task(
        pose, root, SemiSupervisedBatches(labelled, other), optimizer)])
    losses, _, _ = both.run_steps(60)
    assert losses["semi"].shape == (60, 1, 4)
    projection = losses["semi"][:, 0, 2]
    assert projection[-5:].mean() < 0.7 * projection[:5].mean()
    assert (losses["semi"][:, 0, 3] >= 0).all()
