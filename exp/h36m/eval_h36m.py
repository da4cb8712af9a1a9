"""Evaluate 3D poses on Human3.6M (CVPR'18).

Expected: MPJPE of 55.1 mm (single crop) or 53.2 mm (multi-crop and flip) with the
released file, which was trained on MPII too; 67.3 and 63.8 mm with a network
that saw Human3.6M only, which must be trained (`train_h36m_mpii.py --shares 24 0`)
and compared by `--paper h36m`.  Root depth and camera are ground truth.  The
paper scored one frame in 60, the published annotations hold one in 64: single
actions differ, the mean agrees.

    python exp/h36m/eval_h36m.py output/h36m --data datasets
    python exp/h36m/eval_h36m.py output/h36m-mc --data datasets --multi-crop
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.paper_tables import PAPER_TABLES
from deephar.evaluation.protocols import h36m_mpjpe
from deephar.evaluation.report import format_report
from deephar.evaluation.session import EvalConfig, Session, exit_code
from deephar.training.strategy import workers_on
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(EvalConfig):
    """Evaluate 3D poses on Human3.6M: MPJPE of every block and action."""
    output: str = flag("output/eval_h36m", "folder of the report", positional=True)
    split: str = flag("valid", "of the annotation file", choices=("valid", "test"))
    multi_crop: bool = flag(False, "mean over five displaced crops, each also mirrored")


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    network = session.load_network("h36m_reception3d")
    default = "h36m-mpii-multicrop" if cfg.multi_crop else "h36m-mpii"
    rows = cfg.paper or (default,)
    only = [key for key in rows if PAPER_TABLES[key].training]
    if only and network.weights["file"] and not cfg.weights:
        raise ValueError(f"{only[0]} is of a network that saw Human3.6M only, and the "
                         "released one was trained on MPII too: give --weights")
    score = h36m_mpjpe(session, network, split=cfg.split, multi_crop=cfg.multi_crop,
                       flip=cfg.multi_crop, paper=rows)
    report = session.finish([score])
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
