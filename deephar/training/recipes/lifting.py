"""One training of the temporal lifter, from takes to a scored folder.

A job's folder is a run's folder (`deephar.training.run`) with `lifter.json`
and, when it is over, `report.json`.  Action-wise training is one job per action.
"""
import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

import tensorflow as tf

from deephar.checkpoints.lifting import TEMPORAL_WEIGHTS, save_weights, write_settings
from deephar.data.keypoints.batches import SemiSupervisedBatches, Symmetry
from deephar.data.keypoints.takes import TEST_SUBJECTS, TRAIN_SUBJECTS, Take
from deephar.evaluation.lifting import score_of, take_errors
from deephar.evaluation.report import make_report, weights_info, write_report
from deephar.models import temporal
from deephar.networks.lifting import lifter_of
from deephar.training.callbacks import EvalCallback
from deephar.training.lifting import (
    BnMomentum, Seconds, amsgrad, bn_momentum, decaying_rate, losses_of,
    semi_supervised_task, supervised_task, windows_of)
from deephar.training.run import RunConfig, start_run, was_begun
from deephar.training.stages import Stage, train_stages
from deephar.training.strategy import is_chief
from deephar.utils.files import read_json
from deephar.utils.flags import flag

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
    return path.exists() and read_json(path)["status"] == "complete"


def train_job(cfg: LifterConfig, data: JobData, strategy: tf.distribute.Strategy) -> dict:
    """Train, score and describe one lifter in `cfg.logdir`; returns its report.

    A finished job is not trained again; one that was begun goes on if
    `cfg.resume` is set.
    """
    folder = Path(cfg.logdir)
    if is_finished(folder):
        log.info("%s is finished.", folder)
        return read_json(folder / "report.json")
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
    stages, network, samples = _stages(cfg, data, model, arguments, strided, strategy)
    log.info("%d takes to train on, %d to test on.", len(data.train), len(data.test))
    scores = EvalCallback(
        "P1", losses_of(whole, cfg.widths, cfg.causal,
                        {"test": data.test, "train": data.train}),
        model, strategy=strategy, every=cfg.eval_every)
    train_stages(network, stages, run, strategy=strategy, callbacks=[
        Seconds(samples), scores, BnMomentum(network, cfg.epochs)], **cfg.trainer_options())
    whole.set_weights(model.get_weights())
    if is_chief(strategy):
        write_settings(folder, {"temporal": arguments})
        save_weights(whole, folder / TEMPORAL_WEIGHTS)
    return _finish(cfg, data, whole, folder, is_chief(strategy))


def _stages(cfg, data, model, arguments, strided, strategy):
    """The stages, the network that holds all weights, and the samples of an epoch."""
    symmetry = data.symmetry if cfg.train_flip else None
    options = dict(widths=cfg.widths, causal=cfg.causal, batch_size=cfg.batch_size,
                   chunk=cfg.chunk, symmetry=symmetry)
    plan = decaying_rate(cfg.lr, cfg.decay)
    with strategy.scope():
        temporal.set_bn_momentum(model, bn_momentum(0, cfg.epochs))
        optimizer = amsgrad(cfg.lr)
    if not data.unlabelled:
        windows = windows_of(data.train, **options, seed=1234 + cfg.seed)
        task = supervised_task(model, windows, optimizer)
        steps = cfg.steps_per_epoch or len(windows)
        return ([Stage("pose", cfg.epochs, steps, lambda: [task], plan)], model,
                steps * windows.batch_size)
    with strategy.scope():
        trajectory = temporal.build(**{**arguments, "joints_out": 1}, strided=strided,
                                    name="trajectory")
        temporal.set_bn_momentum(trajectory, bn_momentum(0, cfg.epochs))
    labelled = windows_of(data.train, **options, seed=1234 + cfg.seed, keep_root=True)
    unlabelled = windows_of(data.unlabelled, **options, seed=4321 + cfg.seed,
                            labelled=False)

    def make(other):
        return [semi_supervised_task(
            model, trajectory, SemiSupervisedBatches(labelled, other), optimizer)]

    both = make(unlabelled)[0].model
    warmup = min(cfg.warmup, cfg.epochs)
    steps = cfg.steps_per_epoch or len(labelled)
    return [Stage("warm-up", warmup, steps, lambda: make(None), plan),
            Stage("semi", cfg.epochs - warmup, steps, lambda: make(unlabelled), plan)
            ], both, steps * labelled.batch_size


def _finish(cfg, data, whole, folder, writes) -> dict:
    """Score the last weights by the protocol of the tables."""
    flips = data.symmetry if cfg.test_flip else None
    lifter = lifter_of(whole, temporal.temporal_padding(cfg.widths, cfg.causal), flips)
    score = score_of(take_errors(lifter, data.test), protocol_of(cfg, data.name))
    report = make_report([score], weights=weights_info(folder / TEMPORAL_WEIGHTS),
                         seed=cfg.seed, config=dataclasses.asdict(cfg))
    if writes:
        write_report(folder, report)
    log.info("P1 %.1f, P2 %.1f mm (mean over %d actions).", score.value,
             score.extras["P2"], len(score.parts))
    return report


def protocol_of(cfg: LifterConfig, keypoints: str) -> dict:
    """What the test was, in words."""
    return {"test subjects": ", ".join(cfg.test_subjects), "key points": keypoints,
            "test flip": cfg.test_flip, "frame step": cfg.downsample,
            "receptive field": temporal.receptive_field(cfg.widths)}
