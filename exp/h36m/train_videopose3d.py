"""Train the temporal lifter on key points of Human3.6M (CVPR 2019), or one per action.

Expected on the test subjects, fine-tuned CPN key points: P1 of 46.8 mm with
243 frames after 80 epochs; 27 frames 48.8 mm.  Action-wise training (A. Bai, 2021)
reports 67.1 mm against 61.8 mm with 27 frames and 15 unit epochs; see
docs/lifting.md for what contradicts its tables.

    python exp/h36m/train_videopose3d.py --data FOLDER --allow-pickle --widths 3 3 3 3 3 \
        --epochs 80 --logdir output/lifter-243
    python exp/h36m/train_videopose3d.py --data FOLDER --allow-pickle --actions each \
        --unit-epochs 15 --logdir output/actionwise
    python exp/h36m/train_videopose3d.py --data synthetic --channels 64 --epochs 3

`--actions each` trains in LOGDIR/ACTION, goes on where it was stopped with
`--resume`, and leaves out what is finished.
"""
import dataclasses
from dataclasses import dataclass
from pathlib import Path

from deephar.data.keypoints.files import open_set
from deephar.evaluation.actionwise import budget_shares, plan, reference_epochs
from deephar.evaluation.report import format_report
from deephar.training.recipes.lifting import JobData, LifterConfig, train_job
from deephar.training.strategy import make_strategy
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(LifterConfig):
    """Train the temporal lifter, on all actions or one network for each."""
    actions: tuple[str, ...] = flag(("all",), "'all', 'each', or names of classes; "
                               "'each' may be followed by names")
    prefix: bool = flag(False, "names select by their beginning, as published")
    unit_epochs: float = flag(0, "budget in passes over one action; 0: --epochs")
    rule: str = flag("equal", "epochs per action, eq. (1) or (2)", choices=("equal", "frames"))
    budget: int = flag(0, "training frames in all, 0: no limit")
    problem: str = flag("common", "spend the budget on all actions or on the one",
                        choices=("common", "action"))


def main(cfg: Config) -> dict[str, dict]:
    strategy = make_strategy(cfg.device)
    keypoints = open_set(cfg.data, cfg.keypoints, cameras=cfg.cameras,
                         allow_pickle=cfg.allow_pickle, fix_symmetry=cfg.fix_symmetry)
    each = "each" in cfg.actions
    named = tuple(a for a in cfg.actions if a not in ("all", "each"))
    chosen = dict(actions=named, prefix=cfg.prefix, stride=cfg.downsample)
    frames = {}
    for take in keypoints.takes(cfg.subjects, **chosen):
        frames[take.action] = frames.get(take.action, 0) + len(take.poses)
    unlabelled = keypoints.takes(cfg.unlabelled, **chosen)
    jobs = {action: (action,) for action in frames} if each else {"all": named}
    epochs = dict.fromkeys(jobs, cfg.epochs)
    if cfg.unit_epochs:
        epochs = (plan(frames, cfg.unit_epochs, cfg.rule) if each
                  else {"all": reference_epochs(frames, cfg.unit_epochs)})
    reports = {}
    for index, (name, actions) in enumerate(jobs.items()):
        only = {**chosen, "actions": actions, "prefix": cfg.prefix and not each}
        data = JobData(limited(keypoints, cfg, frames, name, only),
                       keypoints.takes(cfg.test_subjects, **only),
                       keypoints.keypoints.symmetry, unlabelled, keypoints.name)
        job = dataclasses.replace(
            cfg, logdir=str(Path(cfg.logdir) / name), seed=cfg.seed + index,
        ) if each else cfg
        reports[name] = train_job(dataclasses.replace(job, epochs=epochs[name]),
                                  data, strategy)
    return reports


def limited(keypoints, cfg, frames, name, only):
    """The training takes, cut to the budget if there is one."""
    if not cfg.budget:
        return keypoints.takes(cfg.subjects, fraction=cfg.subset, **only)
    alone = name in frames and cfg.problem == "action"
    shares = budget_shares(frames, cfg.budget, name if alone else None)
    return [take for action, share in shares.items() if name in (action, "all")
            for take in keypoints.takes(cfg.subjects, **{**only, "actions": (action,)},
                                        fraction=share / frames[action])]


if __name__ == "__main__":
    for name, report in main(parse_config(Config)).items():
        print(f"{name}\n{format_report(report)}\n")
