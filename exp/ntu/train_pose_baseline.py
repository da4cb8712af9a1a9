"""Train the pose network of SPNet on MPII, Human3.6M, Penn and NTU (TPAMI'20).

As shipped: 8 pyramids, 17 joints in 3D, batches of 14 MPII, 14 Human3.6M, 2 Penn
and 2 NTU pictures, cut by annotated boxes, RMSprop 1e-3 at a constant rate, 60 epochs of
a fourteenth as many steps as MPII has people.  Penn's pictures are cropped as its clips
are (`pennaction_dataconf`), NTU's in their own way (`ntu_pe_dataconf`).

Expected (a third party's run with half such batches), Human3.6M in mm and MPII
PCKh: 137.0 and 0.496 after epoch 1, 83.3 and 0.607 after 3, 65.9 and 0.759
after 10, 54.0 and 0.844 after 30, 50.6 and 0.864 after 60.

    python exp/ntu/train_pose_baseline.py --data datasets
    python exp/ntu/train_pose_baseline.py --data synthetic --side 128 \\
        --num-pyramids 2 --growth 24 --epochs 5 --shares 6 6 2 2
"""
from dataclasses import dataclass

from deephar.checkpoints.description import describe_spnet
from deephar.config import (
    ModelConfig, human36m_dataconf, mpii_dataconf, ntu_pe_dataconf, pennaction_dataconf)
from deephar.data import Human36M, MpiiSinglePerson, Ntu, PennAction
from deephar.losses import pose_regression_loss
from deephar.models import spnet
from deephar.training.evaluators import mpjpe_of, pckh_of
from deephar.training.fresh import begin
from deephar.training.optimizers import RMSprop
from deephar.training.recipes.people import mix_people
from deephar.training.run import PictureConfig, start_run
from deephar.training.schedule import Steps
from deephar.training.stages import Stage, train_scored
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d, pa17j3d


@dataclass(frozen=True)
class Config(PictureConfig):
    """Train a pose network on four data sets at once."""
    logdir: str = flag("output/pose_baseline", "folder of the run")
    num_pyramids: int = flag(8, "down and up in turn")
    num_levels: int = flag(4, "resolutions of a pyramid")
    growth: int = flag(96, "features that each level adds")
    shares: tuple[int, ...] = flag(
        (14, 14, 2, 2), "MPII, Human3.6M, Penn and NTU pictures in a batch")
    epochs: int = flag(60, "in all")
    rate: float = flag(1e-3, "learning rate of RMSprop")
    drop_epochs: tuple[int, ...] = flag((), "the rate falls after so many epochs")
    drop_factor: float = flag(0.1, "by this factor")


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    network = ModelConfig(
        (cfg.side, cfg.side, 3), pa17j3d, num_pyramids=cfg.num_pyramids,
        action_pyramids=(), num_levels=cfg.num_levels, growth=cfg.growth)
    run.describe(describe_spnet(network, cfg.in_size(human36m_dataconf)))

    mpii_crops, h36m_crops = cfg.in_size(mpii_dataconf), cfg.in_size(human36m_dataconf)
    mpii = MpiiSinglePerson(cfg.place("mpii"), mpii_crops, pa17j3d)
    h36m = Human36M(cfg.place("h36m"), h36m_crops, pa17j3d, "frames")

    def penn():
        return PennAction(cfg.place("pennaction"), cfg.in_size(pennaction_dataconf),
                          pa17j3d, "frames", use_gt_bbox=True)

    def ntu():
        return Ntu(cfg.place("ntu"), cfg.in_size(ntu_pe_dataconf), pa17j3d, "frames",
                   use_gt_bbox=True)

    num_blocks = spnet.get_num_predictions(cfg.num_pyramids, cfg.num_levels)
    people = mix_people([lambda: mpii, lambda: h36m, penn, ntu], cfg.shares, num_blocks,
                        cfg.seed)
    with strategy.scope():
        model = spnet.build(network)
        begin(model, cfg.weights)

    # As long as one pass over MPII: NTU alone has millions of pictures.
    steps = cfg.steps(
        mpii.get_length(TRAIN_MODE) // (cfg.shares[0] or sum(cfg.shares)))
    stage = Stage(
        "poses", cfg.epochs, steps,
        lambda: [Task("poses", model, people, pose_regression_loss("l1l2bincross", 0.01),
                      RMSprop(cfg.rate))],
        Steps(cfg.rate, cfg.drop_factor, cfg.drop_epochs))
    tested = MpiiSinglePerson(mpii.dataset_path, mpii_crops, pa16j2d)
    scores = {
        "h36m": mpjpe_of(h36m, VALID_MODE, h36m_crops, pa17j3d, count=cfg.eval_samples),
        "mpii": pckh_of(tested, VALID_MODE, mpii_crops, pa17j3d,
                        count=cfg.eval_samples)}
    train_scored(cfg, model, [stage], run, strategy, scores, best="h36m/mpjpe",
                 higher_is_better=False)


if __name__ == "__main__":
    main(parse_config(Config))
