"""Actions on Penn Action over a 2D ReceptionNet, whatever its stem."""
from dataclasses import dataclass

from deephar.checkpoints.description import Description
from deephar.config import mpii_dataconf, pennaction_ar_dataconf, pennaction_pe_dataconf
from deephar.data import MpiiSinglePerson, PennAction
from deephar.data.labels import PENN_ACTIONS
from deephar.training.recipes.merge import MergeConfig, train_merge
from deephar.utils.flags import flag
from deephar.utils.pose import pa16j2d


@dataclass(frozen=True)
class PennConfig(MergeConfig):
    """The flags of the scripts."""
    num_blocks: int = flag(4, "of the pose network")
    ksize: int = flag(5, "of its separable convolutions")
    num_frames: int = flag(16, "of a clip")
    pose_shares: tuple[int, ...] = flag((18, 6), "MPII and Penn pictures in a batch")


def describe(cfg: PennConfig, **stem) -> Description:
    """The network that the flags ask for; `stem` as `reception.build` takes it."""
    pose = {"input_shape": (cfg.side, cfg.side, 3), "num_joints": pa16j2d.num_joints,
            "dim": 2, "num_context_per_joint": 2, "num_blocks": cfg.num_blocks,
            "ksize": (cfg.ksize, cfg.ksize), **stem}
    return Description(
        "merge", {
            "pose": pose, "num_actions": len(PENN_ACTIONS),
            "input_shape": (cfg.side, cfg.side, 3), "num_frames": cfg.num_frames,
            "num_joints": pa16j2d.num_joints, "num_blocks": cfg.num_blocks,
            "pose_dim": 2, "num_context_per_joint": 2, "pose_net_version": "v1"},
        pa16j2d, cfg.in_size(pennaction_ar_dataconf), {"pennaction": PENN_ACTIONS})


def train_penn(cfg: PennConfig, description: Description, **options) -> None:
    """Train it on MPII's and Penn's pictures, then on Penn's clips.

    Args:
        options: as `train_merge` takes them.
    """
    mpii = MpiiSinglePerson(cfg.place("mpii"), cfg.in_size(mpii_dataconf), pa16j2d)
    frames = cfg.training_part(PennAction(
        cfg.place("pennaction"), cfg.in_size(pennaction_pe_dataconf), pa16j2d, "frames",
        use_gt_bbox=True))
    videos = cfg.training_part(PennAction(
        cfg.place("pennaction"), description.dataconf, pa16j2d, use_gt_bbox=True,
        clip_size=cfg.num_frames))
    train_merge(cfg, description, [mpii, frames], cfg.pose_shares, videos, **options)
