"""Evaluate temporal lifters: P1, P2, P3 and velocities per action and subject.

Expected with fine-tuned CPN key points: P1 of 46.8 mm with 243 frames, 48.8 mm
with 27; with exact ones 37.2 mm.  More in `PAPER_TABLES`, keys lift-* and actions-*.

    python exp/h36m/eval_videopose3d.py output/eval --data FOLDER --allow-pickle \
        --weights output/lifter-243 --paper lift-cpn-243
    python exp/h36m/eval_videopose3d.py output/eval --data FOLDER --allow-pickle \
        --weights output/actionwise --actionwise --reference output/lifter-27 --paper actions-27
    python exp/h36m/eval_videopose3d.py output/eval --weights output/lifter-243 \
        --videos data_2d_custom_mine.npz --allow-pickle

With `--actionwise`, `--weights` holds a run per action, each is tested on its
own action, and beside a reference the rates by both ways to count time are
printed, and Tables III and IV beside ours.  With `--videos`, poses of a custom
file are written to poses.npz.
"""
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deephar.checkpoints.lifting import load_temporal
from deephar.data.keypoints.files import open_set, read_keypoints
from deephar.data.keypoints.takes import TEST_SUBJECTS, load_videos, root_relative
from deephar.evaluation.actionwise import compare_rates
from deephar.evaluation.actionwise_tables import time_tables, training_of
from deephar.evaluation.lifting import (
    by_action, lifted_by, lifting_trial, scores_of, take_errors)
from deephar.evaluation.lifting_plots import (
    history_of, plot_actions, plot_poses, plot_progress)
from deephar.evaluation.lifting_tables import CONTRADICTIONS
from deephar.evaluation.loop import spread
from deephar.evaluation.paper_tables import PAPER_TABLES
from deephar.evaluation.report import Score, format_report
from deephar.evaluation.session import Session, SessionConfig, exit_code
from deephar.measures import mpjpe
from deephar.models.temporal import receptive_field, temporal_padding
from deephar.networks.lifting import lifter_of
from deephar.networks.network import weights_info
from deephar.training.logs import read_rows
from deephar.training.strategy import workers_on
from deephar.utils.files import atomic_path, write_json
from deephar.utils.flags import flag, parse_config

PICTURES = 4                # frames that are drawn


@dataclass(frozen=True)
class Config(SessionConfig):
    """Evaluate temporal lifters."""
    output: str = flag("output/eval_videopose3d", "folder of the report", positional=True)
    data: str = flag("datasets/keypoints", "folder of the key-point files, or 'synthetic'")
    keypoints: str = flag("cpn_ft_h36m_dbb", "NAME of data_2d_h36m_NAME.npz")
    cameras: str = flag("", "JSON file of another rig")
    allow_pickle: bool = flag(False, "read the files; they can run code: trust them first")
    fix_symmetry: bool = flag(False, "anatomical pairs for MPII-16 key points")
    weights: str = flag("output/lifter", "a run's folder, or a converted npz")
    widths: tuple[int, ...] = flag((3, 3, 3, 3, 3), "of an npz; a folder knows its own")
    channels: int = flag(1024, "of an npz")
    causal: bool = flag(False, "an npz is of a causal network")
    test_subjects: tuple[str, ...] = flag(TEST_SUBJECTS, "to test on")
    actions: tuple[str, ...] = flag((), "classes to test on; none: all")
    downsample: int = flag(1, "use every n-th frame")
    test_flip: bool = flag(True, "mean with the mirrored prediction")
    actionwise: bool = flag(False, "the weights' folder holds a run per action")
    reference: str = flag("", "a run's folder to set action-wise runs beside")
    videos: str = flag("", "a custom file to lift instead of an evaluation")


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    report = lift_videos(session) if cfg.videos else evaluate_takes(session)
    print(format_report(report))
    for table in report.get("tables", ()):
        print(f"\n{table}")
    return exit_code(report)


def evaluate_takes(session: Session) -> dict:
    """The report on the network, or those of the actions, and on the reference."""
    cfg = session.cfg
    keypoints = open_set(cfg.data, cfg.keypoints, cameras=cfg.cameras,
                         allow_pickle=cfg.allow_pickle, fix_symmetry=cfg.fix_symmetry)
    takes = keypoints.takes(cfg.test_subjects, actions=cfg.actions, stride=cfg.downsample)
    takes = [takes[i] for i in spread(len(takes), cfg.limit)]
    folders = {"ours": Path(cfg.weights)}
    if cfg.actionwise:
        folders = {take.action: Path(cfg.weights) / take.action for take in takes}
    paper = [key for key in cfg.paper if not PAPER_TABLES[key].metric.endswith("rate")]
    notes = CONTRADICTIONS if any(key.startswith("actions-") for key in cfg.paper) else ()
    scores, errors = score_takes(session, keypoints, takes, folders, "ours", paper=paper,
                                 each=cfg.actionwise, notes=notes)
    more = {"errors": {"ours": errors}}
    if cfg.reference:
        reference = Path(cfg.reference)
        others, more["errors"]["reference"] = score_takes(
            session, keypoints, takes, {"reference": reference}, "reference")
        scores += others
        if cfg.actionwise:
            scores += rates(cfg, folders)
            runs = {action: read_rows(f / "epochs.csv") for action, f in folders.items()}
            more["tables"] = time_tables(read_rows(reference / "epochs.csv"), runs)
    if cfg.plots and not session.interrupted:
        draw(cfg, more["errors"], folders)
        draw_poses(cfg, keypoints, takes, folders)
    return session.finish(scores, **more)


