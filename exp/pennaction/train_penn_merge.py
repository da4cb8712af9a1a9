"""Train actions on Penn Action over ReceptionNet's poses (CVPR'18).

As the paper's supplement says it, since its script was never published: a pose network
of 4 blocks, trained in batches of 24, 75 % MPII and 25 % Penn pictures, with RMSprop
1e-3, is frozen under the action heads: SGD, Nesterov momentum 0.98, 2e-4, batches of 2
clips of 16 frames.  Both rates fall to a fifth when validation plateaus.  Then 5 epochs
of everything at a tenth of the final rate.

As the published plateau trainer: a plateau is 10 epochs long, and where it ends, the best
weights are loaded again.  Ours, since nobody says it: how long the first two stages are,
and what is validated.  Penn Action has no validation split: a seeded tenth of its
training videos is held out, from the poses' pictures too.  `--validation loss` trains on
all of them and watches the loss.

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
