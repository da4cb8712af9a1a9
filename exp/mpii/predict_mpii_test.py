"""Predict the 2D poses of MPII's test people, for the owners' evaluation (CVPR'18).

Needs the owners' list `mpii_human_pose_v1_u12_1.mat` and the test pictures in the
folder of the set.  Writes OUTPUT/pred.mat: the owners' list of the test pictures, in
its order, with our joints in the owners' order.  As published: multi-crop and flip.

Expected: PCKh@0.5 of 91.2 %, by the owners' evaluation; they keep the annotations.
That they accept this very file could not be tried.

    python exp/mpii/predict_mpii_test.py output/mpii-test --data datasets
"""
import sys
from dataclasses import dataclass

from deephar.data import MpiiSinglePerson
from deephar.data.mpii_owners import RELEASE_FILE, MpiiTestPeople, write_list, write_predictions
from deephar.evaluation.mpii import pose_trial
from deephar.evaluation.report import Score, format_report
from deephar.evaluation.session import EvalConfig, Session, exit_code
from deephar.networks.cut import poses_only
from deephar.networks.predict import frame_predictor
from deephar.training.strategy import workers_on
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE, VALID_MODE


@dataclass(frozen=True)
class Config(EvalConfig):
    """Predict the 2D poses of MPII's test people."""
    output: str = flag("output/mpii_test", "folder of the predictions", positional=True)
    multi_crop: bool = flag(True, "mean over five displaced crops")
    flip: bool = flag(True, "mean over each crop and its mirror image")


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    network = session.load_network("mpii_reception2d")
    folder = session.locate("mpii")
    if cfg.data == "synthetic" and not (folder / RELEASE_FILE).exists():
        write_list(MpiiSinglePerson(folder, network.dataconf), VALID_MODE)
    people = MpiiTestPeople(folder, network.dataconf)
    trial = pose_trial(people, TEST_MODE, network.dataconf, network.layout,
                       count=cfg.limit, multi_crop=cfg.multi_crop, flip=cfg.flip)
    rows = session.evaluate(trial, frame_predictor(poses_only(network), cfg.batch_size))
    poses = [None] * len(people.places)
    for row, sample in enumerate(rows.index):
        poses[int(trial.samples[sample])] = rows["pose_px"][row, -1]
    write_predictions(session.folder / "pred.mat", people, poses)
    report = session.finish([Score(
        "people", "predictions", len(rows) or None, samples=rows.total, evaluated=len(rows),
        missing=rows.missing, protocol={
            "crops": ("5 displaced" if cfg.multi_crop else "single")
            + (", each also mirrored; mean" if cfg.flip else ""),
            "file": str(session.folder / "pred.mat")})])
    print(format_report(report))
    return exit_code(report)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
