"""The first lifter: it learns made-up motion in minutes, for `deephar predict --lift`.

Its key points are those of a network of pictures: the 16 joints, brought to the 17 of
Human3.6M as a prediction is, with the errors of a small network, before a camera that
fits the person as a hand-held one does.  It also learns the trajectory.  Its axes are
level: down is where things fall, however the camera tilts, so that people stand upright.
"""
from dataclasses import dataclass
from typing import Callable, Sequence

import numpy as np

from deephar.data.keypoints.takes import FPS, H36M17_SYMMETRY, Take, root_relative
from deephar.data.synthetic.film import ends_of, place_act
from deephar.data.synthetic.layouts import MPII_FROM_H36M
from deephar.data.synthetic.motions import H36M, PENN
from deephar.data.synthetic.people import make_person
from deephar.data.synthetic.scenes import frame_view
from deephar.measures import mpjpe
from deephar.training.recipes.lifting import JobData, LifterConfig, train_job
from deephar.training.strategy import make_strategy
from deephar.utils.flags import flag
from deephar.utils.pose import H36M17, pa16j2d
from deephar.utils.rig import normalize_pixels

SIZES = ((1280, 720), (1280, 720), (640, 480), (1000, 1000), (720, 1280))
FILL = (0.35, 0.95)             # of the picture by the person and the way
TESTED, UNSEEN = 5, "unseen"    # every fifth person is tested on
SLOW = 5                        # errors that last, per second
# Errors per height of the person: those that last, those of a frame alone.
ERRORS = 0.012, 0.008


@dataclass(frozen=True)
class QuickliftConfig(LifterConfig):
    """Train a small lifter on made-up motion."""
    logdir: str = flag("output/quickstart-lift", "folder of the run")
    people: int = flag(150, "made-up people; every fifth is tested on")
    takes: int = flag(4, "of each of them")
    seconds: float = flag(3.0, "of a take")
    data: str = flag("made-up motion", "is made in memory")
    keypoints: str = flag("made-up", "in memory")
    channels: int = flag(256, "of the network")
    dropout: float = flag(0.1, "share of the features that are left out")
    batch_size: int = flag(512, "predicted frames per step")
    epochs: int = flag(8, "passes over the windows")
    decay: float = flag(0.7, "of the learning rate, every epoch")
    trajectory: bool = flag(True, "also learn where the root is")
    subjects: tuple[str, ...] = flag((), "all made-up people but every fifth")
    test_subjects: tuple[str, ...] = flag((UNSEEN,), "every fifth")


def make_motion(cfg: QuickliftConfig,
                progress: Callable[[int, int], None] = lambda done, total: None) -> JobData:
    """Everybody's takes, each before a camera of its own."""
    takes: dict[bool, list[Take]] = {True: [], False: []}
    for number in range(cfg.people):
        takes[number % TESTED == 0] += make_takes(cfg, number)
        progress(number + 1, cfg.people)
    return JobData(takes[False], takes[True], H36M17_SYMMETRY, name="made-up")


def make_takes(cfg: QuickliftConfig, number: int) -> list[Take]:
    """The takes of one person."""
    rng = np.random.default_rng([cfg.seed, 21, number])
    person = make_person(cfg.seed, number)
    actions = [*PENN, *H36M]
    who = UNSEEN if number % TESTED == 0 else f"P{number}"
    return [make_take(who, person, str(action), rng, round(FPS * cfg.seconds))
            for action in rng.choice(actions, cfg.takes, replace=False)]


def make_take(subject: str, person, action: str, rng: np.random.Generator,
              frames: int) -> Take:
    """A take of an action, as a network of pictures would see it."""
    act = place_act(action, person, rng, FPS, frames)
    size = SIZES[rng.integers(len(SIZES))]
    view = frame_view(rng, ends_of([act]), size, FILL, elevation=(-4, 14))
    seen = view.project(act.body.joints)[..., :2]               # (T, 32, 2)
    points = seen[:, MPII_FROM_H36M][:, list(pa16j2d.map_from_mpii)]
    points = points + np.median(np.ptp(points[..., 1], axis=1)) * errors(rng, points.shape)
    poses = (act.body.joints[:, list(H36M17)] - view.T) @ level(view.R).T / 1000
    poses[:, 1:] -= poses[:, :1]
    keypoints = normalize_pixels(pa16j2d.to_h36m17(points), *size)
    return Take(subject, action, 0, keypoints.astype(np.float32), poses.astype(np.float32),
                None, size)


def level(R: np.ndarray) -> np.ndarray:
    """The axes (3, 3) of a camera that looks the same way, but level: right, down, ahead."""
    ahead = R[2] * [1, 1, 0]
    ahead = ahead / np.linalg.norm(ahead)
    down = np.array([0.0, 0.0, -1.0])
    return np.stack([np.cross(down, ahead), down, ahead])


def errors(rng: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """Errors (T, J, 2) per height: of joints for a while, and of a frame alone."""
    lasting, alone = ERRORS
    knots = rng.normal(0, lasting, (shape[0] * SLOW // FPS + 2, *shape[1:]))
    at = np.arange(shape[0]) * SLOW / FPS
    low, part = at.astype(int), (at % 1)[:, None, None]
    return (1 - part) * knots[low] + part * knots[low + 1] + rng.normal(0, alone, shape)


def baseline(data: JobData) -> float:
    """P1 in mm of the training's mean pose."""
    mean = np.concatenate([root_relative(take.poses) for take in data.train]).mean(axis=0)
    return float(np.mean([1000 * mpjpe(root_relative(take.poses), np.broadcast_to(
        mean, take.poses.shape)) for take in data.test]))


def train(cfg: QuickliftConfig, data: JobData) -> dict:
    """Train; the report of the run, on people that were not trained on."""
    return train_job(cfg, data, make_strategy(cfg.device))
