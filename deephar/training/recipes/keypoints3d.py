"""What the training scripts of the 3D key-point network share."""
import functools
import logging
from dataclasses import dataclass
from typing import Any, Mapping, Sequence

from deephar.checkpoints.description import Description
from deephar.config import DataConfig, mpii_dataconf
from deephar.data import MpiiSinglePerson
from deephar.data.depth_labels import DepthLabelled, DepthLabels, label_mpii
from deephar.data.relayout import Relayout
from deephar.losses import weighted_depth_loss
from deephar.networks.label_generator import LabelGenerator
from deephar.training.recipes.merge import MergeConfig, train_merge
from deephar.utils.flags import flag
from deephar.utils.modes import TRAIN_MODE
from deephar.utils.pose import PoseLayout, pa16j3d

NO_LABELS = "none"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class KeypointsConfig(MergeConfig):
    """The flags of the scripts for Penn Action and NTU."""
    labels: str = flag(
        "output/label_generator", "folder of a trained label generator, which gives "
        f"MPII's people depths; '{NO_LABELS}': their depths are not learned")
    stacks: int = flag(2, "hourglasses")
    width: int = flag(288, "features of an hourglass")
    depth_maps: int = flag(16, "bins of depth")
    num_levels: int = flag(4, "resolutions of an hourglass")
    shallow: bool = flag(True, "the appearance branch sees the stem's features")
    deep: bool = flag(True, "and those of the last hourglass")


def describe(cfg: KeypointsConfig, layout: PoseLayout, dataconf: DataConfig,
             num_frames: int, actions: Mapping[str, Sequence[str]],
             pose_net_version: str) -> Description:
    """The network that the flags ask for."""
    (labels,) = actions.values()
    pose = {"input_shape": (cfg.side, cfg.side, 3), "num_joints": layout.num_joints,
            "stacks": cfg.stacks, "width": cfg.width, "depth_maps": cfg.depth_maps,
            "num_levels": cfg.num_levels}
    return Description(
        "keypoints3d_action", {
            "pose": pose, "num_actions": len(labels), "num_frames": num_frames,
            "shallow": cfg.shallow, "deep": cfg.deep,
            "pose_net_version": pose_net_version},
        layout, cfg.in_size(dataconf), actions)


def labelled_mpii(cfg: KeypointsConfig, layout: PoseLayout) -> DepthLabelled:
    """MPII's people in a 3D layout, with the depths of the label generator."""
    mpii = MpiiSinglePerson(cfg.place("mpii"), cfg.in_size(mpii_dataconf), pa16j3d)
    people = mpii if layout is pa16j3d else Relayout(mpii, layout)
    if cfg.labels == NO_LABELS:
        log.warning("No labels: the depths of MPII's people are not learned.")
        return DepthLabelled(people)
    generate = functools.partial(LabelGenerator.load(cfg.labels).labels, principal="root")
    labels = label_mpii(mpii, TRAIN_MODE, generate)
    log.info("%s", summary(labels))
    return DepthLabelled(people, {TRAIN_MODE: labels})


def summary(labels: DepthLabels) -> str:
    known = labels.weights[labels.weights > 0]
    return (f"Depths for {len(known)} of {len(labels.weights)} people, mean weight "
            f"{known.mean() if len(known) else 0:.2f}.")


def train_keypoints(cfg: KeypointsConfig, description: Description,
                    pictures: Sequence[Any], shares: Sequence[int], videos: Any) -> None:
    """As `train_merge`; every data set of `pictures` tells the weight of its depths."""
    train_merge(cfg, description, pictures, shares, videos,
                pose_loss=weighted_depth_loss(0.01))
