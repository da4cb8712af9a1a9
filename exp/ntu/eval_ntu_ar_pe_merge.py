"""Evaluate the merged pose and appearance network on NTU RGB+D (CVPR'18).

Expected: accuracy of 85.5 % on the cross-subject split.

    python exp/ntu/eval_ntu_ar_pe_merge.py output/ntu --data datasets
    python exp/ntu/eval_ntu_ar_pe_merge.py output/ntu --boxes two-pass
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.protocols import ActionConfig, actions
from deephar.evaluation.report import format_report
from deephar.evaluation.session import Session, exit_code
from deephar.training.strategy import workers_on
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(ActionConfig):
    """Evaluate action recognition on NTU RGB+D: single and multi clip."""
    output: str = flag("output/eval_ntu_merge", "folder of the report", positional=True)


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    network = session.load_network("ntu_merge")
    scores = actions(session, network, "ntu", paper=("ntu",))
    report = session.finish(scores)
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
