"""The published rows that an evaluation is set beside.

Only what could be checked against the papers has a number.  A row whose
`value` is None is printed as "not verified".
"""
from dataclasses import dataclass, field
from typing import Mapping

from deephar.data.labels import H36M_COLUMNS
from deephar.evaluation import lifting_tables

# 2D/3D Pose Estimation and Action Recognition using Multitask Deep Learning
CVPR18 = "Luvizon, Picard, Tabia, CVPR 2018"
# Multi-task Deep Learning for Real-Time 3D Human Pose Estimation and Action
# Recognition
TPAMI20 = "Luvizon, Picard, Tabia, TPAMI 2020"
ICPR20 = "Tang et al., ICPR 2020"
BOTH = "Human3.6M and MPII"
THEIR_NETWORK = "of their network, whose sizes are not known; ours is a reading of the text"


@dataclass(frozen=True)
class PaperRow:
    """One published row, and how to measure ours.

    Args:
        title: data set and protocol in a few words.
        metric, unit: of `value` and `parts`.
        source: the paper.
        value: the row's headline; None if it could not be verified.
        parts: the row's columns, per action or joint.
        extras: other published numbers of the same run, by metric.
        script: path under `exp/`.
        flags: of the script, for the row's protocol.
        checkpoint: key of `CHECKPOINTS` of the file that made the row, if released.
        training: keys of `TRAININGS`: the network, if none was released, and the one
            that it is set beside.
        data: keys of `DATASETS`, or "keypoints" for the files of docs/lifting.md.
        note: what a reader must know to compare.
        why_not: why nobody can measure the row: what was never published.
    """
    title: str
    metric: str
    unit: str
    source: str
    value: float | None = None
    parts: Mapping[str, float] = field(default_factory=dict)
    extras: Mapping[str, float] = field(default_factory=dict)
    script: str = ""
    flags: tuple[str, ...] = ()
    checkpoint: str = ""
    training: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    note: str = ""
    why_not: str = ""


def _h36m(training: str, crops: str, value: float, *parts: float) -> PaperRow:
    network = (dict(checkpoint="h36m_reception3d") if training == BOTH
               else dict(training=("h36m-only",)))
    return PaperRow(
        title=f"Human3.6M, trained on {training}, {crops}", metric="MPJPE", unit="mm",
        source=CVPR18, value=value, parts=dict(zip(H36M_COLUMNS, parts, strict=True)),
        script="h36m/eval_h36m.py", data=("h36m",), **network,
        flags=("--multi-crop",) if crops == "multi-crop" else (),
        note="ground-truth root depth and camera; the paper scored one frame in 60, the "
             "published annotations hold one in 64: single actions differ, the mean agrees")


IMAGES_AND_CLIPS = {
    "mpii-val": PaperRow(
        "MPII, validation, single crop", "PCKh@0.5", "%", CVPR18, 89.1,
        script="mpii/eval_mpii_singleperson.py", checkpoint="mpii_reception2d",
        data=("mpii",)),
    "mpii-test": PaperRow(
        "MPII, test, multi-crop and flip", "PCKh@0.5", "%", CVPR18, 91.2,
        extras={"PCKh@0.2": 67.7, "AUC": 63.9},
        script="mpii/predict_mpii_test.py", checkpoint="mpii_reception2d", data=("mpii",),
        why_not="the owners keep the test annotations: the row's script writes the file of "
                "predictions that their evaluation takes"),
    "h36m": _h36m(
        "Human3.6M only", "single crop", 67.3, 64.1, 66.3, 59.4, 61.9, 64.4, 77.8,
        59.6, 66.1, 78.4, 102.1, 67.4, 59.3, 69.7, 51.5, 60.1),
    "h36m-multicrop": _h36m(
        "Human3.6M only", "multi-crop", 63.8, 61.7, 63.5, 56.1, 60.1, 60.0, 73.3,
        57.6, 64.6, 75.1, 95.4, 63.4, 57.0, 66.8, 48.2, 55.1),
    "h36m-mpii": _h36m(
        BOTH, "single crop", 55.1, 51.5, 53.4, 49.0, 52.5, 53.9, 61.9,
        50.3, 54.4, 63.6, 73.5, 55.3, 50.1, 60.2, 46.0, 51.0),
    "h36m-mpii-multicrop": _h36m(
        BOTH, "multi-crop", 53.2, 49.2, 51.6, 47.6, 50.5, 51.8, 60.3,
        48.5, 51.7, 61.5, 70.9, 53.7, 48.9, 57.9, 44.4, 48.9),
    "penn": PaperRow(
        "Penn Action, estimated boxes and poses", "accuracy", "%", CVPR18, 97.4,
        script="pennaction/eval_penn_ar_pe_merge.py", flags=("--boxes", "predicted"),
        checkpoint="penn_merge", data=("pennaction",)),
    "penn-gt": PaperRow(
        "Penn Action, annotated boxes", "accuracy", "%", CVPR18, 98.6,
        script="pennaction/eval_penn_ar_pe_merge.py", flags=("--boxes", "gt"),
        checkpoint="penn_merge", data=("pennaction",),
        note="the paper very likely, not surely, means annotated boxes"),
    "ntu": PaperRow(
        "NTU RGB+D, cross-subject", "accuracy", "%", CVPR18, 85.5,
        script="ntu/eval_ntu_ar_pe_merge.py", checkpoint="ntu_merge", data=("ntu",)),
    "penn-spnet": PaperRow(
        "Penn Action, SPNet", "accuracy", "%", TPAMI20,
        script="pennaction/eval_penn_multitask.py", checkpoint="penn_spnet",
        flags=("--boxes", "predicted"), data=("pennaction", "mpii")),
    "ntu-spnet": PaperRow(
        "NTU RGB+D, SPNet", "accuracy", "%", TPAMI20,
        script="ntu/eval_ntu_multitask.py", checkpoint="ntu_spnet",
        data=("ntu", "h36m")),
    "penn-keypoints3d": PaperRow(
        "Penn Action, 3D key points", "accuracy", "%", ICPR20, 98.1,
        script="pennaction/eval_penn_keypoints3d.py", training=("penn-keypoints3d",),
        data=("pennaction", "mpii"),
        note=THEIR_NETWORK),
    "ntu-keypoints3d": PaperRow(
        "NTU RGB+D, 3D key points", "accuracy", "%", ICPR20, 87.6,
        script="ntu/eval_ntu_keypoints3d.py", training=("ntu-keypoints3d",), data=("ntu",),
        note=f"the protocol is not named; {THEIR_NETWORK}"),
    "speed": PaperRow(
        "SPNet, frames per second", "speed", "frames/s", TPAMI20,
        script="pennaction/eval_speed2d.py", data=("pennaction",),
        note="any weights are as quick; depends on the machine: compare runs of one machine only"),
}

# === Lifting: 2D to 3D ===

LIFTING = {key: PaperRow(**row) for key, row in lifting_tables.ROWS.items()}

PAPER_TABLES: dict[str, PaperRow] = {**IMAGES_AND_CLIPS, **LIFTING}

# Networks that were never released: the script that trains each, and its flags.
TRAININGS: dict[str, tuple[str, ...]] = {
    "h36m-only": ("h36m/train_h36m_mpii.py", "--shares", "24", "0"),
    "penn-keypoints3d": ("pennaction/train_penn_keypoints3d.py",),
    "ntu-keypoints3d": ("ntu/train_ntu_keypoints3d.py",),
    **lifting_tables.TRAININGS,
}
