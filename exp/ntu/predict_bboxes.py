"""Predict the boxes of NTU's test clips with SPNet, for the action scripts.

Poses on the whole first, middle and last picture of each clip give its box.
`boxes.json` in the output folder is what `--boxes-file` takes.

    python exp/ntu/predict_bboxes.py output/ntu-boxes --data datasets
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.protocols import predicted_boxes
from deephar.evaluation.report import format_report
from deephar.evaluation.session import EvalConfig, Session, exit_code
from deephar.training.strategy import workers_on
from deephar.utils.files import write_json
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE


@dataclass(frozen=True)
class Config(EvalConfig):
    """Predict boxes around the people of NTU."""
    output: str = flag("output/ntu_boxes", "folder of boxes.json", positional=True)
    eval_mode: str = flag("cs", "cross-subject or cross-view", choices=("cs", "cv"))


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    network = session.load_network("ntu_spnet")
    boxes, score = predicted_boxes(session, network, "ntu", TEST_MODE, "clips")
    if not session.interrupted:
        write_json(session.folder / "boxes.json", boxes)
    report = session.finish([score])
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
