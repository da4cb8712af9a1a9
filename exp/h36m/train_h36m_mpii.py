"""Train 3D poses on Human3.6M, alone or with MPII: ReceptionNet (CVPR'18).

As the paper says it, since its script was never published: 17 joints, 8 blocks, batches
of 24, half Human3.6M, half MPII, or Human3.6M alone (`--shares 24 0`), RMSprop 1e-3, the
rate times 0.2 when the validation score plateaus.

As the published plateau trainer: a plateau is 10 epochs long, and where it ends, the best
weights are loaded again.  Ours, since the paper does not say it: how many epochs.

Expected: MPJPE on the validation frames, single crop, of 55.1 mm; 67.3 mm with
Human3.6M alone.

    python exp/h36m/train_h36m_mpii.py --data datasets
    python exp/h36m/train_h36m_mpii.py --data datasets --shares 24 0 \
        --logdir output/h36m
    python exp/h36m/train_h36m_mpii.py --data synthetic --side 96 --num-blocks 2 \\
        --epochs 5 --shares 4 4
"""
from dataclasses import dataclass

from deephar.checkpoints.description import Description
from deephar.config import human36m_dataconf, mpii_sp_dataconf
from deephar.data import Human36M, MpiiSinglePerson
from deephar.losses import pose_regression_loss
from deephar.training.evaluators import mpjpe_of, pckh_of
from deephar.training.fresh import begin
from deephar.training.optimizers import RMSprop
from deephar.training.recipes.people import mix_people
from deephar.training.run import PictureConfig, start_run
from deephar.training.schedule import Plateau
from deephar.training.stages import Stage, train_scored
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import VALID_MODE
from deephar.utils.pose import pa16j2d, pa17j3d


@dataclass(frozen=True)
class Config(PictureConfig):
    """Train 3D poses on Human3.6M, alone or with MPII."""
    logdir: str = flag("output/h36m_mpii", "folder of the run")
    num_blocks: int = flag(8, "prediction blocks")
    depth_maps: int = flag(16, "bins of depth")
    ksize: int = flag(5, "of the separable convolutions")
    shares: tuple[int, ...] = flag(
        (12, 12), "Human3.6M and MPII pictures in a batch, over all devices")
    epochs: int = flag(120, "in all")
    rate: float = flag(1e-3, "learning rate of RMSprop")
    patience: int = flag(10, "epochs without a better MPJPE before the rate falls")
    drop_factor: float = flag(0.2, "by this factor")
    reload_best: bool = flag(True, "where it falls, go on from the best weights")


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

    def mpii(layout=pa17j3d):
        return MpiiSinglePerson(cfg.place("mpii"), crops, layout)

    people = mix_people([lambda: h36m, mpii], cfg.shares, cfg.num_blocks, cfg.seed)
    with strategy.scope():
        model = description.build()
        begin(model, cfg.weights)

    stage = Stage(
        "poses", cfg.epochs, cfg.steps(len(people)),
        lambda: [Task("poses", model, people, pose_regression_loss("l1l2bincross", 0.01),
                      RMSprop(cfg.rate))],
        Plateau(cfg.rate, cfg.drop_factor, cfg.patience, monitor="h36m/mpjpe",
                reload=cfg.reload_best))
    scores = {"h36m": mpjpe_of(h36m, VALID_MODE, description.dataconf, pa17j3d,
                               count=cfg.eval_samples)}
    if cfg.shares[1]:
        scores["mpii"] = pckh_of(mpii(pa16j2d), VALID_MODE, crops, pa17j3d,
                                 count=cfg.eval_samples)
    train_scored(cfg, model, [stage], run, strategy, scores, best="h36m/mpjpe",
                 higher_is_better=False)


if __name__ == "__main__":
    main(parse_config(Config))
