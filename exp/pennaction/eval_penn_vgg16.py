"""Evaluate the network with a VGG-16 stem on Penn Action and MPII: actions and 2D poses.

Expected: unknown; no accuracy was published for such a network.

    python exp/pennaction/eval_penn_vgg16.py output/eval --data datasets \
        --weights output/penn_vgg16
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
    """Evaluate the network with a VGG-16 stem: actions and 2D poses."""
    output: str = flag("output/eval_penn_vgg16", "folder of the report",
                       positional=True)


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    report = actions_and_poses(session, "penn_vgg16", "pennaction")
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
