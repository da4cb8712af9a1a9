"""The released files: what they are, where they lie, how they are known.

A checkpoint's entry holds everything that its scores depend on: the network,
the joints, the number of frames and the crops.  weights/README.md is the same
table for people.
"""
from dataclasses import dataclass

from deephar.checkpoints.description import Description, describe_spnet
from deephar.config import (
    ModelConfig, human36m_dataconf, mpii_sp_dataconf, ntu_ar_dataconf, ntu_dataconf,
    pennaction_ar_dataconf, pennaction_dataconf)
from deephar.data import DATASETS
from deephar.data.labels import NTU_ACTIONS, PENN_ACTIONS
from deephar.data.matfile import ANNOTATION_FILE
from deephar.utils.pose import pa16j2d, pa17j3d, pa20j3d

RELEASES = "https://github.com/dluvizon/deephar/releases/download"
DRIVE = "https://drive.usercontent.google.com/download?export=download&confirm=t&id="

_ON_DRIVE = "the file lies on a shared drive and its authors published no checksum"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A network of the tables.

    Args:
        key: its name here.
        title: network and data sets, in few words.
        description: the network, its joints, actions and the crops that its score
            was measured with.
        outputs: what the network gives; SPNet's poses end in the visibility.
        parameters: of the network (a published file also holds constants).
        flops: operations of one picture or clip, see `deephar.models.flops`.
    """
    key: str
    title: str
    description: Description
    outputs: str
    parameters: int
    flops: int


@dataclass(frozen=True, kw_only=True)
class Checkpoint(Entry):
    """A published weight file and the network that it belongs to.

    Args:
        file, url: name and source of the file.
        md5: its published checksum; None with the reason in `no_md5`.
        expected: the published score.
    """
    file: str
    url: str
    md5: str | None
    expected: str
    no_md5: str = ""


@dataclass(frozen=True)
class Annotations:
    """An annotation file of a release; `place` is where data sets look for it.

    An archive is to be unpacked there.
    """
    url: str
    md5: str | None
    place: str


PICTURE = (256, 256, 3)
# What the four files of CVPR'18 have in common.
_RECEPTION = {"input_shape": PICTURE, "ksize": (5, 5), "concat_pose_confidence": False}
_POSE_2D = {**_RECEPTION, "num_joints": 16, "dim": 2, "num_context_per_joint": 2}

CHECKPOINTS = {entry.key: entry for entry in (
    Checkpoint(
        key="mpii_reception2d",
        title="ReceptionNet 2D, MPII",
        description=Description(
            "reception", {**_POSE_2D, "num_blocks": 8}, pa16j2d, mpii_sp_dataconf),
        file="weights_PE_MPII_cvpr18_19-09-2017.h5",
        url=f"{RELEASES}/v0.1/weights_PE_MPII_cvpr18_19-09-2017.h5",
        md5="d6b85ba4b8a3fc9d05c8ad73f763d999",
        outputs="8 poses (16, 2), visibilities (16, 1)",
        parameters=14_746_560,
        flops=19_665_223_680,
        expected="MPII validation, single crop: PCKh@0.5 89.1",
    ),
    Checkpoint(
        key="h36m_reception3d",
        title="ReceptionNet 3D, Human3.6M",
        description=Description("reception", {
            **_RECEPTION, "num_joints": 17, "dim": 3, "num_blocks": 8, "depth_maps": 16,
        }, pa17j3d, human36m_dataconf),
        file="weights_3DPE_H36M_cvpr18_Nov-2017.h5",
        url=f"{RELEASES}/v0.2/weights_3DPE_H36M_cvpr18_Nov-2017.h5",
        md5="af79f83ad939117d4ccc2cf1d4bd37d2",
        outputs="8 poses (17, 3), visibilities (17, 1)",
        parameters=16_681_920,
        flops=23_628_840_960,
        expected="Human3.6M, single crop: MPJPE 55.1 mm (trained on MPII too)",
    ),
    Checkpoint(
        key="penn_merge",
        title="ReceptionNet 2D, actions, Penn",
        description=Description("merge", {
            "pose": {**_POSE_2D, "num_blocks": 4},
            "num_actions": len(PENN_ACTIONS), "input_shape": PICTURE, "num_frames": 16,
            "num_joints": 16, "num_blocks": 4, "pose_dim": 2,
            "num_context_per_joint": 2, "pose_net_version": "v1",
        }, pa16j2d, pennaction_ar_dataconf, {"pennaction": PENN_ACTIONS}),
        file="weights_AR_merge_ep074_26-10-17.h5",
        url=f"{RELEASES}/v0.3/weights_AR_merge_ep074_26-10-17.h5",
        md5="f53f89257077616a79a6c1cd1702d50f",
        outputs="actions (15): 4 pose, 4 visual, 1 merged",
        parameters=12_805_120,
        flops=192_664_017_920,
        expected="PennAction: accuracy 97.4 (estimated boxes)",
    ),
    Checkpoint(
        key="ntu_merge",
        title="ReceptionNet 3D, actions, NTU",
        description=Description("merge", {
            "pose": {**_RECEPTION, "num_joints": 20, "dim": 3, "num_blocks": 4,
                     "depth_maps": 8},
            "num_actions": len(NTU_ACTIONS), "input_shape": PICTURE, "num_frames": 20,
            "num_joints": 20, "num_blocks": 4, "pose_dim": 3, "depth_maps": 8,
            "pose_net_version": "v2",
        }, pa20j3d, ntu_ar_dataconf, {"ntuaction": NTU_ACTIONS}),
        file="weights_AR_merge_NTU_v2.h5",
        url=f"{RELEASES}/v0.4/weights_AR_merge_NTU_v2.h5",
        md5="ff98d70a7f6bc5976cc11c7a5760e8b7",
        outputs="actions (60): 4 pose, 4 visual, 1 merged",
        parameters=16_943_608,
        flops=260_210_579_120,
        expected="NTU cross-subject: accuracy 85.5",
    ),
    Checkpoint(
        key="penn_spnet",
        title="SPNet 2D, actions, MPII + Penn",
        description=describe_spnet(ModelConfig(
            (8, *PICTURE), pa16j2d, num_actions=(len(PENN_ACTIONS),), num_pyramids=6,
            action_pyramids=(5, 6), num_levels=4, pose_replica=True,
            num_pose_features=160, num_visual_features=160,
        ), pennaction_dataconf, {"pennaction": PENN_ACTIONS}),
        file="weights_mpii+penn_ar_028.hdf5",
        url=DRIVE + "106yIhqNN-TrI34SX81q2xbU-NczcQj6I",
        md5=None,
        no_md5=_ON_DRIVE,
        outputs="18 poses (8, 16, 3), 6 actions (15)",
        parameters=20_314_088,
        flops=99_325_353_984,
        expected="published: not verified",
    ),
    Checkpoint(
        key="ntu_spnet",
        title="SPNet 3D, actions, NTU",
        description=describe_spnet(ModelConfig(
            (8, *PICTURE), pa17j3d, num_actions=(len(NTU_ACTIONS),), num_pyramids=2,
            action_pyramids=(1, 2), num_levels=4,
            num_pose_features=192, num_visual_features=192,
        ), ntu_dataconf, {"ntuaction": NTU_ACTIONS}),
        file="weights_3dp+ntu_ar_062.hdf5",
        url=DRIVE + "1I6GftXEkL5nohLA60Vi6faW0rvTZg6Kx",
        md5=None,
        no_md5=_ON_DRIVE,
        outputs="6 poses (8, 17, 4), 6 actions (60)",
        parameters=12_713_752,
        flops=70_580_917_632,
        expected="published: not verified",
    ),
)}


def _place(name: str, file: str) -> str:
    return f"{DATASETS[name].folder}/{file}"


ANNOTATIONS = {
    "mpii_annotations": Annotations(
        f"{RELEASES}/v0.1/mpii_annotations.mat",
        "cc62b1bb855bf4866d19bc0637526930", _place("mpii", ANNOTATION_FILE)),
    "h36m_annotations": Annotations(
        f"{RELEASES}/v0.2/h36m_annotations.mat",
        "4067d52db61737fbebdec850238d87dd", _place("h36m", ANNOTATION_FILE)),
    "penn_annotations": Annotations(
        f"{RELEASES}/v0.3/penn_annotations.mat",
        "b37a2e72c0ba308bd7ad476bc2aa4d33", _place("pennaction", ANNOTATION_FILE)),
    "penn_pred_bboxes": Annotations(
        f"{RELEASES}/v0.3/penn_pred_bboxes_16f.json",
        "30b124a919185cb031b928bc6154fa9b", _place("pennaction", "penn_pred_bboxes_16f.json")),
    # Their authors published no checksums, and no name of the second.
    "penn_pred_bboxes_multitask": Annotations(
        DRIVE + "1qXpEKF0d9KxmQdd2_QSIA1c3WGj1D3Y3", None,
        _place("pennaction", "penn_pred_bboxes_multitask.json")),
    "ntu_annotations": Annotations(
        DRIVE + "1eTJPb8q2XCRK8NEC4h17p17JW2DDNwjG", None,
        _place("ntu", "nturgb+d_numpy.archive")),
}


def checkpoint(key: str) -> Checkpoint:
    """The entry of a published checkpoint.

    Raises:
        KeyError: there is no such entry; names those there are.
    """
    if key not in CHECKPOINTS:
        raise KeyError(f"no published checkpoint is called {key!r}; "
                       f"there are {', '.join(CHECKPOINTS)}")
    return CHECKPOINTS[key]
