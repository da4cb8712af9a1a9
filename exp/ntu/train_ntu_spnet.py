"""Train 3D poses and actions on NTU, with MPII and Human3.6M: SPNet (TPAMI'20).

Recipe: the action heads alone on a frozen pose network, SGD with Nesterov
momentum 0.9 at 0.01; then both tasks in turn at 0.001, actions weigh 0.1, the
rate times 0.1 after epochs 58 and 70 of 90.  Pose batches are pictures of MPII
and Human3.6M in place of clips.  Known is neither when the tasks join
(`--action-epochs`) nor the shares of a pose batch (half and half).

Expected: published, not verified.  Begin with `train_pose_baseline.py`:

    python exp/ntu/train_ntu_spnet.py --data datasets --weights output/pose_baseline
    python exp/ntu/train_ntu_spnet.py --data synthetic --side 128 --growth 24 \\
        --num-features 64 --epochs 6 --drop-epochs 4
"""
from dataclasses import dataclass

import keras

from deephar.checkpoints.description import describe_spnet
from deephar.checkpoints.transfer import load_matching
from deephar.config import (
    ModelConfig, human36m_dataconf, mpii_dataconf, ntu_dataconf)
from deephar.data import BatchLoader, Human36M, MpiiSinglePerson, Ntu
from deephar.data.labels import NTU_ACTIONS
from deephar.models import compile_split_models, spnet
from deephar.models.split import count_outputs
from deephar.training.evaluators import accuracy_of, mpjpe_of
from deephar.training.run import PictureConfig, start_run
from deephar.training.schedule import Constant, Steps
from deephar.training.stages import Stage, train_scored
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa17j3d


@dataclass(frozen=True)
class Config(PictureConfig):
    """Train 3D poses and actions on NTU."""
    logdir: str = flag("output/ntu_spnet", "folder of the run")
    eval_mode: str = flag("cs", "cross-subject or cross-view", choices=("cs", "cv"))
    num_frames: int = flag(8, "of a clip")
    num_pyramids: int = flag(2, "down and up in turn")
    action_pyramids: tuple[int, ...] = flag((1, 2), "those that predict actions")
    num_levels: int = flag(4, "resolutions of a pyramid")
    growth: int = flag(96, "features that each level adds")
    num_features: int = flag(192, "of the action heads, pose and visual")
    num_clips: int = flag(4, "in each task's batch, over all devices")
    action_weight: float = flag(0.1, "of each action output's loss; poses have 1")
    action_epochs: int = flag(10, "of the action heads alone")
    epochs: int = flag(90, "in all")
    action_rate: float = flag(0.01, "learning rate of the action heads alone")
    rate: float = flag(0.001, "learning rate of both tasks in turn")
    momentum: float = flag(0.9, "of SGD, Nesterov's")
    drop_epochs: tuple[int, ...] = flag((58, 70), "the rate falls after these")
    drop_factor: float = flag(0.1, "by this factor")


def model_config(cfg: Config) -> ModelConfig:
    return ModelConfig(
        (cfg.num_frames, cfg.side, cfg.side, 3), pa17j3d,
        num_actions=(len(NTU_ACTIONS),), num_pyramids=cfg.num_pyramids,
        action_pyramids=cfg.action_pyramids, num_levels=cfg.num_levels,
        growth=cfg.growth, num_pose_features=cfg.num_features,
        num_visual_features=cfg.num_features)


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    network = model_config(cfg)
    num_poses, num_actions = count_outputs(network)
    ntu_crops, h36m_crops = cfg.in_size(ntu_dataconf), cfg.in_size(human36m_dataconf)
    run.describe(describe_spnet(network, ntu_crops, {"ntuaction": NTU_ACTIONS}))

    mpii = MpiiSinglePerson(cfg.place("mpii"), cfg.in_size(mpii_dataconf), pa17j3d)
    h36m = Human36M(cfg.place("h36m"), h36m_crops, pa17j3d, "frames")
    ntu = Ntu(cfg.place("ntu"), ntu_crops, pa17j3d, use_gt_bbox=True,
              clip_size=cfg.num_frames, eval_mode=cfg.eval_mode)
    # Pictures take the place of clips: poses do not look at other frames.
    pictures = BatchLoader([mpii, h36m], ["frame"], ["pose"], TRAIN_MODE,
                           [cfg.num_frames // 2, cfg.num_frames - cfg.num_frames // 2])
    poses = BatchLoader(pictures, ["frame"], ["pose"], TRAIN_MODE, cfg.num_clips,
                        num_poses, seed=cfg.seed)
    actions = BatchLoader(ntu, ["frame"], ["ntuaction"], TRAIN_MODE, cfg.num_clips,
                          num_actions, seed=cfg.seed)
    with strategy.scope():
        full = spnet.build(network)
        if cfg.weights:
            load_matching(full, cfg.weights)

    def tasks(pose_trainable: bool) -> list[Task]:
        pose_model, action_model = compile_split_models(
            full, network, keras.optimizers.SGD(cfg.rate, cfg.momentum, nesterov=True),
            pose_trainable=pose_trainable, ar_loss_weights=cfg.action_weight, verbose=1)
        return [Task("pose", pose_model, poses), Task("action", action_model, actions)]

    steps = cfg.steps_per_epoch or len(actions)
    stages = [Stage("actions on frozen poses", cfg.action_epochs, steps,
                    lambda: tasks(pose_trainable=False)[1:], Constant(cfg.action_rate)),
              Stage("poses and actions in turn", cfg.epochs - cfg.action_epochs, steps,
                    lambda: tasks(pose_trainable=True),
                    Steps(cfg.rate, cfg.drop_factor, cfg.drop_epochs))]
    scores = {
        "h36m": mpjpe_of(h36m, VALID_MODE, h36m_crops, pa17j3d, count=cfg.eval_samples),
        "ntu": accuracy_of(ntu, TEST_MODE, ntu_crops, len(NTU_ACTIONS),
                           count=cfg.eval_samples)}
    train_scored(cfg, full, stages, run, strategy, scores, best="ntu/accuracy")


if __name__ == "__main__":
    main(parse_config(Config))
