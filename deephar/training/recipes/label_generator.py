"""Training of the label generator: view synthesis first, then reconstruction.

Its baseline is one linear network, trained by the same recipe.
"""
import dataclasses
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from deephar.checkpoints.lifting import save_weights, write_settings
from deephar.data.keypoints.batches import ArrayBatches
from deephar.data.keypoints.takes import TEST_SUBJECTS, TRAIN_SUBJECTS, Take
from deephar.evaluation.label_generator import (
    camera_poses, image_points, pose_errors, view_pairs, view_pckh)
from deephar.models import linear
from deephar.networks.label_generator import (
    LabelGenerator, LinearBaseline, settings_of, without_root)
from deephar.training.callbacks import EvalCallback
from deephar.training.run import RunConfig, start_run, was_begun
from deephar.training.schedule import Decay
from deephar.training.stages import Stage, train_stages
from deephar.training.strategy import is_chief
from deephar.training.task import Task
from deephar.utils.flags import flag
from deephar.utils.stereo import Intrinsics, Normaliser, relative

DECAY, DECAY_STEPS = 0.96, 100_000
RATE = 1e-3
MPII16_ROOT = 6             # the pelvis of the hourglass' key points

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class GeneratorConfig(RunConfig):
    """The flags of a label generator's training."""
    logdir: str = flag("output/label_generator", "folder of the run")
    data: str = flag("datasets/keypoints", "folder of the key-point files, or 'synthetic'")
    system: str = flag("generator", "two networks, or the linear baseline",
                       choices=("generator", "baseline"))
    keypoints: str = flag("gt", "NAME of data_2d_h36m_NAME.npz")
    exact: bool = flag(True, "left key points projected from the poses, not the file's")
    cameras: str = flag("", "JSON file of another rig")
    allow_pickle: bool = flag(False, "read the files; they can run code: trust them first")
    subjects: tuple[str, ...] = flag(TRAIN_SUBJECTS, "to train on")
    test_subjects: tuple[str, ...] = flag(TEST_SUBJECTS, "to test on")
    extra: tuple[str, ...] = flag((), "further folders of files with exact pairs")
    every: int = flag(1, "use every n-th frame in training")
    test_every: int = flag(25, "use every n-th frame in test")
    units: int = flag(1024, "of every hidden layer")
    blocks: int = flag(2, "residual blocks")
    dropout: float = flag(0.5, "share of the features that are left out")
    max_norm: bool = flag(True, "scale each matrix to a norm of at most 1")
    batch_size: int = flag(64, "samples per step")
    epochs: int = flag(200, "of each of the two networks")
    baseline_mm: float = flag(500.0, "from the left to the right camera")
    true_right: bool = flag(False, "reconstruct from true right views in training")


@dataclass(frozen=True)
class Pairs:
    """Samples of the two networks: key points in pixels, absolute poses in mm."""
    left: np.ndarray
    right: np.ndarray
    poses: np.ndarray

    @classmethod
    def of(cls, takes: Sequence[Take], intrinsics: Intrinsics, baseline: float,
           every: int = 1, exact: bool = True) -> "Pairs":
        """The pairs of takes."""
        poses = camera_poses(takes, every)
        left, right = view_pairs(poses, intrinsics, baseline)
        return cls(left if exact else image_points(takes, every), right, poses)

    def __add__(self, other: "Pairs") -> "Pairs":
        return Pairs(*(np.concatenate(pair) for pair in zip(
            dataclasses.astuple(self), dataclasses.astuple(other))))


