"""What a network says of the same few samples, drawn after every epoch."""
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import keras
import numpy as np

from deephar.config import DataConfig
from deephar.data.labels import ACTION_SETS
from deephar.evaluation.action import label_of
from deephar.evaluation.loop import Predict, spread
from deephar.evaluation.plots import side_by_side
from deephar.networks.network import pose_blocks
from deephar.utils.files import write_picture
from deephar.utils.plot import contact_sheet, draw_pose, to_picture
from deephar.utils.pose import PoseLayout

FOLDER = "samples"
COUNT = 6
SIDE = 192                      # pixels of a drawn crop


@dataclass(frozen=True)
class Drawn:
    """A score of a live model that can also be looked at.

    Args:
        score: a function of the model: {score: number}.
        draw: a function of the model: a picture of a few samples.
    """
    score: Callable[[keras.Model], Mapping[str, float]]
    draw: Callable[[keras.Model], Any]

    def __call__(self, model: keras.Model) -> Mapping[str, float]:
        return self.score(model)


def save_samples(folder: Path, name: str, epoch: int, picture: Any) -> None:
    """Write `FOLDER/samples/EPOCH-NAME.jpg`, for the page of the run."""
    write_picture(folder / FOLDER / f"{epoch:05d}-{name}.jpg", picture, quality=85)


def pose_samples(predict_with: Callable[[keras.Model], Predict], dataset: Any, mode: int,
                 dataconf: DataConfig, layout: PoseLayout, batch_size: int
                 ) -> Callable[[keras.Model], Any]:
    """Draws crops with the true pose to the left and the network's to the right."""
    samples = _samples(dataset, mode, dataconf)

    def draw(model: keras.Model):
        outputs = _outputs(predict_with(model), samples(), batch_size)
        poses, _ = pose_blocks(outputs, layout.dim)[-1]
        pairs = []
        for sample, pose in zip(samples(), poses):
            picture = to_picture(sample["frame"]).resize((SIDE, SIDE))
            true = np.asarray(sample["pose"])
            pairs.append(side_by_side([
                draw_pose(picture, true[:, :2] * SIDE, dataset.poselayout, true[:, -1] > 0.5),
                draw_pose(picture, pose[:, :2] * SIDE, layout)]))
        return contact_sheet(pairs, 3, cell=2 * SIDE)

    return draw


def action_samples(predict_with: Callable[[keras.Model], Predict], dataset: Any, mode: int,
                   dataconf: DataConfig, num_actions: int, batch_size: int
                   ) -> Callable[[keras.Model], Any]:
    """Draws the middle of clips, with what they are taken for and what they are."""
    samples = _samples(dataset, mode, dataconf)
    names = next((names for names in ACTION_SETS.values() if len(names) == num_actions),
                 [f"class {i}" for i in range(num_actions)])

    def draw(model: keras.Model):
        captions = []
        rows = _outputs(predict_with(model), samples(), batch_size)[-1]
        for sample, row in zip(samples(), rows):
            guess, true = int(row.argmax()), label_of(sample)
            captions.append(f"{names[guess]} {row[guess]:.0%}" + (
                "" if guess == true else f", not {names[true]}"))
        frames = [sample["frame"] for sample in samples()]
        return contact_sheet([to_picture(clip[len(clip) // 2]).resize((SIDE, SIDE))
                              for clip in frames], len(frames), captions, cell=SIDE)

    return draw


def _samples(dataset: Any, mode: int, dataconf: DataConfig) -> Callable[[], list[dict]]:
    """Reads a few samples, spread over the split, when they are first asked for."""
    @functools.cache
    def read() -> list[dict]:
        return [dataset.get_data(i, mode, augmentation=dataconf.get_fixed_config())
                for i in spread(dataset.get_length(mode), COUNT)]

    return read


def _outputs(predict: Predict, samples: Sequence[Mapping], batch_size: int
             ) -> list[np.ndarray]:
    batches = [np.stack([sample["frame"] for sample in samples[i:i + batch_size]])
               for i in range(0, len(samples), batch_size)]
    return [np.concatenate(parts) for parts in zip(*map(predict, batches))]
