"""Evaluate the merged pose and appearance network on Penn Action (CVPR'18).

Expected: accuracy of 97.4 % with estimated boxes, 98.6 % with annotated ones
(very likely: the paper does not say so outright).

    python exp/pennaction/eval_penn_ar_pe_merge.py output/penn --data datasets
    python exp/pennaction/eval_penn_ar_pe_merge.py output/penn --boxes two-pass
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.protocols import BOXES, ActionConfig, actions
from deephar.evaluation.report import format_report
from deephar.evaluation.session import Session, exit_code
from deephar.training.strategy import workers_on
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(ActionConfig):
    """Evaluate action recognition on Penn Action: single and multi clip."""
    output: str = flag("output/eval_penn_merge", "folder of the report", positional=True)
    boxes: str = flag("predicted", "where the crops come from", choices=tuple(BOXES))


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    network = session.load_network("penn_merge")
    row = "penn-gt" if cfg.boxes == "gt" else "penn"
    scores = actions(session, network, "pennaction", paper=(row,))
    report = session.finish(scores)
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