def train_generator(cfg: GeneratorConfig, train: Pairs, test: Pairs,
                    strategy: tf.distribute.Strategy,
                    intrinsics: Intrinsics = Intrinsics()) -> LabelGenerator:
    """Train both networks, one after the other, each in its folder of `cfg.logdir`."""
    folder = Path(cfg.logdir)
    numbers = {"left": Normaliser.fit(train.left), "right": Normaliser.fit(train.right),
               "pose": Normaliser.fit(train.poses)}
    left, right, pose = (n.normalise(a).astype(np.float32) for n, a in zip(
        numbers.values(), (train.left, train.right, train.poses)))
    options = dict(units=cfg.units, blocks=cfg.blocks, dropout=cfg.dropout,
                   max_norm=cfg.max_norm)
    sizes = {name: dict(zip(("inputs", "outputs"), size), **options)
             for name, size in (("view_synthesis", linear.VIEW_SYNTHESIS),
                                ("reconstruction", linear.RECONSTRUCTION))}
    # Copies that score, in float32 and on this machine alone, whatever trains.
    networks = {name: linear.build(**size, name=name) for name, size in sizes.items()}
    generator = LabelGenerator(**networks, **numbers, intrinsics=intrinsics)
    true = relative(test.poses)

    _train(dataclasses.replace(cfg, logdir=str(folder / "view_synthesis")),
           sizes["view_synthesis"], networks["view_synthesis"], left, right, strategy,
           lambda: {"PCKh": view_pckh(generator.right_keypoints(test.left), test.right)})
    seen = train.right if cfg.true_right else generator.right_keypoints(train.left)
    both = np.concatenate([left, numbers["right"].normalise(seen)], 1).astype(np.float32)
    _train(dataclasses.replace(cfg, logdir=str(folder / "reconstruction")),
           sizes["reconstruction"], networks["reconstruction"], both, pose, strategy,
           lambda: pose_errors(true, generator.coarse_poses(test.left)))
    if is_chief(strategy):
        for name, network in networks.items():
            save_weights(network, folder / f"{name}.weights.h5")
        write_settings(folder, {"networks": sizes, **settings_of(numbers, intrinsics)})
    return generator


def train_baseline(cfg: GeneratorConfig, train: Pairs, test: Pairs,
                   strategy: tf.distribute.Strategy,
                   intrinsics: Intrinsics = Intrinsics()) -> LinearBaseline:
    """Train the baseline of ICCV 2017 in `cfg.logdir`/baseline."""
    folder = Path(cfg.logdir)
    root = MPII16_ROOT if train.left.shape[1] == 16 else 0
    numbers = {"left": Normaliser.fit(train.left, root), "pose": Normaliser.fit(train.poses)}
    size = dict(zip(("inputs", "outputs"), linear.BASELINE), units=cfg.units,
                blocks=cfg.blocks, dropout=cfg.dropout, max_norm=cfg.max_norm)
    network = linear.build(**size, name="baseline")
    baseline = LinearBaseline(network, **numbers, intrinsics=intrinsics)
    poses = without_root(numbers["pose"].normalise(train.poses), 0, 3)
    true = relative(test.poses)
    _train(dataclasses.replace(cfg, logdir=str(folder / "baseline")), size, network,
           baseline.inputs(train.left).astype(np.float32), poses.astype(np.float32),
           strategy, lambda: pose_errors(true, baseline.coarse_poses(test.left)))
    if is_chief(strategy):
        save_weights(network, folder / "baseline.weights.h5")
        write_settings(folder, {"networks": {"baseline": size},
                                **settings_of(numbers, intrinsics)})
    return baseline


def _train(cfg, size, copy, x, y, strategy, score: Callable) -> None:
    """One network in its own folder; a finished one is only read.

    Args:
        size: what the network is built of, after the run has set seed and precision.
        copy: gets the weights before every score, and in the end.
    """
    resume = cfg.resume and was_begun(cfg.logdir)
    run = start_run(dataclasses.replace(cfg, resume=resume), strategy)
    with strategy.scope():
        network = linear.build(**size, name=copy.name)
    batches = ArrayBatches(x, y, cfg.batch_size, cfg.seed)
    steps = cfg.steps(len(batches))

    def tasks():
        return [Task(network.name, network, batches, "mean_squared_error",
                     keras.optimizers.Adam(RATE))]

    def scores(trained):
        copy.set_weights(trained.get_weights())
        return score()

    plan = Decay(RATE, DECAY, DECAY_STEPS / steps, smooth=True)
    train_stages(network, [Stage(network.name, cfg.epochs, steps, tasks, plan)], run,
                 strategy=strategy,
                 callbacks=EvalCallback("test", scores, network, strategy=strategy),
                 **cfg.trainer_options())
    copy.set_weights(network.get_weights())
