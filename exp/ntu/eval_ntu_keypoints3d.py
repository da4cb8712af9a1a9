"""Evaluate the 3D key-point network on NTU RGB+D: actions.

The headline is the mean over the clips, as the authors say.  The error of the 3D
poses is measured where Human3.6M is there.

Expected: unknown.  The authors report 87.6 %, without naming the protocol, for
their network, whose sizes are not known; this one is a reading of their text.

    python exp/ntu/eval_ntu_keypoints3d.py output/eval --data datasets \\
        --weights output/ntu_keypoints3d
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.protocols import ActionConfig, actions, pose_error
from deephar.evaluation.report import format_report
from deephar.evaluation.session import Session, exit_code
from deephar.training.strategy import workers_on
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(ActionConfig):
    """Evaluate the 3D key-point network: actions on NTU."""
    output: str = flag("output/eval_ntu_keypoints3d", "folder of the report",
                       positional=True)


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    network = session.load_network("ntu_keypoints3d")
    scores = actions(session, network, "ntu", paper=("ntu-keypoints3d",),
                     over_clips="mean")
    scores += pose_error(session, network)
    report = session.finish(scores)
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
