"""Train 2D poses of single people on MPII: SPNet (TPAMI'20).

`exp/pennaction/train_penn_multimodel.py` starts from this network.  Its script is not in
the published repository.

As the weights' name there, `mpii_spnet_8b4l`, epoch number 39: 8 pyramids with 4 levels,
40 epochs, on MPII.  Ours, since nothing is known of it: batches of 24 people and RMSprop
1e-3, as `train_mpii_singleperson.py` has them, at a constant rate, as
`train_pose_baseline.py`.

Expected: not published.

    python exp/mpii/train_mpii_spnet.py --data datasets
    python exp/mpii/train_mpii_spnet.py --data synthetic --side 128 --num-pyramids 2 \\
        --growth 24 --epochs 5 --batch-size 8
"""
from dataclasses import dataclass

from deephar.checkpoints.description import describe_spnet
from deephar.config import ModelConfig, mpii_dataconf
from deephar.data import BatchLoader, MpiiSinglePerson
from deephar.losses import pose_regression_loss
from deephar.models import spnet
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
    """Train the pose network of SPNet on MPII."""
    logdir: str = flag("output/mpii_spnet", "folder of the run")
    num_pyramids: int = flag(8, "down and up in turn")
    num_levels: int = flag(4, "resolutions of a pyramid")
    growth: int = flag(96, "features that each level adds")
    batch_size: int = flag(24, "people, over all devices")
    epochs: int = flag(40, "in all")
    rate: float = flag(1e-3, "learning rate of RMSprop")
    drop_epochs: tuple[int, ...] = flag((), "the rate falls after so many epochs")
    drop_factor: float = flag(0.1, "by this factor")


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    crops = cfg.in_size(mpii_dataconf)
    network = ModelConfig(
        (cfg.side, cfg.side, 3), pa16j2d, num_pyramids=cfg.num_pyramids,
        action_pyramids=(), num_levels=cfg.num_levels, growth=cfg.growth)
    run.describe(describe_spnet(network, crops))
    mpii = MpiiSinglePerson(cfg.place("mpii"), crops, pa16j2d)
    people = BatchLoader(mpii, ["frame"], ["pose"], TRAIN_MODE, cfg.batch_size,
                         spnet.get_num_predictions(cfg.num_pyramids, cfg.num_levels),
                         seed=cfg.seed)
    with strategy.scope():
        model = spnet.build(network)
        begin(model, cfg.weights)

    steps = cfg.steps(mpii.get_length(TRAIN_MODE) // cfg.batch_size)
    stage = Stage(
        "poses", cfg.epochs, steps,
        lambda: [Task("mpii", model, people, pose_regression_loss("l1l2bincross", 0.01),
                      RMSprop(cfg.rate))],
        Steps(cfg.rate, cfg.drop_factor, cfg.drop_epochs))
    score = pckh_of(mpii, VALID_MODE, crops, pa16j2d, count=cfg.eval_samples)
    train_scored(cfg, model, [stage], run, strategy, {"mpii": score}, best="mpii/pckh")


if __name__ == "__main__":
    main(parse_config(Config))
