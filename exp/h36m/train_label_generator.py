"""Train the 3D label generator: view synthesis, then reconstruction.

Expected on S9 and S11 with exact key points: P1 of 42.7 mm without and
37.6 mm with the geometric search (Wang et al. 2019; Tang et al., ICPR 2020);
45.5 and 38.5 mm of the linear baseline (ICCV 2017).

    python exp/h36m/train_label_generator.py --data FOLDER --allow-pickle \
        --logdir output/label_generator
    python exp/h36m/train_label_generator.py --data FOLDER --allow-pickle \
        --system baseline --logdir output/linear
    python exp/h36m/train_label_generator.py --data synthetic --units 128 --epochs 2

Further pairs come from the folders of `--extra`, whose 3D files make exact
pairs, for instance of synthetic people (docs/lifting.md).
"""
from dataclasses import dataclass

from deephar.data.keypoints.files import open_set
from deephar.evaluation.label_generator import label_scores, label_trial, labelled_by
from deephar.evaluation.loop import evaluate
from deephar.evaluation.pages import save_report
from deephar.evaluation.report import format_report, make_report
from deephar.networks.network import weights_info
from deephar.training.recipes.label_generator import (
    GeneratorConfig, Pairs, train_baseline, train_generator)
from deephar.training.strategy import make_strategy
from deephar.utils.flags import parse_config
from deephar.utils.stereo import Intrinsics

WEIGHTS = {"generator": "reconstruction.weights.h5", "baseline": "baseline.weights.h5"}


@dataclass(frozen=True)
class Config(GeneratorConfig):
    """Train the 3D label generator."""


def main(cfg: Config) -> dict:
    strategy = make_strategy(cfg.device)
    keypoints = open_set(cfg.data, cfg.keypoints, cameras=cfg.cameras,
                         allow_pickle=cfg.allow_pickle)
    takes, test_takes = keypoints.takes(cfg.subjects), keypoints.takes(cfg.test_subjects)
    camera = Intrinsics()
    train = Pairs.of(takes, camera, cfg.baseline_mm, cfg.every, cfg.exact)
    for folder in cfg.extra:
        extra = open_set(folder, "gt", allow_pickle=cfg.allow_pickle)
        train += Pairs.of(extra.takes(list(extra.poses)), camera, cfg.baseline_mm, cfg.every)
    test = Pairs.of(test_takes, camera, cfg.baseline_mm, cfg.test_every, cfg.exact)
    fit = train_baseline if cfg.system == "baseline" else train_generator
    generator = fit(cfg, train, test, strategy, camera)
    rows = evaluate(
        label_trial(test_takes, camera, every=cfg.test_every, exact=cfg.exact,
                    baseline=cfg.baseline_mm), labelled_by(generator), batch_size=1)
    scores = label_scores(rows, test_takes, every=cfg.test_every, protocol={
        "key points": "projected from the poses" if cfg.exact else "of the file"})
    report = make_report(scores, seed=cfg.seed, config=vars(cfg), weights=weights_info(
        f"{cfg.logdir}/{WEIGHTS[cfg.system]}"))
    save_report(cfg.logdir, report)
    return report


if __name__ == "__main__":
    print(format_report(main(parse_config(Config))))
