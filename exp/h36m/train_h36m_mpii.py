"""Train 3D poses on Human3.6M and MPII: ReceptionNet (CVPR'18).

Recipe of the paper (its script was never published): batches half Human3.6M,
half MPII, 17 joints, RMSprop 1e-3, the rate times 0.2 on a plateau.  The
paper does not say how long a plateau is, nor how many epochs: `--patience`
and `--epochs` are ours.

Expected: MPJPE of 55.1 mm on the validation frames, single crop.

    python exp/h36m/train_h36m_mpii.py --data datasets
    python exp/h36m/train_h36m_mpii.py --data synthetic --side 96 --num-blocks 2 \\
        --epochs 5 --batch-size 8
"""
from dataclasses import dataclass

from deephar.checkpoints.description import Description
from deephar.checkpoints.transfer import load_matching
from deephar.config import human36m_dataconf, mpii_sp_dataconf
from deephar.data import BatchLoader, Human36M, MpiiSinglePerson
from deephar.losses import pose_regression_loss
from deephar.training.evaluators import mpjpe_of, pckh_of
from deephar.training.optimizers import RMSprop
from deephar.training.run import PictureConfig, start_run
from deephar.training.schedule import Plateau
from deephar.training.stages import Stage, train_scored
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d, pa17j3d


@dataclass(frozen=True)
class Config(PictureConfig):
    """Train 3D poses on Human3.6M and MPII."""
    logdir: str = flag("output/h36m_mpii", "folder of the run")
    num_blocks: int = flag(8, "prediction blocks")
    depth_maps: int = flag(16, "bins of depth")
    ksize: int = flag(5, "of the separable convolutions")
    batch_size: int = flag(24, "people, over all devices; half of each data set")
    epochs: int = flag(120, "in all")
    rate: float = flag(1e-3, "learning rate of RMSprop")
    patience: int = flag(5, "epochs without a better MPJPE before the rate falls")
    drop_factor: float = flag(0.2, "by this factor")


def describe(cfg: Config) -> Description:
    return Description(
        "reception", {
            "input_shape": (cfg.side, cfg.side, 3), "num_joints": pa17j3d.num_joints,
            "dim": 3, "num_blocks": cfg.num_blocks, "depth_maps": cfg.depth_maps,
            "ksize": (cfg.ksize, cfg.ksize)},
        pa17j3d,
        cfg.in_size(human36m_dataconf))


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    description = describe(cfg)
    run.describe(description)
    h36m = Human36M(cfg.place("h36m"), description.dataconf, pa17j3d, "frames")
    crops = cfg.in_size(mpii_sp_dataconf)
    mpii = MpiiSinglePerson(cfg.place("mpii"), crops, pa17j3d)
    people = BatchLoader([h36m, mpii], ["frame"], ["pose"], TRAIN_MODE,
                         [cfg.batch_size // 2] * 2, cfg.num_blocks, seed=cfg.seed)
    with strategy.scope():
        model = description.build()
        if cfg.weights:
            load_matching(model, cfg.weights)

    stage = Stage(
        "poses", cfg.epochs, cfg.steps_per_epoch or len(people),
        lambda: [Task("poses", model, people, pose_regression_loss("l1l2bincross", 0.01),
                      RMSprop(cfg.rate))],
        Plateau(cfg.rate, cfg.drop_factor, cfg.patience, monitor="h36m/mpjpe"))
    tested = MpiiSinglePerson(mpii.dataset_path, crops, pa16j2d)
    scores = {
        "h36m": mpjpe_of(h36m, VALID_MODE, description.dataconf, pa17j3d,
                         count=cfg.eval_samples),
        "mpii": pckh_of(tested, VALID_MODE, crops, pa17j3d, count=cfg.eval_samples)}
    train_scored(cfg, model, [stage], run, strategy, scores, best="h36m/mpjpe",
                 higher_is_better=False)


if __name__ == "__main__":
    main(parse_config(Config))
