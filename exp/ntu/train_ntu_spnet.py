"""Train 3D poses and actions on NTU, with MPII and Human3.6M: SPNet (TPAMI'20).

As shipped: 2 pyramids, actions in both, action batches of 4 NTU clips of 8 frames cut by
annotated boxes, SGD with Nesterov momentum 0.9, actions weigh 0.1; both tasks take turns
from epoch number 20 to 89 at 0.001, which falls to a tenth after epochs number 58 and 70,
counted from 0: when 59 and 71 are over.  The action heads alone at 0.01 are the stage
before, which is commented out there; that it fills the first 20 epochs is our reading.

As the released file: a pose clip has 3 MPII, 4 Human3.6M and 1 NTU picture.  The script
has variables of these values, and the published README names the three sets; but its
loader takes 8 NTU frames, and so does `--shares 0 0 8`.

Expected: published, not verified.  Begin with a trained pose network, since the first
stage freezes it:

    python exp/ntu/train_pose_baseline.py --data datasets
    python exp/ntu/train_ntu_spnet.py --data datasets --weights output/pose_baseline
    python exp/ntu/train_ntu_spnet.py --data synthetic --side 128 --growth 24 \\
        --num-features 64 --action-epochs 0 --epochs 6 --drop-epochs 4
"""
from dataclasses import dataclass

import keras

from deephar.checkpoints.description import describe_spnet
from deephar.config import (
    ModelConfig, human36m_dataconf, mpii_dataconf, ntu_dataconf, ntu_pe_dataconf)
from deephar.data import BatchLoader, Human36M, MpiiSinglePerson, Ntu
from deephar.data.labels import NTU_ACTIONS
from deephar.models import spnet
from deephar.models.split import count_outputs
from deephar.training.evaluators import accuracy_of, mpjpe_of
from deephar.training.fresh import begin
from deephar.training.recipes.spnet import SpnetConfig, pictures_as_clips, spnet_stages
from deephar.training.run import start_run
from deephar.training.schedule import Constant
from deephar.training.stages import train_scored
from deephar.training.strategy import make_strategy
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa17j3d


@dataclass(frozen=True)
class Config(SpnetConfig):
    """Train 3D poses and actions on NTU."""
    logdir: str = flag("output/ntu_spnet", "folder of the run")
    eval_mode: str = flag("cs", "cross-subject or cross-view", choices=("cs", "cv"))
    num_pyramids: int = flag(2, "down and up in turn")
    action_pyramids: tuple[int, ...] = flag((1, 2), "those that predict actions")
    replica: bool = flag(False, "actions read the poses from a second head")
    num_features: int = flag(192, "of the action heads, pose and visual")
    shares: tuple[int, ...] = flag(
        (3, 4, 1), "MPII, Human3.6M and NTU pictures in a pose clip")
    epochs: int = flag(90, "in all")
    action_epochs: int = flag(20, "of the action heads alone")
    action_weight: float = flag(0.1, "of each action output's loss; poses have 1")
    action_rate: float = flag(0.01, "learning rate of the action heads alone")
    rate: float = flag(0.001, "learning rate of both tasks in turn")
    momentum: float = flag(0.9, "of SGD, Nesterov's")
    drop_epochs: tuple[int, ...] = flag((59, 71), "the rate falls after so many epochs")


def model_config(cfg: Config) -> ModelConfig:
    return ModelConfig(
        (cfg.num_frames, cfg.side, cfg.side, 3), pa17j3d,
        num_actions=(len(NTU_ACTIONS),), num_pyramids=cfg.num_pyramids,
        action_pyramids=cfg.action_pyramids, num_levels=cfg.num_levels,
        growth=cfg.growth, pose_replica=cfg.replica, num_pose_features=cfg.num_features,
        num_visual_features=cfg.num_features)


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    network = model_config(cfg)
    num_poses, num_actions = count_outputs(network)
    ntu_crops, h36m_crops = cfg.in_size(ntu_dataconf), cfg.in_size(human36m_dataconf)
    run.describe(describe_spnet(network, ntu_crops, {"ntuaction": NTU_ACTIONS}))

    ntu = Ntu(cfg.place("ntu"), ntu_crops, pa17j3d, use_gt_bbox=True,
              clip_size=cfg.num_frames, eval_mode=cfg.eval_mode)

    def mpii():
        return MpiiSinglePerson(cfg.place("mpii"), cfg.in_size(mpii_dataconf), pa17j3d)

    def h36m():
        return Human36M(cfg.place("h36m"), h36m_crops, pa17j3d, "frames")

    def ntu_frames():
        return Ntu(ntu.dataset_path, cfg.in_size(ntu_pe_dataconf), pa17j3d, "frames",
                   use_gt_bbox=True, eval_mode=cfg.eval_mode)

    loaders = {
        "pose": pictures_as_clips(cfg, [mpii, h36m, ntu_frames], cfg.shares, num_poses),
        "action": BatchLoader(ntu, ["frame"], ["ntuaction"], TRAIN_MODE, cfg.num_clips,
                              num_actions, seed=cfg.seed)}
    with strategy.scope():
        full = spnet.build(network)
        fresh = begin(full, cfg.weights, copies_replicas=network.pose_replica)

    steps = cfg.steps(ntu.get_length(TRAIN_MODE) // cfg.num_clips)
    stages = spnet_stages(
        cfg, full, network, loaders,
        lambda: keras.optimizers.SGD(cfg.rate, cfg.momentum, nesterov=True), steps,
        head_plan=Constant(cfg.action_rate))
    scores = {}
    if "pose" in cfg.tasks:
        scores["h36m"] = mpjpe_of(h36m(), VALID_MODE, h36m_crops, pa17j3d,
                                  count=cfg.eval_samples)
    if "action" in cfg.tasks:
        scores["ntu"] = accuracy_of(ntu, TEST_MODE, ntu_crops, len(NTU_ACTIONS),
                                    count=cfg.eval_samples)
    with_actions = "action" in cfg.tasks
    train_scored(cfg, full, stages, run, strategy, scores, fresh=cfg.guarded(fresh),
                 best="ntu/accuracy" if with_actions else "h36m/mpjpe",
                 higher_is_better=with_actions)


if __name__ == "__main__":
    main(parse_config(Config))
