"""Train actions on Penn Action over poses from a VGG-16 stem (this project's reading).

The description gives the framework, VGG-16 in the place of the stem, and the
names of the optimisers, but no sizes, rates or scores; weights/README.md says
what is known and what is ours.  As `train_penn_merge.py`, but for the poses:
RMSprop at 1e-4 on ImageNet's weights (1e-3 from scratch), the trunk frozen for the first two epochs if it is pre-trained.

Expected: unknown; no accuracy was published.

    python exp/pennaction/train_penn_vgg16.py --data datasets
    python exp/pennaction/train_penn_vgg16.py --data datasets --stem-weights none \\
        --pose-rate 1e-3
    python exp/pennaction/train_penn_vgg16.py --data datasets \\
        --stem-weights vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5
"""
from dataclasses import dataclass

import keras

from deephar.models import vgg
from deephar.training.recipes.penn import PennConfig, describe, train_penn
from deephar.training.run import resumes
from deephar.utils.flags import flag, parse_config

RANDOM_TRUNK = "none"


@dataclass(frozen=True)
class Config(PennConfig):
    """Train actions on Penn Action over poses from a VGG-16 stem."""
    logdir: str = flag("output/penn_vgg16", "folder of the run")
    stem_weights: str = flag("imagenet", "of the trunk: 'imagenet', a weight file of a "
                                         f"VGG-16 without top, or '{RANDOM_TRUNK}'")
    frozen_trunk_epochs: int = flag(2, "first epochs that leave given weights alone")
    pose_rate: float = flag(1e-4, "learning rate of RMSprop, of the poses")


def main(cfg: Config) -> None:
    is_given = cfg.stem_weights != RANDOM_TRUNK

    def fill_trunk(pose_network: keras.Model) -> list[keras.Layer]:
        if not is_given or resumes(cfg):
            return []
        return vgg.load_trunk(pose_network.get_layer("Stem"), cfg.stem_weights)

    train_penn(cfg, describe(cfg, stem="vgg16", imagenet_input=is_given),
               prepare=fill_trunk,
               frozen_trunk_epochs=cfg.frozen_trunk_epochs if is_given else 0)


if __name__ == "__main__":
    main(parse_config(Config))
