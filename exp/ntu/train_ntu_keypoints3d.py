"""Train actions on NTU over 3D key points (this project's reading).

ICPR 2020 describes the network in a few sentences, and neither its sizes nor
its training; weights/README.md says what is known and what is ours.  Poses:
MPII's people with depths of the label generator (hands and feet missing), and
NTU's own 3D joints; elastic net per hourglass, RMSprop 1e-3, the rate times
0.2 on a plateau.  Then the action heads on frozen poses, SGD, Nesterov
momentum 0.98, 2e-4; then 5 epochs of everything at a tenth of the final rate.
Plateaus watch what `deephar.training.recipes.merge` says.

Expected: unknown.  The authors report 87.6 % for their network, without naming
the protocol.

    python exp/h36m/train_label_generator.py --data synthetic
    python exp/ntu/train_ntu_keypoints3d.py --data datasets
"""
from dataclasses import dataclass

from deephar.config import ntu_ar_dataconf, ntu_pe_dataconf
from deephar.data import Ntu
from deephar.data.depth_labels import DepthLabelled
from deephar.data.labels import NTU_ACTIONS
from deephar.training.recipes.keypoints3d import (
    KeypointsConfig, describe, labelled_mpii, train_keypoints)
from deephar.utils.flags import flag, parse_config
from deephar.utils.pose import pa20j3d


@dataclass(frozen=True)
class Config(KeypointsConfig):
    """Train actions on NTU over 3D key points."""
    logdir: str = flag("output/ntu_keypoints3d", "folder of the run")
    eval_mode: str = flag("cs", "cross-subject or cross-view", choices=("cs", "cv"))
    num_frames: int = flag(20, "of a clip")
    pose_shares: tuple[int, ...] = flag((16, 8), "MPII and NTU pictures in a batch")


def main(cfg: Config) -> None:
    description = describe(cfg, pa20j3d, ntu_ar_dataconf, cfg.num_frames,
                           {"ntuaction": NTU_ACTIONS}, "v2")
    # Depths of MPII's people do not know the window either: one scale for both.
    options = dict(use_gt_bbox=True, eval_mode=cfg.eval_mode, depth_by_scale=False)
    frames = cfg.training_part(Ntu(
        cfg.place("ntu"), cfg.in_size(ntu_pe_dataconf), pa20j3d, "frames", **options))
    videos = cfg.training_part(Ntu(
        cfg.place("ntu"), description.dataconf, pa20j3d, clip_size=cfg.num_frames, **options))
    train_keypoints(cfg, description, [labelled_mpii(cfg, pa20j3d), DepthLabelled(frames)],
                    cfg.pose_shares, videos)


if __name__ == "__main__":
    main(parse_config(Config))
