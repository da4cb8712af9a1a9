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
from dataclasses import dataclass

from deephar.training.recipes.penn import PennConfig, describe, train_penn
from deephar.utils.flags import flag, parse_config


@dataclass(frozen=True)
class Config(PennConfig):
    """Train actions on Penn Action over a pose network."""
    logdir: str = flag("output/penn_merge", "folder of the run")


def main(cfg: Config) -> None:
    train_penn(cfg, describe(cfg))


if __name__ == "__main__":
    main(parse_config(Config))
