"""Evaluate the network with a VGG-16 stem on Penn Action and MPII: actions and 2D poses.

Expected: unknown; no accuracy was published for such a network.

    python exp/pennaction/eval_penn_vgg16.py output/eval --data datasets \
        --weights output/penn_vgg16
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.protocols import ActionConfig, actions, mpii_pckh
from deephar.evaluation.report import format_report
from deephar.evaluation.session import Session, exit_code
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(ActionConfig):
    """Evaluate the network with a VGG-16 stem: actions and 2D poses."""
    output: str = flag("output/eval_penn_vgg16", "folder of the report",
                       positional=True)
    tasks: tuple[str, ...] = flag(("actions", "poses"), "what to evaluate",
                                  choices=("actions", "poses"))


def main(cfg: Config) -> int:
    session = Session(cfg)
    network = session.load_network("penn_vgg16")
    scores = []
    if "actions" in cfg.tasks:
        scores += actions(session, network, "pennaction", paper=())
    if "poses" in cfg.tasks:
        scores.append(mpii_pckh(session, network, paper=()))
    report = session.finish(scores)
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
