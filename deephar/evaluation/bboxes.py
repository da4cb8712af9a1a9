"""Boxes of people from predicted poses: the first pass of a two-pass evaluation.

A pose network sees the whole first, middle and last picture of a clip; the
box that encloses the three poses crops the clip for the action network.
"""
import json
import logging
from typing import Any, Callable, Mapping, Sequence

import numpy as np

from deephar.evaluation.action import CENTRE, centre_clip, clip_key, numbered_clips
from deephar.evaluation.loop import Rows, Trial, evaluate, spread
from deephar.networks.network import pose_blocks
from deephar.networks.predict import frame_predictor
from deephar.utils.bbox import GT_WINDOW, enclosing, get_valid_bbox
from deephar.utils.transform import transform_pose_sequence

log = logging.getLogger(__name__)


def get_bbox_from_poses(poses: np.ndarray, afmat: np.ndarray | None = None,
                        scale: float = GT_WINDOW) -> np.ndarray:
    """The box that encloses those of several poses of one person.

    Each pose has the square around its joints of probability 0.5 or more
    (around all of them if there is none), enlarged by `scale`.

    Args:
        poses: `(T, J, 3)` or `(J, 3)`: x, y, probability.
        afmat: `(3, 3)` or `(T, 3, 3)`, from the picture to the poses'
            coordinates; None if they are in the picture.
        scale: size of a square relative to the pose.

    Returns:
        `(4,)`: x1, y1, x2, y2 in the picture.
    """
    poses = np.asarray(poses, float)
    poses = poses[None] if poses.ndim == 2 else poses
    if afmat is not None:
        poses = transform_pose_sequence(afmat, poses, inverse=True)
    boxes = []
    for pose in poses:
        sure = pose[:, 2] if (pose[:, 2] >= 0.5).any() else None
        boxes.append(get_valid_bbox(pose[:, :2], sure, scale, square=True))
    return enclosing(boxes)


def predict_frame_bboxes(model: Any, dataset: Any, mode: int, batch_size: int = 8,
                         verbose: int = 1) -> dict[str, list[float]]:
    """A box for every picture of the videos of a split.

    Args:
        model: a pose network of pictures or clips.
        dataset: a `PennAction` or `Ntu` of topology "sequences" that crops
            the whole picture.
        mode: the split.
        batch_size: pictures per batch.
        verbose: log the number of boxes.

    Returns:
        "SEQ.FRAME", both from 0, to [x1, y1, x2, y2].

    Raises:
        RuntimeError: a picture could not be read.
    """
    trial = box_trial(dataset, mode, frame_keys(dataset, mode))
    rows = evaluate(trial, frame_predictor(model, batch_size), batch_size=batch_size)
    if rows.missing:
        raise RuntimeError(f"no boxes for {len(rows.missing)} of {rows.total} videos, "
                           "the first is %s: %s" % next(iter(rows.missing.items())))
    boxes = boxes_of(rows)
    if verbose:
        log.info("%d boxes in %d videos", len(boxes), rows.total)
    return boxes


def frame_keys(dataset: Any, mode: int) -> Callable[[int], dict[str, list[int]]]:
    """For `box_trial`: a box for every picture, called "SEQ.FRAME"."""
    return lambda video: {f"{video}.{frame}": [frame]
                          for frame in range(dataset.get_num_frames(video, mode))}


def clip_keys(dataset: Any, mode: int, subsampling: int, *, multi_clip: bool = True
              ) -> Callable[[int], dict[str, list[int]]]:
    """For `box_trial`: a box for every test clip, called "VVVV.S.CCC.F".

    Mirrored clips have the same box, which lies in the picture as it is.
    """
    def keys(video):
        clips = [(CENTRE, centre_clip(dataset, video, mode, subsampling))]
        if multi_clip:
            clips += numbered_clips(dataset, video, mode, subsampling)
        return {clip_key(video, subsampling, clip, hflip):
                [frames[0], frames[len(frames) // 2], frames[-1]]
                for clip, frames in clips for hflip in (0, 1)}
    return keys


def box_trial(dataset: Any, mode: int, keys: Callable[[int], Mapping[str, Sequence[int]]],
              *, name: str = "boxes", count: int | None = None) -> Trial:
    """Boxes in the videos of `dataset`; every picture is looked at once.

    Args:
        dataset: a `PennAction` or `Ntu` of topology "sequences" that crops
            the whole picture.
        mode: the split.
        keys: video to the name of each box and the pictures it is made of.
        name: of the trial.
        count: only so many videos, evenly spread over the split.
    """
    chosen = spread(dataset.get_length(mode), count)
    settings = dataset.dataconf.get_fixed_config()
    dim = dataset.poselayout.dim

    def pictures(sample):
        return sorted({f for frames in keys(chosen[sample]).values() for f in frames})

    def read(sample, frame):
        data = dataset.get_data(chosen[sample], mode, frame_list=[frame],
                                augmentation=settings)
        return {"frame": data["frame"][0], "afmat": data["afmat"], "number": frame}

    def reduce(sample, views, outputs):
        pose, probability = pose_blocks(outputs, dim)[-1]
        poses = {view["number"]: transform_pose_sequence(
                     view["afmat"], np.c_[pose[i, :, :2], probability[i]], inverse=True)
                 for i, view in enumerate(views)}
        boxes = {key: get_bbox_from_poses([poses[f] for f in frames]).round(1).tolist()
                 for key, frames in keys(chosen[sample]).items()}
        return {"boxes": json.dumps(boxes)}

    return Trial(name=name, samples=[str(i) for i in chosen], views=pictures,
                 read=read, reduce=reduce)


def boxes_of(rows: Rows) -> dict[str, list[float]]:
    """All boxes of a `box_trial`, by name."""
    return {key: box for text in rows.columns.get("boxes", ())
            for key, box in json.loads(str(text)).items()}