def score_takes(session, keypoints, takes, folders, name, each=False, **options):
    """Scores, and errors by action, of a network, or of one for each action."""
    cfg, found, missing = session.cfg, [], {}
    for part, folder in folders.items():
        lifter, field, weights = load(cfg, folder, keypoints.keypoints.symmetry)
        session.weights = weights_info(weights)
        members = [take for take in takes if take.action == part or not each]
        rows = session.evaluate(lifting_trial(members, name=part), lifted_by(lifter), 1)
        found += take_errors(rows, members)
        missing |= rows.missing
    protocol = {"network": name, "test subjects": ", ".join(cfg.test_subjects),
                "key points": keypoints.name, "test flip": cfg.test_flip,
                "frame step": cfg.downsample, "receptive field": field,
                "one network per action": each}
    samples = sum(len(take.poses) for take in takes)
    return (scores_of(found, protocol, samples=samples, missing=missing, **options),
            by_action(found))


def load(cfg, path, symmetry):
    """(lifter, receptive field, weights' file)."""
    model, arguments, weights = load_temporal(
        path, **(dict(widths=cfg.widths, channels=cfg.channels, causal=cfg.causal)
                 if str(path).endswith(".npz") else {}))
    padding = temporal_padding(arguments["widths"], arguments["causal"])
    lifter = lifter_of(model, padding, symmetry if cfg.test_flip else None)
    return lifter, receptive_field(arguments["widths"]), weights


def rates(cfg, folders) -> list[Score]:
    """Time-precision rates of the action-wise runs and of the reference."""
    scores = []
    for metric, unit in (("P1", "nm/s"), ("MPJVE", "nm per frame and s")):
        found = compare_rates(
            training_of(read_rows(Path(cfg.reference) / "epochs.csv"), metric),
            {action: training_of(read_rows(folder / "epochs.csv"), metric)
             for action, folder in folders.items()})
        write_json(Path(cfg.output) / f"rates-{metric}.json", found)
        keys = [k for k in cfg.paper if PAPER_TABLES[k].metric == f"{metric} rate"]
        for whose in ("reference", "one_job"):
            ours = whose == "one_job"
            scores.append(Score(
                f"{metric} rate", unit, 1e6 * found[whose], samples=1, evaluated=1,
                paper=[k for k in keys if ("-reference-" in k) != ours],
                extras={name: 1e6 * found[name] if name == "all_jobs" else found[name]
                        for name in ("all_jobs", "gain_percent_one_job",
                                     "gain_percent_all_jobs", "eps0") if ours},
                protocol={"network": "one per action" if ours else "reference",
                          "seconds": "of one of the jobs" if ours else "of its training",
                          "errors": "of the last epochs, no flips, means over frames"}))
    return scores


def draw(cfg, errors, folders) -> None:
    """The errors per action side by side; errors against epochs and time."""
    names = {"ours": "one network per action" if cfg.actionwise else "ours",
             "reference": "one network for all"}
    runs = folders | ({"reference": Path(cfg.reference)} if cfg.reference else {})
    logs = {name: read_rows(folder / "epochs.csv") for name, folder in runs.items()}
    for key, metric, unit in (("mpjpe", "P1", "mm"), ("mpjve", "MPJVE", "mm per frame")):
        bars = {names[name]: {a: e[key] for a, e in table.items()}
                for name, table in errors.items()}
        bars |= {f"published: {row.title}": row.parts
                 for row in map(PAPER_TABLES.get, cfg.paper)
                 if row.parts and row.metric == metric}
        plot_actions(Path(cfg.output) / f"actions-{metric}.png", bars, f"{metric} ({unit})")
        curves = {name: history_of(rows, metric) for name, rows in logs.items() if rows}
        for x, label in (("epochs", "epochs"), ("seconds", "seconds of training")):
            if curves:
                plot_progress(Path(cfg.output) / f"progress-{metric}-{x}.png",
                              {n: (c[x], c["errors"]) for n, c in curves.items()}, label,
                              f"{metric} on the test subjects ({unit})")


def draw_poses(cfg, keypoints, takes, folders) -> None:
    """The frame in the middle of a few takes: key points, true and lifted pose."""
    rows = []
    for i in spread(len(takes), PICTURES):
        take = takes[i]
        folder = folders[take.action if cfg.actionwise else "ours"]
        lifter, _, _ = load(cfg, folder, keypoints.keypoints.symmetry)
        middle = len(take.poses) // 2
        poses = {"true": root_relative(take.poses)[middle],
                 "lifted": np.concatenate(list(lifter(take.keypoints)))[middle]}
        error = 1000 * mpjpe(*(pose[None] for pose in poses.values()))
        rows.append((f"{take}\n{error:.0f} mm", take.keypoints[middle, :, :2], poses))
    if rows:
        plot_poses(Path(cfg.output) / "poses.png", rows)


def lift_videos(session: Session) -> dict:
    """Poses of a custom file, VIDEO/NAME/CAMERA to (n, 17, 3), metres, root-relative."""
    cfg = session.cfg
    keypoints = read_keypoints(cfg.videos, allow_pickle=cfg.allow_pickle)
    lifter, _, weights = load(cfg, cfg.weights, keypoints.symmetry)
    session.weights = weights_info(weights)
    poses = {f"{t.subject}/{t.name}/{t.view}": np.concatenate(list(lifter(t.keypoints)))
             for t in load_videos(keypoints)}
    with atomic_path(Path(cfg.output) / "poses.npz") as temporary:
        np.savez_compressed(temporary, **poses)
    return session.finish([])


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
