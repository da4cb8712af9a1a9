"""Compare ways of training one small SPNet on synthetic people, step by step alike.

The papers claim that actions and poses learn better from their own pose heads
(decoupling), and together than alone.  Here the quickstart's network learns from its people,
in the way of `train_penn_multimodel.py`: batches of pictures and of clips in turn, RMSprop
1e-3, a tenth of it in the last third.  One more way takes today's Keras' RMSprop for the
poses, whose rule is another one.  A run that is there already is not repeated, an
interrupted one goes on: the same command finishes the tables.  The numbers are of a small
network on SYNTHETIC people, and say nothing about the papers' scores.

    python exp/pennaction/compare_training.py output/training
    python exp/pennaction/compare_training.py output/training --ways poses poses-keras
"""
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import keras
import numpy as np

from deephar.checkpoints.description import describe_spnet
from deephar.data import BatchLoader
from deephar.data.labels import PENN_ACTIONS
from deephar.models import spnet
from deephar.models.split import count_outputs
from deephar.training.evaluators import accuracy_of, pckh_of
from deephar.training.logs import read_rows
from deephar.training.optimizers import RMSprop
from deephar.training.recipes.quickstart import (
    CROPS, FRAMES, MODEL, People, QuickstartConfig, make_people)
from deephar.training.recipes.spnet import (
    TASKS, SpnetConfig, pictures_as_clips, spnet_stages)
from deephar.training.run import start_run, was_begun
from deephar.training.stages import train_scored
from deephar.training.strategy import make_strategy
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d


@dataclass(frozen=True)
class Way:
    """What is learnt, whether actions have pose heads of their own, and by which rule."""
    tasks: tuple[str, ...]
    replica: bool
    optimizer: Callable = RMSprop


WAYS = {
    "both-decoupled": Way(TASKS, replica=True),
    "both": Way(TASKS, replica=False),
    "poses": Way(("pose",), replica=False),
    "actions": Way(("action",), replica=False),
    "poses-keras": Way(("pose",), replica=False, optimizer=keras.optimizers.RMSprop),
}
SCORES = {"pose": "mpii/pckh", "action": "penn/accuracy"}


@dataclass(frozen=True)
class Config(QuickstartConfig):
    """Compare ways of training on synthetic people."""
    logdir: str = flag("output/training", "folder of all runs", positional=True)
    ways: tuple[str, ...] = flag(tuple(WAYS), "to compare", choices=tuple(WAYS))
    seeds: tuple[int, ...] = flag((0, 1, 2), "one run in every way with each")
    epochs: int = flag(6, "of --steps-per-epoch steps")
    steps_per_epoch: int = flag(100, "steps of every task in an epoch")
    batch_size: int = flag(2, "clips of 8 pictures in each batch")
    rate: float = flag(1e-3, "learning rate of RMSprop")


def main(cfg: Config) -> str:
    people = make_people(cfg)
    for seed in cfg.seeds:
        for name in cfg.ways:
            folder = Path(cfg.logdir) / f"{name}-seed{seed}"
            if len(read_rows(folder / "scores.csv")) < cfg.epochs:
                train(dataclasses.replace(cfg, logdir=str(folder), seed=seed,
                                          resume=was_begun(folder)), WAYS[name], people)
                keras.backend.clear_session()
    table = as_table(Path(cfg.logdir), cfg.epochs)
    print(table)
    return table


def train(cfg: Config, way: Way, people: People) -> None:
    """One run, scored after every epoch on people that it has not seen."""
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    network = dataclasses.replace(MODEL, pose_replica=way.replica)
    run.describe(describe_spnet(network, CROPS, {"pennaction": PENN_ACTIONS}))
    recipe = SpnetConfig(
        tasks=way.tasks, num_frames=FRAMES, num_clips=cfg.batch_size, epochs=cfg.epochs,
        action_weight=0.01, rate=cfg.rate, drop_epochs=(2 * cfg.epochs // 3,), seed=cfg.seed)
    num_poses, num_actions = count_outputs(network)
    loaders = {
        "pose": pictures_as_clips(recipe, [lambda: people.mpii], (FRAMES,), num_poses),
        "action": BatchLoader(people.penn, ["frame"], ["pennaction"], TRAIN_MODE,
                              cfg.batch_size, num_actions, seed=cfg.seed)}
    with strategy.scope():
        full = spnet.build(network)
    scores = {}
    if "pose" in way.tasks:
        scores["mpii"] = pckh_of(people.mpii, VALID_MODE, CROPS, pa16j2d, batch_size=16,
                                 count=cfg.eval_samples)
    if "action" in way.tasks:
        scores["penn"] = accuracy_of(people.penn, TEST_MODE, CROPS, len(PENN_ACTIONS),
                                     count=cfg.eval_samples)
    stages = spnet_stages(recipe, full, network, loaders, lambda: way.optimizer(cfg.rate),
                          cfg.steps_per_epoch)
    train_scored(cfg, full, stages, run, strategy, scores, best=SCORES[way.tasks[0]])


def as_table(folder: Path, epochs: int) -> str:
    """Markdown, a row per way and score: means over seeds after each epoch, the last range."""
    lines = []
    for name, way in WAYS.items():
        curves = [rows for path in sorted(folder.glob(f"{name}-seed*"))
                  if len(rows := read_rows(path / "scores.csv")) == epochs]
        for score in (SCORES[task] for task in way.tasks if curves):
            values = np.array([[row[score] for row in rows] for rows in curves])
            means = " | ".join(f"{mean:.1f}" for mean in values.mean(axis=0))
            last = values[:, -1]
            lines.append(f"| {name} | {score} | {len(values)} | {means} | "
                         f"{last.min():.1f} to {last.max():.1f} |")
    head = " | ".join(f"epoch {i + 1}" for i in range(epochs))
    return "\n".join([f"| way | score | seeds | {head} | last, range |",
                      "|" + "---|" * (4 + epochs), *lines])


if __name__ == "__main__":
    main(parse_config(Config))
