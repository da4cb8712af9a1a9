"""Evaluate the 3D label generator, with and without geometric search.

Expected on S9 and S11 with exact key points: P1 of 42.7 mm without and
37.6 mm with search.  The search puts pixel noise straight into the poses:
the last table shows how much, and where it stops to help.

    python exp/h36m/eval_label_generator.py output/eval_labels --data FOLDER \
        --allow-pickle --weights output/label_generator
"""
import sys
from dataclasses import dataclass
from pathlib import Path

from deephar.data.keypoints.files import open_set
from deephar.data.keypoints.takes import TEST_SUBJECTS
from deephar.evaluation.label_generator import label_scores, label_trial, labelled_by
from deephar.evaluation.lifting_plots import plot_actions, plot_progress
from deephar.evaluation.loop import spread
from deephar.evaluation.report import format_report, table
from deephar.evaluation.session import Session, SessionConfig, exit_code
from deephar.networks.label_generator import LabelGenerator
from deephar.networks.network import weights_info
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(SessionConfig):
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


def main(cfg: Config) -> int:
    session = Session(cfg)
    generator = LabelGenerator.load(cfg.weights)
    session.weights = weights_info(Path(cfg.weights) / "reconstruction.weights.h5")
    takes = open_set(cfg.data, cfg.keypoints, cameras=cfg.cameras,
                     allow_pickle=cfg.allow_pickle).takes(cfg.test_subjects)
    takes = [takes[i] for i in spread(len(takes), cfg.limit)]

    def scores_at(name, pixels):
        rows = session.evaluate(
            label_trial(takes, generator.intrinsics, every=cfg.every, exact=cfg.exact,
                        baseline=cfg.baseline_mm, noise_px=pixels, seed=cfg.seed, name=name),
            labelled_by(generator, cfg.cost), 1)
        return label_scores(rows, takes, every=cfg.every, paper=cfg.paper, protocol={
            "test subjects": ", ".join(cfg.test_subjects), "cost": cfg.cost,
            "pixel noise": pixels, "key points":
            "projected from the poses" if cfg.exact else "of the file"})

    scores = scores_at("labels", 0)
    noisy = {pixels: scores_at(f"noise-{pixels:g}", pixels) for pixels in cfg.noise}
    rows = [{"pixels": pixels, "without": before.extras.get("P1"),
             "with": after.extras.get("P1")} for pixels, (before, after, _) in noisy.items()]
    if cfg.plots and not session.interrupted:
        draw(session.folder, scores, rows)
    report = session.finish(scores, pixel_noise=rows)
    print(format_report(report), noise_table(report), sep="\n\n")
    return exit_code(report)


def draw(folder, scores, rows) -> None:
    """The errors per action; the errors by pixel noise."""
    plot_actions(folder / "actions.png", {
        name: score.parts for name, score in zip(("without search", "with search"), scores)})
    if rows:
        plot_progress(folder / "noise.png", {
            f"{key} search": ([r["pixels"] for r in rows], [r[key] for r in rows])
            for key in ("without", "with")}, "error of the key points (px)", "P1 (mm)")


def noise_table(report: dict) -> str:
    """P1 by pixel noise, as text."""
    return "\n".join(table([["pixel noise", "without search", "with search"]] + [
        [f"{r['pixels']:g}"] + ["" if r[key] is None else f"{r[key]:.1f}"
                                for key in ("without", "with")]
        for r in report["pixel_noise"]]))


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
