"""Train actions on Penn Action over 3D key points (this project's reading).

ICPR 2020 describes the network in a few sentences, and neither its sizes nor
its training; weights/README.md says what is known and what is ours.  Poses:
MPII's people with depths of the label generator, and Penn's in 2D; elastic net
per hourglass, RMSprop 1e-3, the rate times 0.2 on a plateau.  Then the action
heads on frozen poses, SGD, Nesterov momentum 0.98, 2e-4; then 5 epochs of
everything at a tenth of the final rate.
Plateaus watch what `deephar.training.recipes.merge` says.

Expected: unknown.  The authors report 98.1 % for their network.

    python exp/h36m/train_label_generator.py --data synthetic
    python exp/pennaction/train_penn_keypoints3d.py --data datasets
    python exp/pennaction/train_penn_keypoints3d.py --data synthetic --labels none \\
        --side 128 --width 64 --num-frames 8
"""
from dataclasses import dataclass

from deephar.config import pennaction_ar_dataconf, pennaction_pe_dataconf
from deephar.data import PennAction
from deephar.data.depth_labels import DepthLabelled
from deephar.data.labels import PENN_ACTIONS
from deephar.training.recipes.keypoints3d import (
    KeypointsConfig, describe, labelled_mpii, train_keypoints)
from deephar.utils.flags import flag, parse_config
from deephar.utils.pose import pa16j3d


@dataclass(frozen=True)
class Config(KeypointsConfig):
    """Train actions on Penn Action over 3D key points."""
    logdir: str = flag("output/penn_keypoints3d", "folder of the run")
    num_frames: int = flag(16, "of a clip")
    pose_shares: tuple[int, ...] = flag((18, 6), "MPII and Penn pictures in a batch")


def main(cfg: Config) -> None:
    description = describe(cfg, pa16j3d, pennaction_ar_dataconf, cfg.num_frames,
                           {"pennaction": PENN_ACTIONS}, "v1")
    frames = cfg.training_part(PennAction(
        cfg.place("pennaction"), cfg.in_size(pennaction_pe_dataconf), pa16j3d, "frames",
        use_gt_bbox=True))
    videos = cfg.training_part(PennAction(
        cfg.place("pennaction"), description.dataconf, pa16j3d, use_gt_bbox=True,
        clip_size=cfg.num_frames))
    train_keypoints(cfg, description, [labelled_mpii(cfg, pa16j3d), DepthLabelled(frames)],
                    cfg.pose_shares, videos)


if __name__ == "__main__":
    main(parse_config(Config))
