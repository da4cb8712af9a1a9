"""docs/recipes.md names every setting of every training script, and ours are what it says."""
import dataclasses
import logging
import re

import keras
import pytest

from deephar import config
from deephar.checkpoints.description import read_description
from deephar.data import MpiiSinglePerson, Ntu
from deephar.data.loader import BatchLoader
from deephar.models import vgg
from deephar.training.optimizers import RMSprop
from deephar.training.recipes import merge
from deephar.training.schedule import Plateau, Share, Steps
from deephar.training.task import completed
from deephar.utils.flags import parse_config
from tests.exp.conftest import EXP, load_script

ROOT = EXP.parent
SETTINGS = ["network", "data of a step", "crops", "loss", "optimizer", "rate", "epochs",
            "steps of an epoch", "stages", "begins with", "validation"]
PEOPLE, CLIPS = 100_003, 20_001         # as if the data sets had so many
SETS = {"MpiiSinglePerson": "MPII", "Human36M": "Human3.6M", "PennAction": "Penn",
        "Ntu": "NTU"}
# Networks that are built quickly; all other flags are as they are.
SMALL = {"ksize": 3, "num_blocks": 1, "num_pyramids": 1, "action_pyramids": (1,),
         "num_levels": 2, "growth": 8, "num_features": 16, "side": 64, "width": 8,
         "depth_maps": 2, "labels": "none"}
# These need key points or weights; their settings are flags.
BY_FLAGS = {
    "own/train_actions.py": {"rate": {"rate"}, "epochs": {"epochs"},
                             "data of a step": {"num_clips"}},
    "own/train_poses.py": {"rate": {"rate"}, "epochs": {"epochs"},
                           "data of a step": {"batch_size"}},
    "h36m/train_videopose3d.py": {"rate": {"lr", "decay"}, "epochs": {"epochs"},
                                  "data of a step": {"batch_size"}},
    "h36m/train_label_generator.py": {"epochs": {"epochs"},
                                      "data of a step": {"batch_size"}},
}


def tables() -> dict[str, dict[str, list[str]]]:
    """{script: {setting: [published, ours, reason]}} of the page."""
    page = (ROOT / "docs" / "recipes.md").read_text("utf-8")
    sections = re.split(r"^## ", page, flags=re.M)[1:]
    return {
        section.split("\n", 1)[0]: {
            cells[0]: cells[1:] for line in section.splitlines() if line.startswith("| ")
            for cells in [[cell.strip() for cell in line.strip("|").split(" | ")]]
            if cells[0] != "setting"}
        for section in sections if section.split("\n", 1)[0].endswith(".py")}


TABLES = tables()
SIZES = {"num_blocks": "{} blocks", "ksize": "{}x{}", "num_pyramids": "{} pyramids",
         "num_levels": "{} levels", "num_features": "{} features",
         "num_frames": "{} frames", "depth_maps": "{} depth maps", "stacks": "{} hourglasses",
         "action_pyramids": "actions in {} and {}"}
# These do what another script of the list does, with another network.
LIKE_OTHERS = ["pennaction/train_penn_vgg16.py", "ntu/train_ntu_keypoints3d.py"]
STAGED = [pytest.param(name, marks=pytest.mark.slow) if name in LIKE_OTHERS else name
          for name in TABLES if name not in BY_FLAGS]


def numbers(text: str) -> set[float]:
    """Those in a cell, but for names of ours and of data sets."""
    text = re.sub(r"`[^`]*`|Human3\.6M|\d?D\b", " ", text)
    return {float(n.replace(" ", "")) for n in
            re.findall(r"\d+(?: 000)*(?:\.\d+)?(?:e-\d+)?", text)}


def test_every_script_has_every_setting():
    scripts = {str(path.relative_to(EXP)) for path in EXP.glob("*/train_*.py")}
    assert set(TABLES) == scripts
    for name, table in TABLES.items():
        assert list(table) == SETTINGS, name
        for setting, cells in table.items():
            assert len(cells) == 3 and all(cells), f"{name}: {setting}"


@pytest.mark.parametrize("name", BY_FLAGS)
def test_flags_are_what_the_page_says(name):
    defaults = vars(load_script(name).Config())
    for setting, flags in BY_FLAGS[name].items():
        found = {float(defaults[flag]) for flag in flags}
        assert found <= numbers(TABLES[name][setting][1]), setting


@pytest.fixture(scope="module", params=STAGED)
def begun(request, synthetic_home, tmp_path_factory):
    """(script, its table, what it was about to train)."""
    name = request.param
    script = load_script(name)
    told = {}

    def train_scored(cfg, model, stages, run, strategy, scores, **options):
        told.update(options, cfg=cfg, stages=stages, scores=scores)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(synthetic_home)
        for module in (script, merge):
            if hasattr(module, "train_scored"):
                patch.setattr(module, "train_scored", train_scored)
        patch.setattr(MpiiSinglePerson, "get_length", lambda self, mode: PEOPLE)
        patch.setattr(Ntu, "get_length", lambda self, mode: CLIPS)
        patch.setattr(vgg, "load_trunk", lambda stem, weights: [])
        cfg = parse_config(script.Config, [
            "--data", "synthetic", "--synthetic-size", "tiny", "--device", "cpu",
            "--logdir", str(tmp_path_factory.mktemp("run"))])
        small = {key: value for key, value in SMALL.items() if hasattr(cfg, key)}
        script.main(dataclasses.replace(cfg, **small))
        told["tasks"] = [[completed(task) for task in stage.tasks()] if stage.epochs else []
                         for stage in told["stages"]]
        yield script, TABLES[name], told
    logging.getLogger("deephar").handlers.clear()


