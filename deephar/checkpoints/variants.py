"""Networks that were described but never released: no file of weights belongs to them.

What was published of each and what is this project's reading stands in
weights/README.md.  They are trained with the scripts named here.
"""
from dataclasses import dataclass

from deephar.checkpoints.description import Description
from deephar.checkpoints.table import PICTURE, Entry, checkpoint
from deephar.config import ntu_ar_dataconf, pennaction_ar_dataconf
from deephar.data.labels import NTU_ACTIONS, PENN_ACTIONS
from deephar.utils.pose import pa16j2d, pa16j3d, pa20j3d


@dataclass(frozen=True, kw_only=True)
class Variant(Entry):
    """A network of this project's own making; `exp/SCRIPT` trains it."""
    script: str

    @property
    def no_weights(self) -> str:
        """What to say to someone who asks for its weights."""
        return (f"{self.key} was never released: exp/{self.script} trains it; then give "
                "the folder of that run (--weights), or 'random'")


VARIANTS = {variant.key: variant for variant in (
    Variant(
        key="penn_vgg16",
        title="VGG-16 stem, 2D, actions, Penn",
        description=Description("merge", {
            "pose": {"input_shape": PICTURE, "num_joints": 16, "dim": 2,
                     "num_context_per_joint": 2, "num_blocks": 4, "ksize": (5, 5),
                     "stem": "vgg16", "imagenet_input": True},
            "num_actions": len(PENN_ACTIONS), "input_shape": PICTURE, "num_frames": 16,
            "num_joints": 16, "num_blocks": 4, "pose_dim": 2,
            "num_context_per_joint": 2, "pose_net_version": "v1",
        }, pa16j2d, pennaction_ar_dataconf, {"pennaction": PENN_ACTIONS}),
        outputs="actions (15): 4 pose, 4 visual, 1 merged",
        parameters=19_998_784,
        flops=725_361_597_440,
        script="pennaction/train_penn_vgg16.py",
    ),
    Variant(
        key="penn_keypoints3d",
        title="3D key points, actions, Penn",
        description=Description("keypoints3d_action", {
            "pose": {"input_shape": PICTURE, "num_joints": 16, "stacks": 2,
                     "width": 288, "depth_maps": 16, "num_levels": 4},
            "num_actions": len(PENN_ACTIONS), "num_frames": 16,
            "pose_net_version": "v1",
        }, pa16j3d, pennaction_ar_dataconf, {"pennaction": PENN_ACTIONS}),
        outputs="actions (15): 4 pose, 4 visual, 1 merged",
        parameters=9_672_784,
        flops=135_527_152_640,
        script="pennaction/train_penn_keypoints3d.py",
    ),
    Variant(
        key="ntu_keypoints3d",
        title="3D key points, actions, NTU",
        description=Description("keypoints3d_action", {
            "pose": {"input_shape": PICTURE, "num_joints": 20, "stacks": 2,
                     "width": 288, "depth_maps": 16, "num_levels": 4},
            "num_actions": len(NTU_ACTIONS), "num_frames": 20,
            "pose_net_version": "v2",
        }, pa20j3d, ntu_ar_dataconf, {"ntuaction": NTU_ACTIONS}),
        outputs="actions (60): 4 pose, 4 visual, 1 merged",
        parameters=13_432_888,
        flops=173_312_177_840,
        script="ntu/train_ntu_keypoints3d.py",
    ),
)}


def description_of(key: str) -> Description:
    """The network of a published checkpoint, or of a variant."""
    return (VARIANTS[key] if key in VARIANTS else checkpoint(key)).description
