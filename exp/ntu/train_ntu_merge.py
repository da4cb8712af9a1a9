"""Train actions on NTU over ReceptionNet's 3D poses (CVPR'18).

As the paper's supplement says it, since its script was never published: a pose network
of 4 blocks and 20 joints, trained in batches of 24 with RMSprop 1e-3, 10 % NTU, 45 %
MPII and 45 % Human3.6M pictures (of 24: 2, 11 and 11), is frozen under the action heads:
SGD, Nesterov momentum 0.98, 2e-4, batches of 2 clips of 20 frames.  Both rates fall to a
fifth when validation plateaus.  Then 5 epochs of everything at a tenth of the final rate.

As the published plateau trainer: a plateau is 10 epochs long, and where it ends, the best
weights are loaded again.  Ours, since nobody says it: how long the first two stages are,
and what is validated.  NTU has no validation split: a seeded tenth of its training videos
is held out, from the poses' pictures too.  `--validation loss` trains on all of them and
watches the loss.

Expected: cross-subject accuracy of 85.5 %.

    python exp/ntu/train_ntu_merge.py --data datasets
    python exp/ntu/train_ntu_merge.py --data datasets \\
        --weights output/my_pose_run --pose-epochs 0
"""
from dataclasses import dataclass

from deephar.checkpoints.description import Description
from deephar.config import (
    human36m_dataconf, mpii_dataconf, ntu_ar_dataconf, ntu_pe_dataconf)
from deephar.data import Human36M, MpiiSinglePerson, Ntu
from deephar.data.labels import NTU_ACTIONS
from deephar.data.relayout import Relayout
from deephar.training.recipes.merge import MergeConfig, train_merge
from deephar.utils.flags import flag, parse_config
from deephar.utils.pose import pa16j3d, pa20j3d


@dataclass(frozen=True)
class Config(MergeConfig):
    """Train actions on NTU over a 3D pose network."""
    logdir: str = flag("output/ntu_merge", "folder of the run")
    eval_mode: str = flag("cs", "cross-subject or cross-view", choices=("cs", "cv"))
    num_blocks: int = flag(4, "of the pose network")
    ksize: int = flag(5, "of its separable convolutions")
    num_frames: int = flag(20, "of a clip")
    depth_maps: int = flag(8, "bins of depth")
    pose_shares: tuple[int, ...] = flag(
        (11, 11, 2), "MPII, Human3.6M and NTU pictures in a batch")


def describe(cfg: Config) -> Description:
    pose = {"input_shape": (cfg.side, cfg.side, 3), "num_joints": pa20j3d.num_joints,
            "dim": 3, "num_blocks": cfg.num_blocks, "depth_maps": cfg.depth_maps,
            "ksize": (cfg.ksize, cfg.ksize)}
    return Description(
        "merge", {
            "pose": pose, "num_actions": len(NTU_ACTIONS),
            "input_shape": (cfg.side, cfg.side, 3), "num_frames": cfg.num_frames,
            "num_joints": pa20j3d.num_joints, "num_blocks": cfg.num_blocks,
            "pose_dim": 3, "depth_maps": cfg.depth_maps, "pose_net_version": "v2"},
        pa20j3d, cfg.in_size(ntu_ar_dataconf), {"ntuaction": NTU_ACTIONS})


def main(cfg: Config) -> None:
    description = describe(cfg)
    # MPII has no hands and feet.
    mpii = Relayout(MpiiSinglePerson(cfg.place("mpii"), cfg.in_size(mpii_dataconf),
                                     pa16j3d), pa20j3d)
    h36m = Human36M(cfg.place("h36m"), cfg.in_size(human36m_dataconf), pa20j3d, "frames")
    frames = cfg.training_part(Ntu(
        cfg.place("ntu"), cfg.in_size(ntu_pe_dataconf), pa20j3d, "frames",
        use_gt_bbox=True, eval_mode=cfg.eval_mode))
    videos = cfg.training_part(Ntu(
        cfg.place("ntu"), description.dataconf, pa20j3d, use_gt_bbox=True,
        clip_size=cfg.num_frames, eval_mode=cfg.eval_mode))
    train_merge(cfg, description, [mpii, h36m, frames], cfg.pose_shares, videos)


if __name__ == "__main__":
    main(parse_config(Config))
