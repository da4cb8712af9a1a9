"""Filming: people with their props before a camera, to pictures and folders of them."""
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from deephar.data.synthetic.draw import Light, View, draw_parts, draw_shadow
from deephar.data.synthetic.figure import figure
from deephar.data.synthetic.motions import Act, perform, placed
from deephar.data.synthetic.props import props
from deephar.utils.files import write_picture


@dataclass(frozen=True)
class Scene:
    """Some people's acts before a camera."""
    view: View
    people: list                # [(Person, Act)]
    ground: Image.Image
    light: Light
    extra: list                 # parts that do not move


def film(scene: Scene, frame: int, oversample: int = 2) -> tuple:
    """One picture (H, W, 3) uint8 and its depth (H, W) in mm without props."""
    parts, held = list(scene.extra), []
    for person, act in scene.people:
        parts += figure(person, act.body, frame)
        held += props(act, frame)
    parts += held
    picture = np.array(draw_shadow(scene.ground, parts, scene.view, scene.light))
    depth = draw_parts(picture, parts, scene.view, scene.light, oversample, len(held))
    return picture, depth


def seen(uvd: np.ndarray, depth: np.ndarray, behind: float = 300.0) -> np.ndarray:
    """Which joints (J, 3) are in the picture and not hidden.

    A surface up to `behind` mm in front of a joint is its own limb or one
    through which an annotator guesses it.  What the person holds hides
    nothing: a bar before an arm leaves no doubt about the arm.
    """
    height, width = depth.shape
    u, v = np.floor(uvd[:, 0]).astype(int), np.floor(uvd[:, 1]).astype(int)
    inside = (u >= 0) & (u < width) & (v >= 0) & (v < height)
    surface = depth[np.clip(v, 0, height - 1), np.clip(u, 0, width - 1)]
    return inside & (surface > uvd[:, 2] - behind)


def save_picture(path: Path, picture: np.ndarray, quality: int = 85) -> None:
    write_picture(path, Image.fromarray(picture), quality=quality)


def place_act(action, person, rng, fps, frames, apart=0.0) -> Act:
    """An act at a random place and heading."""
    act = perform(action, person, rng, fps, frames)
    place = np.append(rng.uniform(-200, 200, 2) + [apart, 0], 0)
    return placed(act, rng.uniform(0, 360), place)


def ends_of(acts, frame=None) -> np.ndarray:
    """Points of one or all frames that the camera should see."""
    ends = (0, 5, 10, 15, 18, 23, 26, 31)
    frames = slice(None) if frame is None else slice(frame, frame + 1)
    return np.concatenate([a.body.joints[frames, ends].reshape(-1, 3) for a in acts])


def finished_folder(folder: Path, write: Callable[[Path], None]) -> None:
    """Fill a folder of pictures, unless it is there: all or nothing."""
    if folder.exists():
        return
    hidden = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(hidden, ignore_errors=True)
    hidden.mkdir(parents=True)
    write(hidden)
    hidden.rename(folder)
