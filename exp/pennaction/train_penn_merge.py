"""Train actions on Penn Action over ReceptionNet's poses (CVPR'18).

Recipe of the paper (its script was never published): a pose network of 4
blocks, trained on 75 % MPII and 25 % Penn pictures, is frozen under the action
heads: SGD, Nesterov momentum 0.98, 2e-4, the rate times 0.2 on a plateau,
batches of 2 clips of 16 frames.  Then 5 epochs of everything at a tenth of the
rate.  The lengths of the first two stages and of a plateau are ours.

Expected: accuracy of 97.4 % on the test videos with estimated boxes.

    python exp/pennaction/train_penn_merge.py --data datasets
    python exp/pennaction/train_penn_merge.py --data datasets \\
        --weights output/my_pose_run --pose-epochs 0
"""
import dataclasses
from dataclasses import dataclass

from deephar.checkpoints.description import Description
from deephar.checkpoints.transfer import load_matching
from deephar.config import mpii_dataconf, pennaction_ar_dataconf, pennaction_pe_dataconf
from deephar.data import BatchLoader, MpiiSinglePerson, PennAction
from deephar.data.labels import PENN_ACTIONS
from deephar.data.locate import locate
from deephar.models import action, reception
from deephar.training import EvalCallback
from deephar.training.callbacks import keep_weights
from deephar.training.evaluators import accuracy_of
from deephar.training.merge import MergeConfig, merge_stages
from deephar.training.run import start_run
from deephar.training.stages import train_stages
from deephar.training.strategy import make_strategy
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE, TRAIN_MODE
from deephar.utils.pose import pa16j2d


@dataclass(frozen=True)
class Config(MergeConfig):
    """Train actions on Penn Action over a pose network."""
    logdir: str = flag("output/penn_merge", "folder of the run")
    num_frames: int = flag(16, "of a clip")
    pose_shares: tuple[int, ...] = flag((18, 6), "MPII and Penn pictures in a batch")


def describe(cfg: Config) -> Description:
    pose = {"input_shape": (cfg.side, cfg.side, 3), "num_joints": pa16j2d.num_joints,
            "dim": 2, "num_context_per_joint": 2, "num_blocks": cfg.num_blocks,
            "ksize": (cfg.ksize, cfg.ksize)}
    return Description(
        "merge", {
            "pose": pose, "num_actions": len(PENN_ACTIONS),
            "input_shape": (cfg.side, cfg.side, 3), "num_frames": cfg.num_frames,
            "num_joints": pa16j2d.num_joints, "num_blocks": cfg.num_blocks,
            "pose_dim": 2, "num_context_per_joint": 2, "pose_net_version": "v1"},
        pa16j2d,
        dataclasses.replace(pennaction_ar_dataconf, crop_resolution=(cfg.side, cfg.side)),
        {"pennaction": PENN_ACTIONS})


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    description = describe(cfg)
    run.describe(description)
    in_size = lambda crops: dataclasses.replace(
        crops, crop_resolution=(cfg.side, cfg.side))
    place = lambda name: locate(cfg.data, name, cfg.synthetic_size)
    mpii = MpiiSinglePerson(place("mpii"), in_size(mpii_dataconf), pa16j2d)
    frames = PennAction(place("pennaction"), in_size(pennaction_pe_dataconf), pa16j2d,
                        "frames", use_gt_bbox=True)
    videos = PennAction(place("pennaction"), description.dataconf, pa16j2d,
                        use_gt_bbox=True, clip_size=cfg.num_frames)
    with strategy.scope():
        arguments = dict(description.arguments)
        pose_network = reception.build(**arguments.pop("pose"))
        merged = action.build_merge_model(pose_network, **arguments)
        if cfg.weights:
            load_matching(merged, cfg.weights)
    pictures = BatchLoader([mpii, frames], ["frame"], ["pose"], TRAIN_MODE,
                           list(cfg.pose_shares), cfg.num_blocks, seed=cfg.seed)
    clips = BatchLoader(videos, ["frame"], ["pennaction"], TRAIN_MODE, cfg.batch_size,
                        len(merged.outputs), seed=cfg.seed)
    score = accuracy_of(videos, TEST_MODE, description.dataconf, len(PENN_ACTIONS),
                        count=cfg.eval_samples)
    train_stages(
        merged, merge_stages(cfg, merged, pose_network, pictures, clips), run,
        strategy=strategy,
        callbacks=[EvalCallback("penn", score, merged, strategy=strategy),
                   *keep_weights(run.folder, merged, "penn/accuracy", True,
                                 strategy=strategy)],
        **cfg.trainer_options())


if __name__ == "__main__":
    main(parse_config(Config))
