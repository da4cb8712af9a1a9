"""The first run: a small SPNet learns synthetic poses and actions in minutes.

One network, two tasks that take turns: poses in single pictures (MPII) and
poses and actions in clips (Penn Action).  It is scored on people that it has
never seen, beside two baselines that do not look at the picture.
"""
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import keras
import numpy as np

from deephar.checkpoints.description import Description, describe_spnet
from deephar.config import DataConfig, ModelConfig
from deephar.data import BatchLoader, MpiiSinglePerson, PennAction
from deephar.data.labels import PENN_ACTIONS
from deephar.data.synthetic import synthesize
from deephar.evaluation import scorer
from deephar.evaluation.loop import spread
from deephar.evaluation.report import Score
from deephar.evaluation.scorer import People
from deephar.losses import pose_regression_loss
from deephar.models import split_model
from deephar.models.split import count_outputs
from deephar.networks.cut import actions_only, poses_only
from deephar.networks.network import Network, weights_info
from deephar.networks.predict import frame_predictor, predictor
from deephar.training.callbacks import EvalCallback, SaveModel
from deephar.training.evaluators import pckh_of
from deephar.training.run import Run, RunConfig, start_run
from deephar.training.schedule import Cosine
from deephar.training.stages import Stage, train_stages
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.files import write_picture
from deephar.utils.flags import flag
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.plot import contact_sheet, draw_pose, to_picture
from deephar.utils.pose import pa16j2d

SIDE = 96                       # of a crop, in pixels
FRAMES = 8                      # of a clip
MODEL = ModelConfig(
    (FRAMES, SIDE, SIDE, 3), pa16j2d, num_actions=(len(PENN_ACTIONS),),
    num_pyramids=2, action_pyramids=(1, 2), num_levels=3, growth=32, image_div=4,
    num_pose_features=64, num_visual_features=64)
# Never mirrored: the colours of wrists and ankles tell right from left.
CROPS = DataConfig(
    crop_resolution=(SIDE, SIDE), angles=(-10, -5, 0, 5, 10), scales=(0.9, 1.0, 1.1),
    trans_x=(-5, 0, 5), trans_y=(-5, 0, 5), hflips=(0,), subsampling=(2, 3),
    fixed_subsampling=3)
VIDEO_SIZE = (240, 180)         # enough for such crops: people fill the pictures
ACTION_WEIGHT = 0.1
WATCHED = 32                    # unseen pictures that are scored after every epoch
SHOWN = 8                       # pictures, and clips, of the sheet to look at


@dataclass(frozen=True)
class QuickstartConfig(RunConfig):
    """Train a small network on synthetic people, and score it."""
    logdir: str = flag("output/quickstart", "folder of the run")
    data: str = flag("datasets/quickstart", "folder of the synthetic data")
    pictures: int = flag(2000, "training pictures of MPII's kind")
    videos: int = flag(320, "training videos of Penn Action's kind")
    epochs: int = flag(6, "of --steps-per-epoch steps")
    steps_per_epoch: int = flag(200, "steps of both tasks in an epoch")
    batch_size: int = flag(4, "clips of 8 pictures in each batch")
    rate: float = flag(3e-3, "highest learning rate of Adam")


def make_people(cfg: QuickstartConfig, progress: Callable | None = None) -> People:
    """Write the data sets, unless they are there, and open them.

    Args:
        progress: called with (name of the set, done, all).
    """
    folders = {}
    for name, folder, count, size in (
            ("mpii", "MPII", cfg.pictures, None),
            ("pennaction", "PennAction", cfg.videos, VIDEO_SIZE)):
        report = progress and functools.partial(progress, name)
        folders[name] = synthesize(name, Path(cfg.data) / folder, count,
                                   picture=size, progress=report)
    return People(
        MpiiSinglePerson(folders["mpii"], CROPS, pa16j2d),
        PennAction(folders["pennaction"], CROPS, pa16j2d, use_gt_bbox=True,
                   clip_size=FRAMES))


def train(cfg: QuickstartConfig, people: People, description: Description | None = None,
          build: Callable | None = None) -> tuple[Network, Run]:
    """Train for `cfg.epochs`; the weights are those of the last step.

    Args:
        description, build: of another network than the quickstart's: `build`
            as `build_spnet`.
    """
    description = description or describe_spnet(MODEL, CROPS, {"pennaction": PENN_ACTIONS})
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    with strategy.scope():
        full, tasks = (build or build_spnet)(description, people, cfg)
    run.describe(description)
    stage = Stage("poses and actions", cfg.epochs, cfg.steps_per_epoch, tasks,
                  Cosine(cfg.rate, cfg.epochs, warmup=0.5))
    weights = run.folder / "last.weights.h5"
    seen = pckh_of(people.mpii, VALID_MODE, CROPS, description.layout, count=WATCHED,
                   batch_size=WATCHED)
    train_stages(full, [stage], run, strategy=strategy, **cfg.trainer_options(), callbacks=[
        EvalCallback("mpii", seen, full, strategy=strategy, folder=run.folder),
        SaveModel(weights, full, strategy=strategy)])
    return Network(full, description.layout, description.actions, name=str(run.folder),
                   dataconf=CROPS, weights=weights_info(weights)), run


