"""2D poses of single people: PCKh on MPII."""
import logging
from typing import Any, Callable, Sequence

import numpy as np

from deephar import measures
from deephar.config import DataConfig
from deephar.evaluation.crops import (
    crop_settings, poses_in_picture, true_pose_in_picture)
from deephar.evaluation.loop import Rows, Trial, spread
from deephar.evaluation.report import Score
from deephar.networks.network import pose_blocks
from deephar.networks.predict import joint_map, predict_all
from deephar.utils.pose import PoseLayout, pa16j2d
from deephar.utils.transform import transform_pose_sequence

log = logging.getLogger(__name__)

CROP_SHIFT = (10, 10)       # 5 % of the side of a window, in 200ths of it


def eval_singleperson_pckh(
        model: Any, fval: np.ndarray, pval: np.ndarray, afmat_val: np.ndarray,
        headsize_val: np.ndarray, win: np.ndarray | None = None, batch_size: int = 8,
        refp: float = 0.5, map_to_pa16j: Sequence[int] | None = None,
        pred_per_block: int = 1, verbose: int = 1) -> list[float]:
    """PCKh of arrays that are in memory; `pckh_trial` streams a data set.

    Args:
        model: a pose network of pictures or of clips.
        fval: `(N, H, W, C)`; a network of clips gets them T at a time.
        pval: `(N, J, 3)`, true poses in the crop and visibilities.
        afmat_val: `(N, 3, 3)`, from the picture to the crop.
        headsize_val: `(N, 1)` in pixels of the picture.
        win: a second input of the network.
        batch_size: of the prediction.
        refp: threshold in head sizes.
        map_to_pa16j: for each joint of `pa16j2d`, its index in the poses.
        pred_per_block: outputs per block, the pose first.
        verbose: log the scores.

    Returns:
        one fraction per block.
    """
    inputs = [_as_clips(x, model) for x in ((fval,) if win is None else (fval, win))]
    outputs = predict_all(model, inputs[0] if win is None else inputs, batch_size)
    joints = slice(None) if map_to_pa16j is None else list(map_to_pa16j)
    y_true = true_pose_in_picture(np.asarray(pval), afmat_val, 2)[:, joints]
    scores = []
    for pose in outputs[::pred_per_block]:
        pose = pose.reshape((-1,) + pose.shape[-2:])[:len(fval), joints, :2]
        y_pred = transform_pose_sequence(afmat_val, pose, inverse=True)
        scores.append(measures.pckh(y_true, y_pred, headsize_val, refp))
    if verbose:
        log.info("PCKh@%g per block (%%): %s", refp,
                 " ".join(f"{100 * score:.1f}" for score in scores))
        _log_joints(measures.pckh_per_joint(y_true, y_pred, headsize_val, refp=refp))
    return scores


def pckh_trial(dataset: Any, mode: int, dataconf: DataConfig, layout: PoseLayout,
               **options) -> Trial:
    """The people of `dataset`, an `MpiiSinglePerson`, with their true poses.

    Args:
        dataset: gives pose (of `pa16j2d`), afmat and headsize.
        options: see `pose_trial`.
    """
    def truth(first):
        head = np.ravel(first["headsize"])[0]
        if not head > 0:
            raise ValueError(f"the head size must be > 0, got {head}")
        return {"true_px": true_pose_in_picture(first["pose"], first["afmat"], 2),
                "head_size": head}

    return pose_trial(dataset, mode, dataconf, layout, truth=truth, **options)


def pose_trial(dataset: Any, mode: int, dataconf: DataConfig, layout: PoseLayout, *,
               count: int | None = None, multi_crop: bool = False, flip: bool = False,
               truth: Callable[[dict], dict] = lambda first: {}, name: str = "mpii") -> Trial:
    """The people of a data set, a picture each.

    Args:
        dataset: gives frame and afmat.
        mode: the split.
        dataconf: the settings of the plain crop.
        layout: the network's joints.
        count: only so many, evenly spread over the split.
        multi_crop: five crops instead of one.
        flip: also mirror each crop.
        truth: of the plain crop's data to further columns.
        name: of the trial.
    """
    settings = crop_settings(dataconf, shift=CROP_SHIFT if multi_crop else None,
                             flip=flip)
    joints = joint_map(layout)

    def reduce(sample, views, outputs):
        poses, visibility = zip(*pose_blocks(outputs, layout.dim))
        # (V, K, J, D): crops, blocks
        crops = np.stack([pose[..., :2] for pose in poses], axis=1)
        return {
            "pose_px": poses_in_picture(crops, [view["afmat"] for view in views], settings,
                                        layout)[:, joints].astype(np.float32),
            "visibility": visibility[-1][0][joints].astype(np.float32), **truth(views[0])}

    chosen = spread(dataset.get_length(mode), count)
    return Trial(
        name=name, samples=[str(i) for i in chosen],
        views=lambda sample: settings,
        read=lambda sample, view: dataset.get_data(
            chosen[sample], mode, augmentation=view),
        reduce=reduce)


def pckh_score(rows: Rows, *, protocol: dict, paper: Sequence[str] = ()) -> Score:
    """PCKh@0.5 in per cent, per block and per joint, with PCKh@0.2 and the AUC."""
    score = Score("PCKh@0.5", "%", None, samples=rows.total, evaluated=len(rows),
                  missing=rows.missing, protocol=protocol, paper=paper,
                  notes=["pelvis and thorax count for themselves only, as published"])
    if not len(rows):
        return score
    true, pred, head = rows["true_px"], rows["pose_px"], rows["head_size"]
    score.blocks = [100 * measures.pckh(true, pred[:, block], head)
                    for block in range(pred.shape[1])]
    last = pred[:, -1]
    score.value = score.blocks[-1]
    joints = measures.pckh_per_joint(true, last, head, pa16j2d)
    score.parts = dict(zip(pa16j2d.joint_names, 100 * joints))
    score.extras = {"PCKh@0.2": 100 * measures.pckh(true, last, head, 0.2),
                    "AUC": 100 * measures.pckh_auc(true, last, head)}
    return score


def sample_errors(rows: Rows) -> np.ndarray:
    """Mean error of each evaluated sample in head sizes; NaN without a valid joint."""
    true = rows["true_px"]
    distances = measures.joint_distances(true, rows["pose_px"][:, -1])
    valid = measures.valid_joints(true)
    count = np.where(valid.any(1), valid.sum(1), np.nan)
    return (distances * valid).sum(1) / count / rows["head_size"]


def _as_clips(frames: np.ndarray, model: Any) -> np.ndarray:
    """Pictures as a network of clips takes them, the last clip filled up."""
    if len(model.input_shape) != 5 or frames.ndim == 5:
        return frames
    num_frames = model.input_shape[1]
    rest = -len(frames) % num_frames
    frames = np.concatenate([frames, np.repeat(frames[-1:], rest, axis=0)])
    return frames.reshape((-1, num_frames) + frames.shape[1:])


def _log_joints(scores: np.ndarray) -> None:
    names = (pa16j2d.joint_names if len(scores) == pa16j2d.num_joints
             else [f"joint {j}" for j in range(len(scores))])
    log.info("per joint, last block (%%): %s", ", ".join(
        f"{name} {100 * score:.1f}" for name, score in zip(names, scores)))
