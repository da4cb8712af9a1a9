"""Evaluate 2D poses of single people on MPII (CVPR'18).

Expected with the released weights: PCKh@0.5 of 89.1 % on the validation
split, single crop.  For the paper's test row, 91.2 % (multi-crop and flip),
`predict_mpii_test.py` writes what the owners' evaluation takes.

    python exp/mpii/eval_mpii_singleperson.py output/mpii --data datasets
    python exp/mpii/eval_mpii_singleperson.py output/try --data synthetic --tiny
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.protocols import mpii_pckh
from deephar.evaluation.report import format_report
from deephar.evaluation.session import EvalConfig, Session, exit_code
from deephar.training.strategy import workers_on
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(EvalConfig):
    """Evaluate 2D poses on MPII: PCKh@0.5 of every block."""
    output: str = flag("output/eval_mpii", "folder of the report", positional=True)
    multi_crop: bool = flag(False, "mean over five displaced crops")
    flip: bool = flag(False, "mean over each crop and its mirror image")


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    network = session.load_network("mpii_reception2d")
    plain = not (cfg.multi_crop or cfg.flip)
    score = mpii_pckh(session, network, multi_crop=cfg.multi_crop, flip=cfg.flip,
                      paper=cfg.paper or ("mpii-val",) * plain)
    report = session.finish([score])
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
