"""Evaluate SPNet on NTU RGB+D and Human3.6M: actions and 3D poses (TPAMI'20).

Expected: the published tables could not be verified, so that no number
stands here.  Both scores come from one network.

    python exp/ntu/eval_ntu_multitask.py output/ntu-spnet --data datasets
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.protocols import MultitaskConfig, actions_and_poses
from deephar.evaluation.report import format_report
from deephar.evaluation.session import Session, exit_code
from deephar.training.strategy import workers_on
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(MultitaskConfig):
    """Evaluate SPNet: actions on NTU, 3D poses on Human3.6M."""
    output: str = flag("output/eval_ntu_spnet", "folder of the report",
                       positional=True)


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    report = actions_and_poses(session, "ntu_spnet", "ntu", paper=("ntu-spnet",))
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
