"""One training of the temporal lifter, from takes to a scored folder.

A job's folder is a run's folder (`deephar.training.run`) with `lifter.json`
and, when it is over, `report.json`.  Action-wise training is one job per action.
"""
import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

import keras
import tensorflow as tf

from deephar.checkpoints.lifting import (
    TEMPORAL_WEIGHTS, TRAJECTORY_WEIGHTS, save_weights, write_settings)
from deephar.data.keypoints.batches import (
    ChunkedBatches, SemiSupervisedBatches, Symmetry)
from deephar.data.keypoints.takes import (
    FPS, H36M17_PARENTS, H36M17_SYMMETRY, TEST_SUBJECTS, TRAIN_SUBJECTS, Take, root_relative)
from deephar.evaluation.actionwise_tables import SHOWN
from deephar.evaluation.lifting import (
    METRICS, by_action, lifted_by, lifting_trial, score_of, take_errors, weighted_errors)
from deephar.evaluation.loop import evaluate
from deephar.evaluation.pages import save_report
from deephar.evaluation.report import make_report, read_report
from deephar.losses import inverse_depth_loss, mean_value, mpjpe_loss
from deephar.models import temporal
from deephar.networks.lifting import lifter_of
from deephar.networks.network import weights_info
from deephar.training.callbacks import EvalCallback
from deephar.training.run import RunConfig, start_run, was_begun
from deephar.training.schedule import Decay
from deephar.training.stages import Stage, train_stages
from deephar.training.strategy import is_chief
from deephar.training.task import Task
from deephar.utils.flags import flag

FIRST_MOMENTUM, LAST_MOMENTUM = 0.1, 0.001      # as PyTorch counts: 1 - Keras'

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LifterConfig(RunConfig):
    """The flags of a temporal lifter's training."""
    logdir: str = flag("output/lifter", "folder of the run")
    data: str = flag("datasets/keypoints", "folder of the key-point files, or 'synthetic'")
    keypoints: str = flag("cpn_ft_h36m_dbb", "NAME of data_2d_h36m_NAME.npz")
    cameras: str = flag("", "JSON file of another rig")
    allow_pickle: bool = flag(False, "read the files; they can run code: trust them first")
    fix_symmetry: bool = flag(False, "anatomical pairs for MPII-16 key points")
    subjects: tuple[str, ...] = flag(TRAIN_SUBJECTS, "to train on")
    test_subjects: tuple[str, ...] = flag(TEST_SUBJECTS, "to test on")
    subset: float = flag(1.0, "part of every training take that is used")
    downsample: int = flag(1, "use every n-th frame, in training and test")
    widths: tuple[int, ...] = flag((3, 3, 3), "odd filter widths, '1' or '1 1 1' for one frame")
    channels: int = flag(1024, "of the network")
    dropout: float = flag(0.25, "share of the features that are left out")
    causal: bool = flag(False, "see no later frames")
    dense: bool = flag(False, "ablation: wide instead of dilated kernels")
    chunk: int = flag(1, "predicted frames per window")
    batch_size: int = flag(1024, "predicted frames per step")
    epochs: int = flag(60, "passes over the windows; the paper has 80")
    lr: float = flag(1e-3, "learning rate")
    decay: float = flag(0.95, "of the learning rate, every epoch")
    train_flip: bool = flag(True, "windows come mirrored too")
    test_flip: bool = flag(True, "mean with the mirrored prediction")
    eval_every: int = flag(1, "epochs between two looks at the errors")
    unlabelled: tuple[str, ...] = flag((), "subjects without 3D: semi-supervised training")
    warmup: int = flag(1, "epochs before the unlabelled windows count")
    trajectory: bool = flag(False, "also learn where the root is; --unlabelled always does")


@dataclass(frozen=True)
class JobData:
    """The takes of a job and the pairs of their key points."""
    train: Sequence[Take]
    test: Sequence[Take]
    symmetry: Symmetry
    unlabelled: Sequence[Take] = ()
    name: str = ""              # of the key points


def is_finished(folder: Path | str) -> bool:
    """Whether a job in this folder came to its end."""
    path = Path(folder) / "report.json"
    return path.exists() and read_report(path)["status"] == "complete"


