"""Evaluate the 3D label generator, with and without geometric search.

Expected on S9 and S11 with exact key points: P1 of 42.7 mm without and
37.6 mm with search; 45.5 and 38.5 mm of the linear baseline.  The search puts pixel noise straight into the poses:
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
from deephar.evaluation.lifting_plots import plot_actions, plot_poses, plot_progress
from deephar.evaluation.loop import spread
from deephar.evaluation.report import Score, format_report, table
from deephar.evaluation.session import Session, SessionConfig, exit_code
from deephar.measures import joint_distances
from deephar.networks.label_generator import LinearBaseline, load_labeller
from deephar.networks.network import weights_info
from deephar.training.strategy import workers_on
from deephar.utils.flags import flag, parse_config

PICTURES = 4                # frames that are drawn


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


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    cfg = session.cfg
    generator = load_labeller(cfg.weights)
    baseline = isinstance(generator, LinearBaseline)
    session.weights = weights_info(Path(cfg.weights) / (
        "baseline.weights.h5" if baseline else "reconstruction.weights.h5"))
    system = "linear-gt" if baseline else "labels-gt"
    published = cfg.paper or (system, f"{system}-search")
    takes = open_set(cfg.data, cfg.keypoints, cameras=cfg.cameras,
                     allow_pickle=cfg.allow_pickle).takes(cfg.test_subjects)
    takes = [takes[i] for i in spread(len(takes), cfg.limit)]

    def scores_at(name, pixels):
        rows = session.evaluate(
            label_trial(takes, generator.intrinsics, every=cfg.every, exact=cfg.exact,
                        baseline=cfg.baseline_mm, noise_px=pixels, seed=cfg.seed, name=name),
            labelled_by(generator, cfg.cost), 1)
        return label_scores(rows, takes, every=cfg.every, paper=published, protocol={
            "test subjects": ", ".join(cfg.test_subjects), "cost": cfg.cost,
            "pixel noise": pixels, "key points":
            "projected from the poses" if cfg.exact else "of the file"})

    scores = scores_at("labels", 0)
    noisy = {pixels: scores_at(f"noise-{pixels:g}", pixels) for pixels in cfg.noise}
    rows = [{"pixels": pixels, "without": before.extras.get("P1"),
             "with": after.extras.get("P1")}
            for pixels, found in noisy.items() for before, after in [p1_of(found)]]
    if cfg.plots and not session.interrupted:
        draw(session.folder, p1_of(scores), rows)
        draw_poses(cfg, takes, generator)
    report = session.finish(scores, pixel_noise=rows)
    print(format_report(report), noise_table(report), sep="\n\n")
    return exit_code(report)


def p1_of(scores) -> list[Score]:
    """P1 without and with search."""
    return [score for score in scores if score.name.startswith("P1")]


def draw_poses(cfg, takes, generator) -> None:
    """The frame in the middle of a few takes: key points, true and labelled poses."""
    rows = []
    for i in spread(len(takes), PICTURES):
        trial = label_trial([takes[i]], generator.intrinsics, every=1, exact=cfg.exact,
                            baseline=cfg.baseline_mm)
        data = trial.read(0, None)
        middle = len(data["frame"]) // 2
        points = data["frame"][middle]
        labels = generator.labels(points[None], cost=cfg.cost)
        poses = {"true": data["poses"][middle], "without search": labels.coarse[0],
                 "with search": labels.poses[0]}
        errors = [f"{joint_distances(poses['true'], pose).mean():.0f}"
                  for pose in list(poses.values())[1:]]
        rows.append((f"{takes[i]}\n{' and '.join(errors)} mm", points, poses))
    if rows:
        plot_poses(Path(cfg.output) / "poses.png", rows)


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
