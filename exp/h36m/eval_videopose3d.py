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
own action, and the rates by both ways to count time are printed.  With
`--videos`, poses of a custom file are written to poses.npz.
"""
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from deephar.checkpoints.lifting import load_temporal
from deephar.data.keypoints.files import open_set
from deephar.data.keypoints.takes import TEST_SUBJECTS, load_videos, read_keypoints
from deephar.evaluation.actionwise import Training, compare_rates
from deephar.evaluation.lifting import by_action, score_of, take_errors
from deephar.evaluation.lifting_plots import history_of, plot_actions, plot_progress
from deephar.evaluation.lifting_tables import CONTRADICTIONS
from deephar.evaluation.paper_tables import PAPER_TABLES
from deephar.evaluation.report import (
    all_evaluated, format_report, make_report, weights_info, write_report)
from deephar.models.temporal import receptive_field, temporal_padding
from deephar.networks.lifting import lifter_of
from deephar.training.logs import read_rows
from deephar.utils.files import atomic_path, write_json
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config:
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
    paper: tuple[str, ...] = flag((), "keys of PAPER_TABLES to compare with")
    videos: str = flag("", "a custom file to lift instead of an evaluation")
    plots: bool = flag(True, "draw the figures")


def main(cfg: Config) -> dict:
    if cfg.videos:
        return lift_videos(cfg)
    keypoints = open_set(cfg.data, cfg.keypoints, cameras=cfg.cameras,
                         allow_pickle=cfg.allow_pickle, fix_symmetry=cfg.fix_symmetry)
    takes = keypoints.takes(cfg.test_subjects, actions=cfg.actions, stride=cfg.downsample)
    symmetry = keypoints.keypoints.symmetry
    if cfg.actionwise:
        folders = {action: Path(cfg.weights) / action
                   for action in dict.fromkeys(take.action for take in takes)}
        rows = [row for action, folder in folders.items() for row in take_errors(
            load(cfg, folder, symmetry)[0], [t for t in takes if t.action == action])]
    else:
        folders = {"all": Path(cfg.weights)}
        rows = take_errors(load(cfg, cfg.weights, symmetry)[0], takes)
    _, field, weights = load(cfg, next(iter(folders.values())), symmetry)
    notes = CONTRADICTIONS if any(key.startswith("actions-") for key in cfg.paper) else ()
    protocol = {"test subjects": ", ".join(cfg.test_subjects), "key points": keypoints.name,
                "test flip": cfg.test_flip, "frame step": cfg.downsample,
                "receptive field": field, "one network per action": cfg.actionwise}
    scores = [score_of(rows, protocol, paper=cfg.paper, notes=notes)]
    errors = {"ours": by_action(rows)}
    if cfg.reference:
        reference = take_errors(load(cfg, cfg.reference, symmetry)[0], takes)
        errors["reference"] = by_action(reference)
        scores.append(score_of(reference, {**protocol, "one network per action": False}))
    report = make_report(scores, weights=weights_info(weights), config=asdict(cfg))
    report["errors"] = errors
    if cfg.actionwise and cfg.reference:
        report["rates"] = rates(cfg, folders)
    write_report(cfg.output, report)
    if cfg.plots:
        draw(cfg, errors, folders)
    return report


def load(cfg, path, symmetry):
    """(lifter, receptive field, weights' file)."""
    model, arguments, weights = load_temporal(
        path, **(dict(widths=cfg.widths, channels=cfg.channels, causal=cfg.causal)
                 if str(path).endswith(".npz") else {}))
    padding = temporal_padding(arguments["widths"], arguments["causal"])
    lifter = lifter_of(model, padding, symmetry if cfg.test_flip else None)
    return lifter, receptive_field(arguments["widths"]), weights


def training_of(folder) -> Training:
    """Error at half time and at the end (no flip), and seconds, of a run."""
    curve = history_of(read_rows(Path(folder) / "epochs.csv"))
    half = np.abs(curve["epochs"] - curve["epochs"][-1] / 2).argmin()
    return Training(float(curve["errors"][half]), float(curve["errors"][-1]),
                    float(curve["seconds"][-1]))


def rates(cfg, folders) -> dict:
    """Time-precision rates of the action-wise runs and of the reference."""
    found = compare_rates(training_of(cfg.reference),
                          {action: training_of(f) for action, f in folders.items()})
    write_json(Path(cfg.output) / "rates.json", found)
    return found


def draw(cfg, errors, folders) -> None:
    """The errors per action side by side; errors against epochs and time."""
    names = {"ours": "one network per action" if cfg.actionwise else "ours",
             "reference": "one network for all"}
    bars = {names[name]: {a: e["mpjpe"] for a, e in table.items()}
            for name, table in errors.items()}
    bars |= {PAPER_TABLES[key].title: PAPER_TABLES[key].parts for key in cfg.paper
             if PAPER_TABLES[key].parts and PAPER_TABLES[key].metric == "P1"}
    plot_actions(Path(cfg.output) / "actions.png", bars)
    runs = folders | ({"reference": Path(cfg.reference)} if cfg.reference else {})
    curves = {name: history_of(read_rows(folder / "epochs.csv"))
              for name, folder in runs.items() if (folder / "epochs.csv").exists()}
    for x, label in (("epochs", "epochs"), ("seconds", "seconds of training")):
        if curves:
            plot_progress(Path(cfg.output) / f"progress_{x}.png",
                          {n: (c[x], c["errors"]) for n, c in curves.items()}, label)


def lift_videos(cfg) -> dict:
    """Poses of a custom file, VIDEO/NAME/CAMERA to (n, 17, 3), metres, root-relative."""
    keypoints = read_keypoints(cfg.videos, allow_pickle=cfg.allow_pickle)
    lifter, _, weights = load(cfg, cfg.weights, keypoints.symmetry)
    poses = {f"{t.subject}/{t.name}/{t.view}": np.concatenate(list(lifter(t.keypoints)))
             for t in load_videos(keypoints)}
    with atomic_path(Path(cfg.output) / "poses.npz") as temporary:
        np.savez_compressed(temporary, **poses)
    report = make_report([], weights=weights_info(weights), config=asdict(cfg))
    write_report(cfg.output, report)
    return report


if __name__ == "__main__":
    result = main(parse_config(Config))
    print(format_report(result))
    for name, value in result.get("rates", {}).items():
        print(f"{name}: {value:.4g}")
    sys.exit(0 if all_evaluated(result) else 1)
