"""Predict the boxes of Penn Action with SPNet, for the action scripts.

Poses on whole pictures give the boxes.  `boxes.json` in the output folder is
the list [test, train, valid] that `--boxes-file` and `PennAction` take; with
`--kind clips` it holds one box for each test clip instead.

    python exp/pennaction/predict_bboxes.py output/penn-boxes --data datasets
"""
import sys
from dataclasses import dataclass

from deephar.evaluation.protocols import predicted_boxes
from deephar.evaluation.report import format_report
from deephar.evaluation.session import EvalConfig, Session, exit_code
from deephar.training.strategy import workers_on
from deephar.utils.files import write_json
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE, TRAIN_MODE


@dataclass(frozen=True)
class Config(EvalConfig):
    """Predict boxes around the people of Penn Action."""
    output: str = flag("output/penn_boxes", "folder of boxes.json", positional=True)
    kind: str = flag("frames", "a box for each picture, or for each test clip",
                     choices=("frames", "clips"))


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    network = session.load_network("penn_spnet")
    # Clips are those of the test split; pictures are of both.
    modes = (TEST_MODE, TRAIN_MODE) if cfg.kind == "frames" else (TEST_MODE,)
    found, scores = zip(*(predicted_boxes(session, network, "pennaction", mode, cfg.kind)
                          for mode in modes))
    boxes = [*found, {}] if cfg.kind == "frames" else found[0]
    if not session.interrupted:
        write_json(session.folder / "boxes.json", boxes)
    report = session.finish(scores)
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
