"""Train poses and actions on MPII and Penn Action: SPNet (TPAMI'20).

Recipe: pose batches of 4 "clips" of 8 MPII pictures, action batches of 4 Penn
clips of 8 frames, RMSprop 1e-3, actions weigh 0.01.  Epochs 1 and 2 train the
action heads alone, the pose network frozen; then both tasks take turns to
epoch 30.  The rate falls to a tenth after epochs 15 and 25.  An epoch has a
sixth as many steps as MPII has people.

Expected: published, not verified.  Begin with a trained pose network
(`--weights`): the first stage freezes it.

    python exp/pennaction/train_penn_multimodel.py --data datasets \\
        --weights output/pose_baseline
    python exp/pennaction/train_penn_multimodel.py --data synthetic --side 128 \\
        --num-pyramids 2 --action-pyramids 1 2 --growth 24 --epochs 6
"""
from dataclasses import dataclass

from deephar.checkpoints.description import describe_spnet
from deephar.checkpoints.transfer import load_matching
from deephar.config import ModelConfig, mpii_dataconf, pennaction_dataconf
from deephar.data import BatchLoader, MpiiSinglePerson, PennAction
from deephar.data.labels import PENN_ACTIONS
from deephar.models import compile_split_models, spnet
from deephar.models.split import count_outputs
from deephar.training.evaluators import accuracy_of, pckh_of
from deephar.training.optimizers import RMSprop
from deephar.training.run import PictureConfig, start_run
from deephar.training.schedule import Steps
from deephar.training.stages import Stage, train_scored
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d


@dataclass(frozen=True)
class Config(PictureConfig):
    """Train poses and actions on MPII and Penn Action."""
    logdir: str = flag("output/penn_multimodel", "folder of the run")
    num_frames: int = flag(8, "of a clip")
    num_pyramids: int = flag(6, "down and up in turn")
    action_pyramids: tuple[int, ...] = flag((5, 6), "those that predict actions")
    num_levels: int = flag(4, "resolutions of a pyramid")
    growth: int = flag(96, "features that each level adds")
    num_features: int = flag(160, "of the action heads, pose and visual")
    num_clips: int = flag(4, "in each task's batch, over all devices")
    action_weight: float = flag(0.01, "of each action output's loss; poses have 1")
    action_epochs: int = flag(2, "of the action heads alone")
    epochs: int = flag(30, "in all")
    rate: float = flag(1e-3, "learning rate of RMSprop")
    drop_epochs: tuple[int, ...] = flag((15, 25), "the rate falls after these")
    drop_factor: float = flag(0.1, "by this factor")


def model_config(cfg: Config) -> ModelConfig:
    return ModelConfig(
        (cfg.num_frames, cfg.side, cfg.side, 3), pa16j2d,
        num_actions=(len(PENN_ACTIONS),), num_pyramids=cfg.num_pyramids,
        action_pyramids=cfg.action_pyramids, num_levels=cfg.num_levels,
        growth=cfg.growth, pose_replica=True, num_pose_features=cfg.num_features,
        num_visual_features=cfg.num_features)


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
    # Pictures take the place of clips: poses do not look at other frames.
    pictures = BatchLoader(mpii, ["frame"], ["pose"], TRAIN_MODE, cfg.num_frames)
    poses = BatchLoader(pictures, ["frame"], ["pose"], TRAIN_MODE, cfg.num_clips,
                        num_poses, seed=cfg.seed)
    actions = BatchLoader(penn, ["frame"], ["pennaction"], TRAIN_MODE, cfg.num_clips,
                          num_actions, seed=cfg.seed)
    with strategy.scope():
        full = spnet.build(network)
        if cfg.weights:
            load_matching(full, cfg.weights)

    def tasks(pose_trainable: bool) -> list[Task]:
        pose_model, action_model = compile_split_models(
            full, network, RMSprop(cfg.rate),
            pose_trainable=pose_trainable, copy_replica=not pose_trainable,
            ar_loss_weights=cfg.action_weight, verbose=1)
        return [Task("pose", pose_model, poses), Task("action", action_model, actions)]

    plan = Steps(cfg.rate, cfg.drop_factor, cfg.drop_epochs)
    steps = cfg.steps_per_epoch or max(mpii.get_length(TRAIN_MODE) // 6, 1)
    stages = [Stage("actions on frozen poses", cfg.action_epochs, steps,
                    lambda: tasks(pose_trainable=False)[1:], plan),
              Stage("poses and actions in turn", cfg.epochs - cfg.action_epochs, steps,
                    lambda: tasks(pose_trainable=True), plan)]
    scores = {
        "mpii": pckh_of(mpii, VALID_MODE, mpii_crops, pa16j2d, count=cfg.eval_samples),
        "penn": accuracy_of(penn, TEST_MODE, penn_crops, len(PENN_ACTIONS),
                            count=cfg.eval_samples)}
    train_scored(cfg, full, stages, run, strategy, scores, best="penn/accuracy")


if __name__ == "__main__":
    main(parse_config(Config))
