"""People who cross before a camera, with who is where: to measure tracking on."""
from dataclasses import dataclass, replace
from typing import Sequence

import numpy as np

from deephar.data.synthetic import scenes
from deephar.data.synthetic.film import Scene, ends_of
from deephar.data.synthetic.layouts import MPII_FROM_H36M
from deephar.data.synthetic.motions import perform, placed
from deephar.data.synthetic.people import make_person
from deephar.data.synthetic.skeleton import place_body
from deephar.utils.bbox import common_area
from deephar.utils.pose import pa16j2d

WALK = "Walking"
GLIDE = 400.0           # mm/s of people who do not walk
LANE = 650.0            # mm from one person's way to the next one's
BEHIND = 1300.0         # mm from one to the next who goes the same way
HIDDEN = 0.6            # share of a box behind other boxes: nobody sees the person


@dataclass(frozen=True)
class Crossing:
    """P people through T frames; the place of a person is the identity.

    Attributes:
        scene: for `film`.
        poses: (P, T, 16, 2) pixels, the joints of pa16j2d.
        boxes: (P, T, 4) pixels.
        hidden: (P, T), behind somebody else.
        actions: what each of them does.
    """
    scene: Scene
    poses: np.ndarray
    boxes: np.ndarray
    hidden: np.ndarray
    actions: tuple[str, ...]


def crossing(seed: int, people: int = 2, frames: int = 75, fps: float = 25,
             size: tuple[int, int] = (640, 360), actions: Sequence[str] = (WALK,)
             ) -> Crossing:
    """People who come from both sides and meet in the middle of the picture.

    Args:
        people: how many; every other one comes from the right.
        actions: of `MOTIONS`, in turns.  Who does not walk is moved as if on a
            belt and may face anywhere.
    """
    rng = np.random.default_rng([seed, 16, people])
    actions = tuple(actions[i % len(actions)] for i in range(people))
    cast = []
    for i, action in enumerate(actions):
        person = make_person(seed, int(rng.integers(1_000_000)))
        aim = 1 if i % 2 == 0 else -1           # to the right, to the left
        act = perform(action, person, rng, fps, frames, straight=True)
        act = placed(act, -90.0 * aim + rng.uniform(-6, 6), np.zeros(3))
        if not np.ptp(act.body.joints[:, 0, 0]) > 1000:
            along = GLIDE * rng.uniform(0.8, 1.2) * aim * np.arange(frames) / fps
            turn = np.full(frames, rng.uniform(0, 360))
            way = np.stack([along, 0 * along, 0 * along], axis=-1)
            act = replace(act, body=place_body(act.body, turn, way))
        middle = act.body.joints[frames // 2, 0] * [1, 1, 0]
        behind = BEHIND * (i // 2 - ((people + aim) // 2 - 1) / 2) * -aim
        meet = np.array([behind + rng.uniform(-200, 200), LANE * i, 0])
        cast.append((person, placed(act, 0, meet - middle)))
    view = scenes.frame_view(rng, ends_of([act for _, act in cast]), size, (0.85, 0.95),
                             azimuth=-90 + rng.uniform(-8, 8), elevation=(2, 10))
    scene = Scene(view, cast, scenes.background(rng, view), scenes.make_light(rng), [])
    joints = np.stack([view.project(act.body.joints) for _, act in cast])
    poses = joints[:, :, MPII_FROM_H36M][:, :, list(pa16j2d.map_from_mpii), :2]
    depth = joints[:, :, 0, 2]
    thick = (scenes.MARGIN * view.f[0] / depth)[..., None]
    boxes = np.concatenate([joints[..., :2].min(2) - thick, joints[..., :2].max(2) + thick],
                           axis=-1)
    return Crossing(scene, poses, boxes, _hidden(boxes, depth), actions)


def _hidden(boxes: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """Who has most of the box (P, T, 4) behind one that is nearer, (P, T)."""
    share = common_area(boxes[:, None], boxes) / np.prod(boxes[..., 2:] - boxes[..., :2], axis=-1)[:, None]
    return (share * (depth[None] < depth[:, None])).max(axis=1) > HIDDEN
