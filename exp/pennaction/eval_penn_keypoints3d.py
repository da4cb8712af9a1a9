"""Evaluate the 3D key-point network on Penn Action and MPII: actions and 2D poses.

The headline is the mean over the clips, as the authors say.  The error of the 3D
poses is measured where Human3.6M is there.

Expected: unknown.  The authors report 98.1 % for their network, whose sizes are
not known; this one is a reading of their text.

    python exp/pennaction/eval_penn_keypoints3d.py output/eval --data datasets \
        --weights output/penn_keypoints3d
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
    """Evaluate the 3D key-point network: actions and 2D poses."""
    output: str = flag("output/eval_penn_keypoints3d", "folder of the report",
                       positional=True)


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    report = actions_and_poses(session, "penn_keypoints3d", "pennaction",
                               paper=("penn-keypoints3d",), over_clips="mean")
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
