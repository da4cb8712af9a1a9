"""Train 2D poses of single people on MPII: ReceptionNet (CVPR'18).

As shipped: RMSprop 1e-3, batches of 24, as many of them in an epoch as MPII's people
fill, 120 epochs, the rate times 0.2 at the beginning of epochs number 80 and 100, counted
from 0: when 80 and 100 are over.  8 prediction blocks with 5x5 separable convolutions,
2 context maps per joint, L1 + L2 loss with a little cross-entropy.

Expected: PCKh@0.5 of 89.1 % on the validation split (the released weights).

    python exp/mpii/train_mpii_singleperson.py --data datasets
    python exp/mpii/train_mpii_singleperson.py --data synthetic --side 96 \\
        --num-blocks 2 --epochs 5 --batch-size 8
"""
from dataclasses import dataclass

from deephar.checkpoints.description import Description
from deephar.config import mpii_sp_dataconf
from deephar.data import BatchLoader, MpiiSinglePerson
from deephar.losses import pose_regression_loss
from deephar.training.evaluators import pckh_of
from deephar.training.fresh import begin
from deephar.training.optimizers import RMSprop
from deephar.training.run import PictureConfig, start_run
from deephar.training.schedule import Steps
from deephar.training.stages import Stage, train_scored
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d


@dataclass(frozen=True)
class Config(PictureConfig):
    """Train 2D poses on MPII."""
    logdir: str = flag("output/mpii_singleperson", "folder of the run")
    num_blocks: int = flag(8, "prediction blocks")
    ksize: int = flag(5, "of the separable convolutions")
    batch_size: int = flag(24, "people, over all devices")
    epochs: int = flag(120, "in all")
    rate: float = flag(1e-3, "learning rate of RMSprop")
    drop_epochs: tuple[int, ...] = flag((80, 100), "the rate falls after so many epochs")
    drop_factor: float = flag(0.2, "by this factor")


def describe(cfg: Config) -> Description:
    return Description(
        "reception", {
            "input_shape": (cfg.side, cfg.side, 3), "num_joints": pa16j2d.num_joints,
            "dim": 2, "num_context_per_joint": 2, "num_blocks": cfg.num_blocks,
            "ksize": (cfg.ksize, cfg.ksize)},
        pa16j2d, cfg.in_size(mpii_sp_dataconf))


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    description = describe(cfg)
    run.describe(description)
    dataset = MpiiSinglePerson(cfg.place("mpii"), description.dataconf, pa16j2d)
    people = BatchLoader(dataset, ["frame"], ["pose"], TRAIN_MODE, cfg.batch_size,
                         cfg.num_blocks, seed=cfg.seed)
    with strategy.scope():
        model = description.build()
        begin(model, cfg.weights)

    steps = cfg.steps(dataset.get_length(TRAIN_MODE) // cfg.batch_size)
    stage = Stage(
        "poses", cfg.epochs, steps,
        lambda: [Task("mpii", model, people, pose_regression_loss("l1l2bincross", 0.01),
                      RMSprop(cfg.rate))],
        Steps(cfg.rate, cfg.drop_factor, cfg.drop_epochs))
    score = pckh_of(dataset, VALID_MODE, description.dataconf, pa16j2d,
                    count=cfg.eval_samples)
    train_scored(cfg, model, [stage], run, strategy, {"mpii": score}, best="mpii/pckh")


if __name__ == "__main__":
    main(parse_config(Config))
