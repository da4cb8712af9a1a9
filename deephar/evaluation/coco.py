"""Key points as COCO measures them: their likeness (OKS), precision and recall.

Precision and recall are those of COCO's own tool, `pycocotools`.
"""
import contextlib
import io
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from deephar.config import DataConfig
from deephar.data.coco import COCO_JOINTS
from deephar.evaluation.crops import true_pose_in_picture
from deephar.evaluation.loop import Rows, Trial
from deephar.evaluation.mpii import pose_trial
from deephar.networks.predict import joint_map
from deephar.utils.files import read_json
from deephar.utils.oks import similarity, spread_of
from deephar.utils.pose import PoseLayout, get_valid_joints, pa16j2d

BODY = COCO_JOINTS[5:]              # those that the layouts have
FOUND = 0.5                         # OKS from which on somebody is found
NAMES = ("AP", "AP50", "AP75", "AP medium", "AP large",
         "AR", "AR50", "AR75", "AR medium", "AR large")


def oks_trial(dataset: Any, mode: int, dataconf: DataConfig, layout: PoseLayout,
              **options) -> Trial:
    """The people of `dataset`, a `CocoKeypoints`, in their boxes, with their true poses.

    Args:
        options: see `pose_trial`.
    """
    joints = joint_map(dataset.poselayout)

    def truth(first):
        pose = true_pose_in_picture(first["pose"], first["afmat"], 2)[joints]
        return {"true_px": np.where(get_valid_joints(pose)[:, None], pose, np.nan),
                "area": first["area"]}

    return pose_trial(dataset, mode, dataconf, layout, truth=truth, name="coco", **options)


def mean_oks(rows: Rows) -> float:
    """Mean OKS in per cent of the last block."""
    return 100 * float(np.mean(similarity(
        rows["true_px"], rows["pose_px"][:, -1], rows["area"],
        spread_of(pa16j2d.joint_names))))


def oks_scores(annotations: str | Path, results: Sequence[Mapping],
               joints: Sequence[str] = BODY, images: Sequence[int] | None = None
               ) -> dict[str, float]:
    """What COCO's tool says of key-point results, as fractions, and how many were found.

    Crowds are regions in which nothing counts, and people without a joint count neither
    as found nor as missed.

    Args:
        annotations: COCO's key-point file.
        results: COCO's list: image_id, category_id, keypoints (51), score.
        joints: those that are compared.
        images: numbers of those that count; None: all of the file.

    Returns:
        `NAMES`, and people, found, false: numbers of people, of those with an OKS of
        `FOUND`, and of results that are nobody.
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise ImportError("COCO's scores need pycocotools: pip install 'deephar[coco]'"
                          ) from error
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = _without(read_json(Path(annotations)), joints)
        truth.createIndex()
        found = truth.loadRes(list(results)) if results else COCO()
        tool = COCOeval(truth, found, "keypoints")
        tool.params.imgIds = sorted(truth.imgs if images is None else images)
        tool.evaluate()
        tool.accumulate()
        tool.summarize()
    scores = dict(zip(NAMES, (float(value) for value in tool.stats)))
    return scores | _counts(tool)


def _without(content: Mapping, joints: Sequence[str]) -> dict:
    """The annotations with those joints alone."""
    keep = np.repeat([name in joints for name in COCO_JOINTS], 3)
    annotations = []
    for one in content["annotations"]:
        points = np.where(keep, one.get("keypoints") or np.zeros(keep.size), 0)
        count = int((points[2::3] > 0).sum())
        annotations.append({**one, "keypoints": points.tolist(), "num_keypoints": count})
    return {**content, "annotations": annotations}


def _counts(tool) -> dict[str, int]:
    """People, found ones and false results at an OKS of `FOUND`, of any size."""
    counts = {"people": 0, "found": 0, "false": 0}
    level = int(np.flatnonzero(np.isclose(tool.params.iouThrs, FOUND))[0])
    for image in tool.evalImgs[:len(tool.params.imgIds)]:      # any size comes first
        if image is None:
            continue
        counted = ~np.asarray(image["gtIgnore"], bool)
        counts["people"] += int(counted.sum())
        counts["found"] += int((image["gtMatches"][level] > 0)[counted].sum())
        free = ~np.asarray(image["dtIgnore"][level], bool)
        counts["false"] += int((image["dtMatches"][level] == 0)[free].sum())
    return counts