def train_job(cfg: LifterConfig, data: JobData, strategy: tf.distribute.Strategy) -> dict:
    """Train, score and describe one lifter in `cfg.logdir`; returns its report.

    A finished job is not trained again; one that was begun goes on if
    `cfg.resume` is set.
    """
    folder = Path(cfg.logdir)
    if is_finished(folder):
        log.info("%s is finished.", folder)
        return read_report(folder / "report.json")
    for what, takes in (("train", data.train), ("test", data.test)):
        if not takes:
            raise ValueError(f"{folder}: no takes to {what} on; look at the subjects and "
                             "actions")
    cfg = dataclasses.replace(cfg, resume=cfg.resume and was_begun(folder))
    run = start_run(cfg, strategy)
    joints, features = data.train[0].keypoints.shape[1:]
    arguments = {"widths": list(cfg.widths), "joints_in": joints, "features": features,
                 "channels": cfg.channels, "dropout": cfg.dropout, "causal": cfg.causal,
                 "dense": cfg.dense}
    strided = cfg.chunk == 1 and not cfg.dense
    with strategy.scope():
        model = temporal.build(**arguments, strided=strided)
    whole = temporal.build(**arguments, name="whole")
    trajectory = None
    if cfg.trajectory or data.unlabelled:
        with strategy.scope():
            trajectory = temporal.build(**arguments | {"joints_out": 1}, strided=strided,
                                        name="trajectory")
    stages, network, samples = _stages(cfg, data, model, trajectory, strategy)
    log.info("%d takes to train on, %d to test on.", len(data.train), len(data.test))
    scores = [EvalCallback(name, losses_of(whole, cfg.widths, cfg.causal, takes, shown),
                           model, strategy=strategy, every=cfg.eval_every)
              for name, takes, shown in (("test", data.test, (SHOWN,)),
                                         ("train", data.train, ()))]
    train_stages(network, stages, run, strategy=strategy, callbacks=[
        Seconds(samples), *scores, BnMomentum(network, cfg.epochs)], **cfg.trainer_options())
    whole.set_weights(model.get_weights())
    if is_chief(strategy):
        _save(cfg, data, folder, arguments, whole, trajectory)
    return _finish(cfg, data, whole, folder, is_chief(strategy))


def _save(cfg, data, folder, arguments, whole, trajectory) -> None:
    """What makes the folder a network: dilated forms, and what their input is."""
    settings = {"temporal": arguments, "fps": FPS / cfg.downsample,
                "symmetry": [list(map(int, side)) for side in data.symmetry]}
    save_weights(whole, folder / TEMPORAL_WEIGHTS)
    if trajectory is not None:
        settings["trajectory"] = arguments | {"joints_out": 1}
        dilated = temporal.build(**settings["trajectory"])
        dilated.set_weights(trajectory.get_weights())
        save_weights(dilated, folder / TRAJECTORY_WEIGHTS)
    write_settings(folder, settings)


def _stages(cfg, data, model, trajectory, strategy):
    """The stages, the network that holds all weights, and the samples of an epoch."""
    options = dict(widths=cfg.widths, causal=cfg.causal, batch_size=cfg.batch_size,
                   chunk=cfg.chunk, symmetry=data.symmetry if cfg.train_flip else None)
    plan = Decay(cfg.lr, cfg.decay)
    labelled = windows_of(data.train, **options, seed=1234 + cfg.seed,
                          keep_root=trajectory is not None)
    steps = cfg.steps(len(labelled))
    samples = steps * cfg.accumulate * labelled.batch_size
    with strategy.scope():
        temporal.set_bn_momentum(model, bn_momentum(0, cfg.epochs))
        optimizer = amsgrad(cfg.lr)
    if trajectory is None:
        task = Task("pose", model, labelled, mpjpe_loss, optimizer)
        return [Stage("pose", cfg.epochs, steps, lambda: [task], plan)], model, samples
    with strategy.scope():
        temporal.set_bn_momentum(trajectory, bn_momentum(0, cfg.epochs))
    if not data.unlabelled:
        task = semi_supervised_task(model, trajectory, labelled, None, optimizer)
        return [Stage("pose", cfg.epochs, steps, lambda: [task], plan)], task.model, samples
    unlabelled = windows_of(data.unlabelled, **options, seed=4321 + cfg.seed,
                            labelled=False)

    def tasks(other):
        return [semi_supervised_task(model, trajectory, labelled, other, optimizer)]

    warmup = min(cfg.warmup, cfg.epochs)
    return [Stage("warm-up", warmup, steps, lambda: tasks(None), plan),
            Stage("semi", cfg.epochs - warmup, steps, lambda: tasks(unlabelled), plan)
            ], tasks(unlabelled)[0].model, samples


def _finish(cfg, data, whole, folder, writes) -> dict:
    """Score the last weights by the protocol of the tables."""
    flips = data.symmetry if cfg.test_flip else None
    lifter = lifter_of(whole, temporal.temporal_padding(cfg.widths, cfg.causal), flips)
    rows = evaluate(lifting_trial(data.test), lifted_by(lifter), batch_size=1)
    score = score_of(take_errors(rows, data.test), protocol_of(cfg, data.name))
    report = make_report([score], weights=weights_info(folder / TEMPORAL_WEIGHTS),
                         seed=cfg.seed, config=dataclasses.asdict(cfg))
    if writes:
        save_report(folder, report)
    log.info("P1 %.1f, P2 %.1f mm (mean over %d actions).", score.value,
             score.extras["P2"], len(score.parts))
    return report


