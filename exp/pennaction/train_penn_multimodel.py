"""Train poses and actions on MPII and Penn Action: SPNet (TPAMI'20).

As shipped: pose batches of 4 "clips" of 8 MPII pictures (`--shares 6 2`: the
alternative that the script's comments name, 2 of 8 from Penn's frames), action
batches of 4 Penn clips of 8 frames cut by annotated boxes, RMSprop 1e-3, afresh in each
stage, actions weigh 0.01.  Two epochs train the action heads alone, the pose network
frozen; then both tasks take turns to epoch 30.  The rate falls to a tenth after epochs
number 15 and 25, counted from 0: when 16 and 26 are over.  An epoch has a sixth as many
steps as MPII has people.

As the released file: 6 pyramids, actions in the last two, which read the poses from a
replica of the pose heads.  The script has 2 pyramids, actions in both, and no replica:
`--network shipped`.

Expected: published, not verified.  Begin with a trained pose network, since the first
stage freezes it:

    python exp/mpii/train_mpii_spnet.py --data datasets
    python exp/pennaction/train_penn_multimodel.py --data datasets \\
        --weights output/mpii_spnet
    python exp/pennaction/train_penn_multimodel.py --data synthetic --side 128 \\
        --network shipped --growth 24 --action-epochs 0 --epochs 6
"""
from dataclasses import dataclass

from deephar.checkpoints.description import describe_spnet
from deephar.config import (
    ModelConfig, mpii_dataconf, pennaction_dataconf, pennaction_pe_dataconf)
from deephar.data import BatchLoader, MpiiSinglePerson, PennAction
from deephar.data.labels import PENN_ACTIONS
from deephar.models import spnet
from deephar.models.split import count_outputs
from deephar.training.evaluators import accuracy_of, pckh_of
from deephar.training.fresh import begin
from deephar.training.optimizers import RMSprop
from deephar.training.recipes.spnet import SpnetConfig, pictures_as_clips, spnet_stages
from deephar.training.run import start_run
from deephar.training.stages import train_scored
from deephar.training.strategy import make_strategy
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d

NETWORKS = {
    "released": dict(num_pyramids=6, action_pyramids=(5, 6), pose_replica=True),
    "shipped": dict(num_pyramids=2, action_pyramids=(1, 2), pose_replica=False),
}


@dataclass(frozen=True)
class Config(SpnetConfig):
    """Train poses and actions on MPII and Penn Action."""
    logdir: str = flag("output/penn_multimodel", "folder of the run")
    network: str = flag("released", "that of the released file, or the script's",
                        choices=tuple(NETWORKS))
    num_pyramids: int | None = flag(None, "down and up in turn; None: the network's")
    action_pyramids: tuple[int, ...] | None = flag(
        None, "those that predict actions; None: the network's")
    replica: bool | None = flag(
        None, "actions read the poses from a second head; None: the network's")
    num_features: int = flag(160, "of the action heads, pose and visual")
    shares: tuple[int, ...] = flag((8, 0), "MPII and Penn pictures in a pose clip")
    epochs: int = flag(30, "in all")
    action_epochs: int = flag(2, "of the action heads alone")
    action_weight: float = flag(0.01, "of each action output's loss; poses have 1")
    rate: float = flag(1e-3, "learning rate of RMSprop")
    drop_epochs: tuple[int, ...] = flag((16, 26), "the rate falls after so many epochs")


def model_config(cfg: Config) -> ModelConfig:
    wanted = {"num_pyramids": cfg.num_pyramids, "action_pyramids": cfg.action_pyramids,
              "pose_replica": cfg.replica}
    given = {name: value for name, value in wanted.items() if value is not None}
    return ModelConfig(
        (cfg.num_frames, cfg.side, cfg.side, 3), pa16j2d,
        num_actions=(len(PENN_ACTIONS),), num_levels=cfg.num_levels, growth=cfg.growth,
        num_pose_features=cfg.num_features, num_visual_features=cfg.num_features,
        **{**NETWORKS[cfg.network], **given})


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    network = model_config(cfg)
    num_poses, num_actions = count_outputs(network)
    penn_crops, mpii_crops = cfg.in_size(pennaction_dataconf), cfg.in_size(mpii_dataconf)
    run.describe(describe_spnet(network, penn_crops, {"pennaction": PENN_ACTIONS}))

    mpii = MpiiSinglePerson(cfg.place("mpii"), mpii_crops, pa16j2d)
    penn = PennAction(cfg.place("pennaction"), penn_crops, pa16j2d, use_gt_bbox=True,
                      clip_size=cfg.num_frames)

    def penn_frames():
        return PennAction(penn.dataset_path, cfg.in_size(pennaction_pe_dataconf), pa16j2d,
                          "frames", use_gt_bbox=True)

    loaders = {
        "pose": pictures_as_clips(cfg, [lambda: mpii, penn_frames], cfg.shares, num_poses),
        "action": BatchLoader(penn, ["frame"], ["pennaction"], TRAIN_MODE, cfg.num_clips,
                              num_actions, seed=cfg.seed)}
    with strategy.scope():
        full = spnet.build(network)
        fresh = begin(full, cfg.weights, copies_replicas=network.pose_replica)

    steps = cfg.steps(mpii.get_length(TRAIN_MODE) // 6)
    stages = spnet_stages(cfg, full, network, loaders, lambda: RMSprop(cfg.rate), steps)
    scores = {}
    if "pose" in cfg.tasks:
        scores["mpii"] = pckh_of(mpii, VALID_MODE, mpii_crops, pa16j2d,
                                 count=cfg.eval_samples)
    if "action" in cfg.tasks:
        scores["penn"] = accuracy_of(penn, TEST_MODE, penn_crops, len(PENN_ACTIONS),
                                     count=cfg.eval_samples)
    train_scored(cfg, full, stages, run, strategy, scores, fresh=cfg.guarded(fresh),
                 best="penn/accuracy" if "action" in cfg.tasks else "mpii/pckh")


if __name__ == "__main__":
    main(parse_config(Config))
