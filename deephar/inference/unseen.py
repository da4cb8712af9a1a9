"""What a network scores on people that it has not seen, whatever runs it."""
from dataclasses import dataclass
from typing import Sequence

import numpy as np

from deephar.config import DataConfig
from deephar.data import MpiiSinglePerson, PennAction
from deephar.data.labels import PENN_ACTIONS
from deephar.data.locate import locate
from deephar.evaluation.action import action_scores, action_trial
from deephar.evaluation.loop import evaluate, spread
from deephar.evaluation.mpii import pckh_score, pckh_trial
from deephar.networks.network import Network, clip_function, poses_only
from deephar.networks.predict import frame_predictor
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE

ACTIONS = "pennaction"
PICTURES, CLIPS = 32, 4         # of a batch


@dataclass(frozen=True)
class People:
    """Data sets in the crops of a network.

    Args:
        mpii: pictures, for the poses.
        penn: videos, for the actions; None if the network does not tell them.
        crops: of both.
    """
    mpii: MpiiSinglePerson
    penn: PennAction | None
    crops: DataConfig


def open_people(network: Network, data: str) -> People:
    """The people for `network`.

    Args:
        data: as of `locate`: a folder that holds MPII/ and, for networks with
            Penn Action's classes, PennAction/; or "synthetic".
    """
    crops = DataConfig(crop_resolution=network.resolution,
                       fixed_subsampling=network.frame_step)
    penn = None
    if tuple(network.actions.get(ACTIONS, ())) == tuple(PENN_ACTIONS):
        penn = PennAction(locate(data, "pennaction"), crops, use_gt_bbox=True,
                          clip_size=network.num_frames)
    return People(MpiiSinglePerson(locate(data, "mpii"), crops), penn, crops)


def score(network: Network, people: People) -> dict[str, float]:
    """PCKh@0.5 of unseen pictures, and the accuracy of unseen clips, in per cent.

    No accuracy for a network that was cut before its actions.
    """
    poses = evaluate(
        pckh_trial(people.mpii, VALID_MODE, people.crops, network.layout),
        frame_predictor(poses_only(network), PICTURES), batch_size=PICTURES)
    found = {"PCKh@0.5": pckh_score(poses, protocol={}).value}
    predict = clip_function(network, CLIPS)

    def actions(clips: np.ndarray) -> Sequence[np.ndarray]:
        return [block[ACTIONS] for block in predict(clips)[1]]

    blank = np.zeros((1, *network.model.input_shape[1:]), np.float32)
    if people.penn and actions(blank):
        clips = evaluate(action_trial(people.penn, TEST_MODE, network.frame_step,
                                      multi_clip=False), actions, batch_size=CLIPS)
        found["accuracy"] = action_scores(clips, PENN_ACTIONS, protocol={})[0].value
    return found


def inputs(network: Network, people: People, count: int) -> np.ndarray:
    """`count` inputs from the training split, as the network takes them, (N, ...)."""
    dataset = people.penn or people.mpii
    frames = 1 if people.penn else network.num_frames or 1
    fixed = people.crops.get_fixed_config()
    chosen = spread(dataset.get_length(TRAIN_MODE), count * frames)
    crops = np.stack([dataset.get_data(chosen[i % len(chosen)], TRAIN_MODE,
                                       augmentation=fixed)["frame"]
                      for i in range(count * frames)])
    return crops.reshape((count,) + tuple(network.model.input_shape[1:]))