def build_spnet(description: Description, people: People, cfg: QuickstartConfig
                ) -> tuple[keras.Model, Callable[[], list[Task]]]:
    """The network, and what makes its tasks."""
    full = description.build()
    return full, lambda: make_tasks(full, people, cfg)


def make_tasks(full: keras.Model, people: People, cfg: QuickstartConfig) -> list[Task]:
    """Pictures train the pose part, clips train everything."""
    num_poses, num_actions = count_outputs(MODEL)
    pose_model, _ = split_model(full, MODEL)
    pose_loss = pose_regression_loss("l1l2bincross", 0.01)
    pictures = BatchLoader(people.mpii, ["frame"], ["pose"], TRAIN_MODE, FRAMES,
                           seed=cfg.seed)
    # Eight pictures take the place of a clip: poses do not look at other frames.
    clips_of_pictures = BatchLoader(pictures, ["frame"], ["pose"], TRAIN_MODE,
                                    cfg.batch_size // 2, num_poses, seed=cfg.seed)
    clips = BatchLoader(people.penn, ["frame"], ["pose", "pennaction"], TRAIN_MODE,
                        cfg.batch_size, [num_poses, num_actions], seed=cfg.seed)
    return [
        Task("pictures", pose_model, clips_of_pictures, pose_loss,
             keras.optimizers.Adam(cfg.rate), ratio=3),
        Task("clips", full, clips,
             [pose_loss] * num_poses + ["categorical_crossentropy"] * num_actions,
             keras.optimizers.Adam(cfg.rate),
             weight=(1.0,) * num_poses + (ACTION_WEIGHT,) * num_actions,
             groups=("pose",) * num_poses + ("action",) * num_actions),
    ]


# === Scores ===

def baselines(people: People) -> list[Score]:
    """What one scores without looking: the mean pose, the most frequent class."""
    fixed = CROPS.get_fixed_config()
    every_third = range(0, people.mpii.get_length(TRAIN_MODE), 3)
    poses = np.stack([people.mpii.get_data(i, TRAIN_MODE, augmentation=fixed)["pose"]
                      for i in every_third])                        # (N, J, 3)
    seen = poses[..., 2:] > 0.5
    mean = np.where(seen, poses, 0).sum(0) / np.maximum(seen.sum(0), 1)
    labels = [video.action for video in people.penn.sequences[TRAIN_MODE]]
    share = np.bincount(labels, minlength=len(PENN_ACTIONS)) / len(labels)

    def always(value):
        return lambda x: [np.repeat(value[None], len(x), axis=0)]

    who = "the mean pose or the most frequent class of the training split"
    return [scorer.pckh(always(mean), people.mpii, CROPS, pa16j2d, who=who),
            scorer.accuracy(always(share), people.penn, CROPS.fixed_subsampling, who=who)]


# === Something to look at ===

def draw_sheet(network: Network, people: People, path: Path) -> Path:
    """Pictures with skeletons, then clips with what the network takes them for."""
    fixed = CROPS.get_fixed_config()
    pictures = np.stack([people.mpii.get_data(i, VALID_MODE, augmentation=fixed)["frame"]
                         for i in spread(people.mpii.get_length(VALID_MODE), SHOWN)])
    clips = [people.penn.get_data(i, TEST_MODE, augmentation=fixed)
             for i in spread(people.penn.get_length(TEST_MODE), SHOWN)]
    frames = np.stack([clip["frame"] for clip in clips])
    middle = FRAMES // 2
    poses = frame_predictor(poses_only(network), 4 * FRAMES)
    found = [poses(pictures)[-1], poses(frames[:, middle])[-1]]
    actions = predictor(actions_only(network, len(PENN_ACTIONS)), len(frames))
    probabilities = actions(frames)[-1]
    captions = [""] * len(pictures)
    for clip, row in zip(clips, probabilities):
        true, guess = int(np.argmax(clip["pennaction"])), int(np.argmax(row))
        wrong = "" if guess == true else f", not {PENN_ACTIONS[true]}"
        captions.append(f"{PENN_ACTIONS[guess]} {row[guess]:.0%}{wrong}")
    drawn = []
    for frame, pose in zip([*pictures, *frames[:, middle]], np.concatenate(found)):
        picture = to_picture(frame).resize((3 * SIDE, 3 * SIDE))
        drawn.append(draw_pose(picture, pose[:, :2] * 3 * SIDE, pa16j2d,
                               valid=pose[:, 2]))
    write_picture(path, contact_sheet(drawn, columns=4, captions=captions, cell=3 * SIDE))
    return path


def unseen_video(people: People) -> Path:
    """A folder with the frames of an unseen video, to try `deephar predict` with."""
    return people.penn.images / f"{people.penn.sequences[TEST_MODE][0].idx:04d}"
