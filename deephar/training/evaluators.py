"""Scores after an epoch: the protocols of `deephar.evaluation` on a live model.

Each function returns what `EvalCallback` takes: a function of the model.
"""
import functools
from typing import Any, Callable, Mapping

import keras

from deephar.config import DataConfig
from deephar.evaluation.action import action_trial
from deephar.evaluation.human36m import mpjpe_score, mpjpe_trial
from deephar.evaluation.loop import Predict, Rows, Trial, evaluate
from deephar.evaluation.mpii import pckh_score, pckh_trial
from deephar.evaluation.networks import Network, action_part, pose_part
from deephar.measures import accuracy
from deephar.networks.predict import frame_predictor, predictor
from deephar.utils.pose import PoseLayout

Score = Callable[[keras.Model], Mapping[str, float]]


def pckh_of(dataset: Any, mode: int, dataconf: DataConfig, layout: PoseLayout, *,
            count: int = 0, batch_size: int = 8) -> Score:
    """{"pckh": per cent of the last block} on people of an `MpiiSinglePerson`."""
    trial = pckh_trial(dataset, mode, dataconf, layout, count=count)
    return _score(trial, _pose_predictor(layout, dataconf, batch_size), batch_size,
                  lambda rows: {"pckh": pckh_score(rows, protocol={}).value})


def mpjpe_of(dataset: Any, mode: int, dataconf: DataConfig, layout: PoseLayout, *,
             count: int = 0, batch_size: int = 8) -> Score:
    """{"mpjpe": mm of the last block} on frames of a `Human36M`."""
    trial = mpjpe_trial(dataset, mode, dataconf, layout, count=count)
    return _score(trial, _pose_predictor(layout, dataconf, batch_size), batch_size,
                  lambda rows: {"mpjpe": mpjpe_score(rows, protocol={}).value})


def accuracy_of(dataset: Any, mode: int, dataconf: DataConfig, num_actions: int, *,
                count: int = 0, batch_size: int = 4) -> Score:
    """{"accuracy": per cent of the last block} on single clips of videos."""
    trial = action_trial(dataset, mode, dataconf.fixed_subsampling, multi_clip=False,
                         count=count)

    @functools.cache        # a model is traced once, not after every epoch
    def predict_with(model: keras.Model) -> Predict:
        network = Network(model, dataset.poselayout, dataconf, None, {})
        return predictor(action_part(network, num_actions), batch_size)

    return _score(trial, predict_with, batch_size, lambda rows: {
        "accuracy": 100 * accuracy(rows["label"], rows["single"][:, -1])})


def _pose_predictor(layout, dataconf, batch_size) -> Callable[[keras.Model], Predict]:
    @functools.cache
    def predict_with(model: keras.Model) -> Predict:
        return frame_predictor(pose_part(Network(model, layout, dataconf, None, {})),
                               batch_size)
    return predict_with


def _score(trial: Trial, predict_with: Callable[[keras.Model], Predict], batch_size: int,
           of_rows: Callable[[Rows], Mapping[str, float]]) -> Score:
    def score(model: keras.Model) -> Mapping[str, float]:
        rows = evaluate(trial, predict_with(model), batch_size=batch_size)
        if not len(rows):
            raise RuntimeError(f"{trial.name}: none of {rows.total} samples could be "
                               f"scored, e.g. {next(iter(rows.missing.items()), '')}")
        return of_rows(rows)
    return score
