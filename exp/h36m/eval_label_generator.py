"""Evaluate the 3D label generator, with and without geometric search.

Expected on S9 and S11 with exact key points: P1 of 42.7 mm without and
37.6 mm with search.  The search puts pixel noise straight into the poses:
the last table shows how much, and where it stops to help.

    python exp/h36m/eval_label_generator.py output/eval_labels --data FOLDER \
        --allow-pickle --weights output/label_generator
"""
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from deephar.data.keypoints.files import open_set
from deephar.data.keypoints.takes import TEST_SUBJECTS
from deephar.evaluation.label_generator import score_labels
from deephar.evaluation.lifting_plots import plot_actions, plot_progress
from deephar.evaluation.report import (
    all_evaluated, format_report, make_report, table, weights_info, write_report)
from deephar.networks.label_generator import LabelGenerator
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config:
    """Evaluate the 3D label generator, with and without geometric search."""
    output: str = flag("output/eval_labels", "folder of the report", positional=True)
    data: str = flag("datasets/keypoints", "folder of the key-point files, or 'synthetic'")
    keypoints: str = flag("gt", "NAME of data_2d_h36m_NAME.npz")
    exact: bool = flag(True, "left key points projected from the poses, not the file's")
    cameras: str = flag("", "JSON file of another rig")
    allow_pickle: bool = flag(False, "read the files; they can run code: trust them first")
    weights: str = flag("output/label_generator", "folder of a training")
    test_subjects: tuple[str, ...] = flag(TEST_SUBJECTS, "to test on")
    every: int = flag(25, "use every n-th frame")
    baseline_mm: float = flag(500.0, "from the left to the right camera")
    cost: str = flag("l1", "of the search", choices=("l1", "l2"))
    noise: tuple[float, ...] = flag((0, 1, 2, 5, 10), "pixels of error to try")
    paper: tuple[str, ...] = flag(("labels-gt", "labels-gt-search"),
                                  "rows without and with search")
    plots: bool = flag(True, "draw the figures")


def main(cfg: Config) -> dict:
    generator = LabelGenerator.load(cfg.weights)
    takes = open_set(cfg.data, cfg.keypoints, cameras=cfg.cameras,
                     allow_pickle=cfg.allow_pickle).takes(cfg.test_subjects)
    options = dict(every=cfg.every, exact=cfg.exact, baseline=cfg.baseline_mm,
                   cost=cfg.cost)
    scores = score_labels(generator, takes, **options, paper=cfg.paper, protocol={
        "test subjects": ", ".join(cfg.test_subjects), "cost": cfg.cost})
    report = make_report(scores, config=asdict(cfg), weights=weights_info(
        Path(cfg.weights) / "reconstruction.weights.h5"))
    report["pixel_noise"] = [
        {"pixels": pixels, "without": before.extras["P1"], "with": after.extras["P1"]}
        for pixels in cfg.noise
        for before, after, _ in [score_labels(generator, takes, **options, noise_px=pixels)]]
    write_report(cfg.output, report)
    if cfg.plots:
        names = ("without search", "with search")
        plot_actions(Path(cfg.output) / "actions.png",
                     {name: score.parts for name, score in zip(names, scores)})
        rows = report["pixel_noise"]
        if rows:
            plot_progress(Path(cfg.output) / "noise.png", {
                f"{key} search": ([r["pixels"] for r in rows], [r[key] for r in rows])
                for key in ("without", "with")}, "error of the key points (px)", "P1 (mm)")
    return report


def noise_table(report: dict) -> str:
    """P1 by pixel noise, as text."""
    return "\n".join(table([["pixel noise", "without search", "with search"]] + [
        [f"{r['pixels']:g}", f"{r['without']:.1f}", f"{r['with']:.1f}"]
        for r in report["pixel_noise"]]))


if __name__ == "__main__":
    result = main(parse_config(Config))
    print(format_report(result), noise_table(result), sep="\n\n")
    sys.exit(0 if all_evaluated(result) else 1)
