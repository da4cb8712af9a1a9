"""Scores after an epoch: the protocols of `deephar.evaluation` on a live model.

Each function returns what `EvalCallback` takes: a function of the model, which can also
draw a few samples.
"""
import functools
from typing import Any, Callable

import keras

from deephar.config import DataConfig
from deephar.evaluation import scorer
from deephar.evaluation.coco import mean_oks, oks_trial
from deephar.evaluation.human36m import mpjpe_score, mpjpe_trial
from deephar.evaluation.loop import Predict
from deephar.networks.cut import actions_only, poses_only
from deephar.networks.network import Network
from deephar.networks.predict import frame_predictor, predictor
from deephar.training.samples import Drawn, action_samples, pose_samples
from deephar.utils.pose import PoseLayout

PICTURES, CLIPS = 8, 4          # of a batch


def pckh_of(dataset: Any, mode: int, dataconf: DataConfig, layout: PoseLayout, *,
            count: int = 0, batch_size: int = PICTURES) -> Drawn:
    """{"pckh": per cent of the last block} on people of an `MpiiSinglePerson`."""
    return _of_poses("pckh", lambda predict: scorer.pckh(
        predict, dataset, dataconf, layout, mode=mode, count=count,
        batch_size=batch_size).value, dataset, mode, dataconf, layout, batch_size)


def oks_of(dataset: Any, mode: int, dataconf: DataConfig, layout: PoseLayout, *,
           count: int = 0) -> Drawn:
    """{"oks": mean likeness in per cent of the last block} on people of COCO's key points."""
    trial = oks_trial(dataset, mode, dataconf, layout, count=count)
    return _of_poses("oks", lambda predict: mean_oks(scorer.rows_of(
        trial, predict, PICTURES)), dataset, mode, dataconf, layout)


def mpjpe_of(dataset: Any, mode: int, dataconf: DataConfig, layout: PoseLayout, *,
             count: int = 0) -> Drawn:
    """{"mpjpe": mm of the last block} on frames of a `Human36M`."""
    trial = mpjpe_trial(dataset, mode, dataconf, layout, count=count)
    return _of_poses("mpjpe", lambda predict: mpjpe_score(scorer.rows_of(
        trial, predict, PICTURES), protocol={}).value, dataset, mode, dataconf, layout)


def accuracy_of(dataset: Any, mode: int, dataconf: DataConfig, num_actions: int, *,
                count: int = 0) -> Drawn:
    """{"accuracy": per cent of the last block} on single clips of videos."""
    @functools.cache        # a model is traced once, not after every epoch
    def predict_with(model: keras.Model) -> Predict:
        return predictor(actions_only(Network(model, dataset.poselayout), num_actions), CLIPS)

    return Drawn(
        lambda model: {"accuracy": scorer.accuracy(
            predict_with(model), dataset, dataconf.fixed_subsampling, mode=mode,
            count=count, batch_size=CLIPS,
            labels=[str(i) for i in range(num_actions)]).value},
        action_samples(predict_with, dataset, mode, dataconf, num_actions, CLIPS))


def _of_poses(name: str, value: Callable[[Predict], float], dataset: Any, mode: int,
              dataconf: DataConfig, layout: PoseLayout, batch_size: int = PICTURES) -> Drawn:
    """A score of the poses, by `value`, and drawn samples of them."""
    @functools.cache        # a model is traced once, not after every epoch
    def predict_with(model: keras.Model) -> Predict:
        return frame_predictor(poses_only(Network(model, layout)), batch_size)

    return Drawn(lambda model: {name: value(predict_with(model))},
                 pose_samples(predict_with, dataset, mode, dataconf, layout, batch_size))