def protocol_of(cfg: LifterConfig, keypoints: str) -> dict:
    """What the test was, in words."""
    return {"test subjects": ", ".join(cfg.test_subjects), "key points": keypoints,
            "test flip": cfg.test_flip, "frame step": cfg.downsample,
            "receptive field": temporal.receptive_field(cfg.widths)}


# === Its parts ===

def bn_momentum(epoch: int, epochs: int) -> float:
    """Keras' momentum in an epoch, counted from 0."""
    return 1 - FIRST_MOMENTUM * (LAST_MOMENTUM / FIRST_MOMENTUM) ** (epoch / epochs)


def amsgrad(rate: float) -> keras.optimizers.Optimizer:
    """The recipe's optimizer."""
    return keras.optimizers.Adam(rate, epsilon=1e-8, amsgrad=True)


class BnMomentum(keras.callbacks.Callback):
    """Sets the momentum of the next epoch; part of the saved state."""

    def __init__(self, network: keras.Model, epochs: int):
        super().__init__()
        self.network, self.epochs = network, epochs

    def on_epoch_end(self, epoch, logs=None):
        temporal.set_bn_momentum(self.network, bn_momentum(epoch + 1, self.epochs))


class Seconds(keras.callbacks.Callback):
    """Logs the seconds of training of each epoch, evaluation left out.

    Args:
        samples: of an epoch.
    """

    def __init__(self, samples: int):
        super().__init__()
        self.samples = samples

    def on_epoch_end(self, epoch, logs=None):
        if "images_per_s" in logs:
            logs["seconds"] = self.samples / logs["images_per_s"]


def losses_of(whole: keras.Model, widths: Sequence[int], causal: bool,
              takes: Sequence[Take], shown: Sequence[str] = ()) -> Callable:
    """A score for `EvalCallback`: P1 in mm and MPJVE of takes.

    Without flips, and means over frames: not the numbers of the tables.

    Args:
        whole: the dilated form; it gets the trained model's weights.
        shown: actions whose P1 is told too, where there are several.
    """
    predict = lifted_by(lifter_of(whole, temporal.temporal_padding(widths, causal)))
    trial = lifting_trial(takes, ("mpjpe", "mpjve"))

    def score(trained: keras.Model) -> dict[str, float]:
        if trained is not whole:
            whole.set_weights(trained.get_weights())
        rows = take_errors(evaluate(trial, predict, batch_size=1), takes)
        actions = by_action(rows)
        return {METRICS[name]: value for name, value in weighted_errors(rows).items()} | {
            f"P1 of {action}": actions[action]["mpjpe"] for action in shown
            if action in actions and len(actions) > 1}

    return score


def windows_of(takes: Sequence[Take], *, widths: Sequence[int], causal: bool,
               batch_size: int, chunk: int, symmetry: Symmetry | None, seed: int,
               labelled: bool = True, keep_root: bool = False) -> ChunkedBatches:
    """The training windows of takes.

    Args:
        batch_size: in predicted frames.
        symmetry: of the key points; given, windows come flipped too.
        labelled: False leaves out the poses and gives out the cameras.
        keep_root: joint 0 stays where the root is; else it is 0.
    """
    pad = sum(temporal.temporal_padding(widths)) // 2
    return ChunkedBatches(
        [take.keypoints for take in takes],
        [take.poses if keep_root else root_relative(take.poses) for take in takes]
        if labelled else None,
        None if labelled else [take.camera for take in takes],
        batch_size=max(batch_size // chunk, 1), chunk=chunk, pad=pad,
        shift=pad if causal else 0, symmetry_2d=symmetry,
        symmetry_3d=symmetry and H36M17_SYMMETRY, seed=seed)


def semi_supervised_task(pose: keras.Model, trajectory: keras.Model,
                         labelled: ChunkedBatches, unlabelled: ChunkedBatches | None,
                         optimizer: keras.optimizers.Optimizer) -> Task:
    """Labelled windows by their poses and root, unlabelled ones by their projection.

    Args:
        unlabelled: None: in the warm-up the two labelled terms are left.
    """
    number = 2 if unlabelled is None else 4
    return Task(
        "semi", temporal.build_semi_supervised(
            pose, trajectory, None if unlabelled is None else H36M17_PARENTS),
        SemiSupervisedBatches(labelled, unlabelled),
        [mpjpe_loss, inverse_depth_loss, mpjpe_loss, mean_value][:number], optimizer,
        groups=("pose", "trajectory", "projection", "bones")[:number])