def test_epochs_and_stages(begun):
    _, table, told = begun
    epochs = [stage.epochs for stage in told["stages"] if stage.epochs]
    assert numbers(table["epochs"][1]) == set(epochs)
    assert numbers(table["stages"][1]) == {len(epochs)}


def test_rates(begun):
    _, table, told = begun
    found = set()
    for plan in {stage.plan for stage in told["stages"] if stage.epochs}:
        if isinstance(plan, Share):
            found |= {plan.factor}
            continue
        found |= {plan.rate}
        if isinstance(plan, Plateau):
            assert plan.reload
            found |= {plan.factor, plan.patience}
        if isinstance(plan, Steps) and plan.epochs:
            found |= {plan.factor, *plan.epochs}
    assert numbers(table["rate"][1]) == found


def test_optimizers(begun):
    _, table, told = begun
    cell = table["optimizer"][1]
    optimizers = [task.optimizer for tasks in told["tasks"] for task in tasks]
    kinds = {type(optimizer) for optimizer in optimizers}
    assert ("RMSprop" in cell, "SGD" in cell) == (
        RMSprop in kinds, keras.optimizers.SGD in kinds)
    assert kinds <= {RMSprop, keras.optimizers.SGD}
    descents = [o for o in optimizers if isinstance(o, keras.optimizers.SGD)]
    assert numbers(cell) == {o.momentum for o in descents}
    assert all(o.nesterov for o in descents)
    assert len({id(o) for o in optimizers}) == len(optimizers)


def innermost(dataset):
    while hasattr(dataset, "dataset"):
        dataset = dataset.dataset
    return dataset


def shares(loader) -> list[str]:
    """What a batch is made of, in the words of the page."""
    words = []
    for dataset, count in zip(loader.datasets, loader.batch_sizes, strict=True):
        if isinstance(dataset, BatchLoader):
            words += [f"{count} clips of", *shares(dataset)]
        elif dataset.clip_length():
            words.append(f"{count} clips")
        else:
            words.append(f"{count} {SETS[type(innermost(dataset)).__name__]}")
    return words


def loaders(told):
    return {id(task.loader): task.loader for tasks in told["tasks"] for task in tasks}.values()


def test_data_of_a_step(begun):
    _, table, told = begun
    found = [" + ".join(shares(loader)).replace("of + ", "of ") for loader in loaders(told)]
    assert sorted(table["data of a step"][1].split("; ")) == sorted(found)


def test_crops_and_boxes(begun):
    _, table, told = begun
    cell = table["crops"][1]
    sets = [innermost(d) for loader in loaders(told) for outer in loader.datasets
            for d in (outer.datasets if isinstance(outer, BatchLoader) else [outer])]
    for dataset in sets:
        crops = dataclasses.replace(dataset.dataconf, crop_resolution=(256, 256))
        presets = [key for key, value in vars(config).items() if value == crops]
        assert any(f"`{preset}`" in cell for preset in presets), (dataset, presets)
        if hasattr(dataset, "use_gt_bbox"):
            assert dataset.use_gt_bbox and "annotated boxes" in cell


def test_losses(begun):
    _, table, told = begun
    cell = table["loss"][1]
    weights = {task.weight[0] for tasks in told["tasks"] for task in tasks
               if "action" in task.name}
    assert all(len(set(task.weight)) == 1 for tasks in told["tasks"] for task in tasks)
    assert {float(w) for w in re.findall(r"× ([\d.]+)", cell)} == weights


def test_steps_of_an_epoch(begun):
    _, table, told = begun
    cell = table["steps of an epoch"][1]
    steps = {stage.steps_per_epoch for stage in told["stages"] if stage.epochs}
    counted = re.fullmatch(r"(people|clips) // (\d+)", cell)
    if counted:
        count = {"people": PEOPLE, "clips": CLIPS}[counted[1]]
        assert steps == {count // int(counted[2])}
    else:
        assert cell == "one pass over the longest set"
        assert steps == {len(loader) for loader in loaders(told)}


def test_what_is_watched(begun):
    _, table, told = begun
    cell = table["validation"][1]
    watched = {stage.plan.monitor for stage in told["stages"]
               if isinstance(stage.plan, Plateau)}
    for score in {told["best"], *watched}:
        assert f"`{score}`" in cell
        assert score.split("/")[0] in told["scores"]


def test_the_network(begun):
    script, table, told = begun
    cfg = script.Config()
    sizes = vars(cfg)
    if hasattr(cfg, "network"):
        sizes = sizes | script.NETWORKS[cfg.network]
    cell = table["network"][1]
    for size, words in SIZES.items():
        value = sizes.get(size)
        if value is not None:
            value = value if isinstance(value, tuple) else (value, value)
            assert words.format(*value) in cell, size
    replica = sizes.get("pose_replica", sizes.get("replica"))
    if replica is not None:
        assert ("no replica" in cell) is not replica and "replica" in cell
    description = read_description(told["cfg"].logdir)
    assert f"{description.layout.num_joints} joints" in cell
    contexts = description.arguments.get("num_context_per_joint")
    assert contexts == (2 if "2 contexts per joint" in cell else None)
