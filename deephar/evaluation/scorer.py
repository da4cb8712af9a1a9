"""What a network scores: PCKh in pictures and accuracy in clips, whatever runs it.

The quickstart, the comparison of variants, the bench and the end of an epoch
ask here; the evaluation scripts, which resume and plot, have
`deephar.evaluation.protocols`.
"""
from dataclasses import dataclass
from typing import Any, Sequence

import numpy as np

from deephar.config import DataConfig
from deephar.data import MpiiSinglePerson, PennAction
from deephar.data.labels import PENN_ACTIONS
from deephar.data.locate import locate
from deephar.evaluation.action import action_scores, action_trial
from deephar.evaluation.loop import Predict, Rows, Trial, spread
from deephar.evaluation.mpii import pckh_score, pckh_trial
from deephar.evaluation.report import Score
from deephar.evaluation.workers import evaluate_together
from deephar.networks.cut import actions_only, poses_only
from deephar.networks.network import Network
from deephar.networks.predict import frame_predictor, predictor
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import PoseLayout

ACTIONS = "pennaction"
PICTURES, CLIPS = 32, 4         # of a batch


@dataclass(frozen=True)
class People:
    """The data sets to train or to test with.

    Args:
        mpii: pictures, for the poses.
        penn: videos, for the actions; None if the network does not tell them.
    """
    mpii: MpiiSinglePerson
    penn: PennAction | None


def open_people(network: Network, data: str) -> People:
    """The people for `network`, in its crops.

    Args:
        data: as of `locate`: a folder that holds MPII/ and, for networks with
            Penn Action's classes, PennAction/; or "synthetic".
    """
    penn = None
    if tuple(network.actions.get(ACTIONS, ())) == tuple(PENN_ACTIONS):
        penn = PennAction(locate(data, "pennaction"), network.dataconf, use_gt_bbox=True,
                          clip_size=network.num_frames)
    return People(MpiiSinglePerson(locate(data, "mpii"), network.dataconf), penn)


def score(network: Network, people: People) -> list[Score]:
    """PCKh of unseen pictures, and the accuracy of unseen clips.

    No accuracy for a network that was cut before its actions.
    """
    scores = [pckh(frame_predictor(poses_only(network), PICTURES), people.mpii,
                   network.dataconf, network.layout)]
    if people.penn and ACTIONS in network.actions:
        classes = actions_only(network, len(PENN_ACTIONS))
        names = classes.output_names if network.is_merge else ()
        scores.append(accuracy(predictor(classes, CLIPS), people.penn, network.frame_step,
                               block_names=names))
    return scores


def pckh(predict: Predict, dataset: Any, dataconf: DataConfig, layout: PoseLayout, *,
         mode: int = VALID_MODE, count: int = 0, batch_size: int = PICTURES,
         who: str = "the network") -> Score:
    """PCKh@0.5 of what `predict` says of the people of an `MpiiSinglePerson`."""
    rows = rows_of(pckh_trial(dataset, mode, dataconf, layout, count=count), predict,
                   batch_size)
    return pckh_score(rows, protocol={
        "predicted by": who, "split": "validation, unseen people",
        "boxes": "annotated centre and scale", "crops": "single"})


def accuracy(predict: Predict, dataset: Any, frame_step: int, *, mode: int = TEST_MODE,
             count: int = 0, batch_size: int = CLIPS, who: str = "the network",
             labels: Sequence[str] = PENN_ACTIONS, block_names: Sequence[str] = ()
             ) -> Score:
    """Single-clip accuracy of what `predict` says of videos, as the paper's first row."""
    rows = rows_of(action_trial(dataset, mode, frame_step, multi_clip=False, count=count),
                   predict, batch_size)
    return action_scores(rows, labels, block_names=block_names, protocol={
        "predicted by": who, "split": "test, unseen people", "boxes": "ground truth",
        "clips": f"{dataset.clip_length()} frames, step {frame_step}"})[0]


def rows_of(trial: Trial, predict: Predict, batch_size: int) -> Rows:
    """The rows of a whole trial.

    Raises:
        RuntimeError: no sample could be scored.
    """
    rows = evaluate_together(trial, predict, batch_size=batch_size)
    if not len(rows):
        raise RuntimeError(f"{trial.name}: none of {rows.total} samples could be "
                           f"scored, e.g. {next(iter(rows.missing.items()), '')}")
    return rows


def inputs(network: Network, people: People, count: int) -> np.ndarray:
    """`count` inputs from the training split, as the network takes them, (N, ...)."""
    dataset = people.penn or people.mpii
    frames = 1 if people.penn else network.num_frames or 1
    fixed = network.dataconf.get_fixed_config()
    chosen = spread(dataset.get_length(TRAIN_MODE), count * frames)
    crops = np.stack([dataset.get_data(chosen[i % len(chosen)], TRAIN_MODE,
                                       augmentation=fixed)["frame"]
                      for i in range(count * frames)])
    return crops.reshape((count,) + tuple(network.model.input_shape[1:]))
