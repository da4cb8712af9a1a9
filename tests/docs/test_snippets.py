"""Snippets of the pages, notebooks and cheap commands are run, with tiny networks."""
import json
import re
import sys
from dataclasses import replace
from types import SimpleNamespace
from typing import Mapping

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from deephar.checkpoints import load
from deephar.checkpoints.description import Description, write_description
from deephar.checkpoints.table import CHECKPOINTS
from deephar.cli import main
from deephar.config import DataConfig, ModelConfig
from deephar.data import BatchLoader, PennAction
from deephar.inference.writer import VideoWriter
from deephar.models.split import count_outputs
from deephar.networks.tiny import TINY
from deephar.utils import TRAIN_MODE, pa16j2d
from tests.docs.test_commands import (
    PAGES, ROOT, command_lines, name_of, snippets, words_of)

pytestmark = pytest.mark.slow

# Commands that are run, if these flags are all that they have; all others are parsed, and
# scripts have tests of their own.
CHEAP = re.compile(r"deephar (reproduce( +#|$)|dataset (check|show) (?!coco)|keypoints synthetic)")
FLAGS = {"--index", "--people", "--seconds"}
# What would take long, by what does the same quickly.
QUICKER = (
    ("256, 256, 3", "64, 64, 3"), ("num_blocks=4", "num_blocks=1"),
    ("ksize=(5, 5)", "ksize=(3, 3)"), ("width=288", "width=16"),
    ("depth_maps=16", "depth_maps=2"), ("num_frames=16", "num_frames=4"),
    ("count=100, workers=4", "count=2, workers=1"), ("size=60", 'size="tiny"'),
    ("size=200, picture=(1280, 720)", 'size="tiny", seed=2'), ('"/tmp/', '"tmp/'),
    ("train(30, steps_per_epoch=1000", "train(1, steps_per_epoch=1"),
    ('Stage("joint", 30, 1000', 'Stage("joint", 1, 1'), ("EPOCHS = 10", "EPOCHS = 1"),
    ('"imagenet"', "None"), ("Predictor(MODEL)", "Predictor(MODEL, min_confidence=0)"))
# What a page's reader has already.
GIVEN = {
    "docs/convert.md": """
from deephar.checkpoints import load_checkpoint
for name in ("penn_spnet.weights.h5", "mine.weights.h5", "penn_spnet.keras"):
    (load_checkpoint("penn_spnet").save if name.endswith("keras")
     else load_checkpoint("penn_spnet").save_weights)(name)
""",
    "docs/own-data.md": """
from tests.docs.test_snippets import least
model = least("ntu_spnet").build()
""",
    "docs/own-pictures.md": """
def my_detector(picture):
    return [[10, 10, 200, 300]]
class my_model:
    input_shape = (None, 4, 64, 64, 3)
""",
    "docs/reproduce.md": """
import numpy as np
from PIL import Image
from tests.docs.test_snippets import least
model, paths = least("mpii_reception2d").build(), ["photo.jpg", "photo.jpg"]
def read_picture(path):
    return np.asarray(Image.open(path).resize((64, 64)), np.float32) / 127.5 - 1
""",
    "docs/train.md": """
from types import SimpleNamespace
from deephar.models import compile_split_models, spnet
from deephar.training.callbacks import keep_weights
from deephar.training.optimizers import RMSprop
from deephar.training.run import RunConfig, start_run
from deephar.training.schedule import Steps
from deephar.training.stages import Stage, train_stages
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from tests.docs.test_snippets import SMALL as network, batches
cfg = RunConfig(logdir="output/snippet")
pose_batches, clips = (batches(kind) for kind in ("pose", "pennaction"))
""",
    "docs/migration.md": """
from deephar.models import compile_split_models, spnet
from deephar.training.optimizers import RMSprop
from tests.docs.test_snippets import SMALL as network, batches
full = spnet.build(network)
pose, action = compile_split_models(full, network, RMSprop(1e-3), pose_trainable=True)
pose_loader, action_loader = (batches(kind) for kind in ("pose", "pennaction"))
""",
}
LEAST = {"num_levels": 2, "num_pyramids": 1, "action_pyramids": (1,), "growth": 8,
         "num_pose_features": 16, "num_visual_features": 16, "num_blocks": 1}
# The network of pages that train one.
SMALL = ModelConfig((4, 64, 64, 3), pa16j2d, num_actions=(15,), num_pyramids=1,
                    action_pyramids=(1,), num_levels=2, growth=8, num_pose_features=16,
                    num_visual_features=16)


def least(key: str) -> Description:
    """The tiny network of a checkpoint with fewer parts still."""
    def fewer(arguments):
        return {name: fewer(value) if isinstance(value, Mapping) else LEAST.get(name, value)
                for name, value in arguments.items()}

    return replace(TINY[key], arguments=fewer(TINY[key].arguments))


