"""Compare the networks for Penn Action on synthetic people, with equal budgets.

The quickstart's data, crops of 96 px, clips of 8 frames; every network sees the
same clips and as many pictures, for as many steps.  A run that is there already is
not repeated, an interrupted one goes on: the same command finishes the table.  The
numbers compare small networks on SYNTHETIC people, and say nothing about the
papers' scores.

    python exp/pennaction/compare_variants.py output/variants
    python exp/pennaction/compare_variants.py output/variants --networks keypoints3d \\
        keypoints3d-shallow keypoints3d-deep
"""
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from deephar.models.flops import count_flops
from deephar.training.recipes.compare import NETWORKS, rate_of, score, train
from deephar.training.recipes.quickstart import FRAMES, QuickstartConfig, make_people
from deephar.training.run import was_begun
from deephar.utils.files import read_json, write_json
from deephar.utils.flags import flag, parse_config

COLUMNS = {"pckh": "PCKh@0.5", "accuracy": "accuracy", "pose": "of the pose branch",
           "appearance": "of the appearance branch"}


@dataclass(frozen=True)
class Config(QuickstartConfig):
    """Compare networks on synthetic people."""
    logdir: str = flag("output/variants", "folder of all runs", positional=True)
    networks: tuple[str, ...] = flag(tuple(NETWORKS), "to compare",
                                     choices=tuple(NETWORKS))
    seeds: tuple[int, ...] = flag((0, 1, 2), "one run of every network with each")


def main(cfg: Config) -> str:
    people = make_people(cfg)
    for seed in cfg.seeds:
        for name in cfg.networks:
            run_once(cfg, name, seed, people)
    table = as_table(Path(cfg.logdir))
    print(table)
    return table


def run_once(cfg: Config, name: str, seed: int, people) -> None:
    """Train and score one network, unless its result is there."""
    folder = Path(cfg.logdir) / f"{name}-seed{seed}"
    if (folder / "result.json").exists():
        return
    network = train(name, dataclasses.replace(
        cfg, logdir=str(folder), seed=seed, resume=was_begun(folder)), people)
    write_json(folder / "result.json", {
        "network": name, "seed": seed, **score(network, people),
        "steps": cfg.epochs * cfg.steps_per_epoch, "batch_size": cfg.batch_size,
        "rate": rate_of(name, cfg),
        "parameters": network.model.count_params(),
        "flops": count_flops(network.model) // FRAMES})
    keras.backend.clear_session()


def as_table(folder: Path) -> str:
    """Markdown, a row per network and budget: means over seeds, and their range."""
    rows = {}
    for path in sorted(folder.glob("*/result.json")):
        result = read_json(path)
        key = tuple(result[k] for k in ("network", "steps", "batch_size", "rate"))
        rows.setdefault(key, []).append(result)
    lines = ["| network | parameters | GFLOP per frame | rate | steps | clips per step | "
             "seeds | " + " | ".join(COLUMNS.values()) + " |",
             "|" + "---|" * (7 + len(COLUMNS))]
    order = list(NETWORKS)
    for (name, steps, clips, rate), results in sorted(
            rows.items(), key=lambda row: order.index(row[0][0])):
        cells = [cell([r[c] for r in results if c in r]) for c in COLUMNS]
        first = results[0]
        lines.append(
            f"| {name} | {first['parameters'] / 1e6:.2f} M | {first['flops'] / 1e9:.2f} | "
            f"{rate:g} | {steps} | {clips} | {len(results)} | "
            + " | ".join(cells) + " |")
    return "\n".join(lines)


def cell(values: list[float]) -> str:
    if not values:
        return "-"
    extent = f" ({min(values):.1f} to {max(values):.1f})" if len(values) > 1 else ""
    return f"{np.mean(values):.1f}{extent}"


if __name__ == "__main__":
    main(parse_config(Config))
