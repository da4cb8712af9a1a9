"""Measure the speed of SPNet's 2D poses, leaving it at different blocks (TPAMI'20).

Expected: the published tables could not be verified, so that no number stands
here; speeds depend on the machine anyway.  A network that stops after an
early block is quicker and less exact: `eval_penn_multitask.py` has the
scores of the same blocks.  No data are needed: the pictures are noise.
`deephar bench network --blocks` measures any other network, with its scores.

    python exp/pennaction/eval_speed2d.py output/speed --batch-size 8
"""
import dataclasses
import sys
from dataclasses import dataclass

import numpy as np

from deephar.deploy.bench import bench_blocks
from deephar.evaluation.loop import Trial
from deephar.evaluation.report import Score, format_report
from deephar.evaluation.session import EvalConfig, Session, exit_code
from deephar.networks.cut import num_blocks, poses_only
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(EvalConfig):
    """Measure frames per second of SPNet, leaving it at different blocks."""
    output: str = flag("output/eval_speed2d", "folder of the report", positional=True)
    exits: tuple[int, ...] = flag((), "blocks to leave at, from 1; empty: six of "
                                      "them, evenly spread up to the last")
    repeats: int = flag(20, "steps to time; their median counts")
    mode: str = flag("optimized", "how to run it: keras, optimized, or as of "
                                  "`deephar bench network --modes`")


def main(cfg: Config) -> int:
    session = Session(cfg)
    network = session.load_network("penn_spnet", random_will_do=True)
    poses = dataclasses.replace(network, model=poses_only(network), actions={})
    exits = cfg.exits or even_exits(num_blocks(poses.model))
    # An exit is a sample, so that an interrupted run goes on after the last one.
    trial = Trial("speed", [str(block) for block in exits], views=lambda sample: [0],
                  read=lambda sample, view: {"frame": np.array(exits[sample])},
                  reduce=lambda sample, views, outputs: {"speed": outputs[0][0]})

    def measure(blocks: np.ndarray) -> list[np.ndarray]:
        rows = bench_blocks(poses, cfg.mode, cfg.batch_size, cfg.repeats, blocks.tolist())
        return [np.array([row["frames_per_s"] for row in rows])]

    rows = session.evaluate(trial, measure, batch_size=1)
    speeds = rows["speed"].tolist() if len(rows) else []
    report = session.finish([Score(
        "speed", "frames/s", speeds[-1] if speeds else None, blocks=speeds,
        block_names=[trial.samples[i] for i in rows.index], samples=rows.total,
        evaluated=len(rows), missing=rows.missing, paper=("speed",), protocol={
            "pictures": "noise", "batch": f"{cfg.batch_size} clips", "mode": cfg.mode,
            "time": "median step, pictures in memory, no cropping"})])
    print(format_report(report))
    return exit_code(report)


def even_exits(total: int, count: int = 6) -> list[int]:
    """Up to `count` of the numbers 1 to `total`, evenly; the last is among them."""
    return sorted({round(total * (i + 1) / count) for i in range(count)} - {0})


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