def batches(kind: str):
    """Batches of clips for SMALL: poses, or actions."""
    penn = PennAction("datasets/PennAction", DataConfig(crop_resolution=SMALL.input_shape[1:3]),
                      use_gt_bbox=True, clip_size=SMALL.input_shape[0])
    poses, actions = count_outputs(SMALL)
    return BatchLoader(penn, ["frame"], [kind], TRAIN_MODE, 2,
                       poses if kind == "pose" else actions, seed=0)


@pytest.fixture(scope="module")
def home(tmp_path_factory, tiny_set):
    """A reader's folder: data, pictures, frames, and the quickstart's network."""
    home = tmp_path_factory.mktemp("reader")
    for link, name in (("PennAction", "pennaction"), ("MPII", "mpii"),
                       ("quickstart/MPII", "mpii")):
        folder = home / "datasets" / link
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.symlink_to(tiny_set(name))
    pictures = sorted((home / "datasets/MPII/images").glob("*.jpg"))
    (home / "photo.jpg").symlink_to(pictures[0])
    for folder in ("photos", "holiday", "frames"):
        (home / folder).mkdir()
    (home / "photos" / "one.jpg").symlink_to(pictures[1])
    Image.open(pictures[2]).save(home / "holiday" / "two.png")
    video = next((home / "datasets/PennAction/frames").iterdir())
    (home / "frames" / "0001").symlink_to(video.resolve())
    (home / "OUT").symlink_to(tiny_set("mpii"))
    for key in CHECKPOINTS:
        (home / "weights" / key).mkdir(parents=True)
    run = home / "output" / "quickstart"
    run.mkdir(parents=True)
    write_description(run, least("penn_spnet"))
    least("penn_spnet").build().save_weights(run / "best.weights.h5")
    return home


@pytest.fixture
def reader(home, monkeypatch):
    """The test runs there; published names are tiny networks of their kind."""
    monkeypatch.chdir(home)
    monkeypatch.syspath_prepend(ROOT)

    def fresh(entry, folder="weights", progress=None):
        path = home / "weights" / entry.key / "fresh.weights.h5"
        if not path.exists():
            entry.description.build().save_weights(path)
        return path

    monkeypatch.setattr(load, "find_file", fresh)
    for key, entry in CHECKPOINTS.items():
        monkeypatch.setitem(CHECKPOINTS, key, replace(entry, description=least(key)))
    state = {"model_pos": {"shrink.bias": SimpleNamespace(numpy=lambda: np.zeros(3))}}
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(load=lambda *a, **k: state))
    tf.config.run_functions_eagerly(True)       # tracing takes longer than a step
    yield home
    tf.config.run_functions_eagerly(False)


def run(code: str, names: dict, title: str) -> None:
    for long, quick in QUICKER:
        code = code.replace(long, quick)
    exec(compile(code, title, "exec"), names)


@pytest.mark.parametrize("path", [p for p in PAGES if snippets(p)], ids=name_of)
def test_the_snippets_of_a_page_run(path, reader):
    if "video.mp4" in path.read_text("utf-8"):
        film(reader)
    names = {"__name__": "__main__"}
    run(GIVEN.get(name_of(path), ""), names, f"before {name_of(path)}")
    for snippet in snippets(path):
        run(snippet, names, name_of(path))


def film(home) -> None:
    """A video, where videos can be written."""
    pytest.importorskip("av")
    writer = VideoWriter(home / "video.mp4")
    for frame in sorted((home / "frames" / "0001").iterdir()):
        writer.write(np.asarray(Image.open(frame)))
    writer.close()


def cheap(path) -> list[str]:
    return [line for line in filter(CHEAP.match, command_lines(path))
            if FLAGS.issuperset(word for word in words_of(line) if word.startswith("--"))]


@pytest.mark.parametrize("path", [p for p in PAGES if cheap(p)], ids=name_of)
def test_the_cheap_commands_of_a_page_run(path, reader):
    for command in cheap(path):
        quick = command.replace("OUT --people 50", "made --people 2")
        assert main(words_of(quick)[1:]) == 0, command


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/notebooks/*.ipynb")), ids=name_of)
def test_a_notebook_runs(path, reader):
    names = {"__name__": "__main__"}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert not cell["outputs"], "notebooks are kept without their outputs"
            run("".join(cell["source"]), names, name_of(path))


def test_what_is_made_quicker_stands_somewhere():
    """A line of QUICKER that nothing needs any more is left out."""
    told = "".join(path.read_text("utf-8") for path in
                   [*PAGES, *ROOT.glob("docs/notebooks/*.ipynb")])
    for long, _ in QUICKER:
        assert long in told or long.replace('"', '\\"') in told, long
