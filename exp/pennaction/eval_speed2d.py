"""Measure the speed of SPNet's 2D poses, leaving it at different blocks (TPAMI'20).

Expected: the published tables could not be verified, so that no number stands
here; speeds depend on the machine anyway.  A network that stops after an
early block is quicker and less exact: `eval_penn_multitask.py` has the
scores of the same blocks.  No data are needed: the pictures are noise.

    python exp/pennaction/eval_speed2d.py output/speed --batch-size 8
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.report import format_report
from deephar.evaluation.session import EvalConfig, Session, exit_code
from deephar.evaluation.speed import speed_score, speed_task
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(EvalConfig):
    """Measure frames per second of SPNet, leaving it at different blocks."""
    output: str = flag("output/eval_speed2d", "folder of the report", positional=True)
    exits: tuple[int, ...] = flag((), "blocks to leave at, from 1; empty: the last "
                                      "block of each pyramid")
    repeats: int = flag(20, "steps to time; their median counts")


def main(cfg: Config) -> int:
    session = Session(cfg)
    network = session.load_network("penn_spnet", random_will_do=True)
    task, measure = speed_task(network, cfg.exits, cfg.batch_size, cfg.repeats)
    rows = session.evaluate(task, measure, batch_size=1)
    score = speed_score(rows, task, cfg.batch_size)
    report = session.finish([score])
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
