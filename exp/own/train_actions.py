"""Teach a trained SPNet actions of your own: docs/own-data.md.

Videos are folders of pictures, sorted by class: `DATA/train/CLASS/VIDEO/*.jpg`
and `DATA/test/CLASS/VIDEO/*.jpg`.  The network keeps what it knows of poses
and of moving people; only what names the classes begins afresh.

    python exp/own/train_actions.py --data my_videos --weights penn_spnet
    python exp/own/train_actions.py --data my_videos --weights output/quickstart
    python exp/own/train_actions.py --data synthetic --weights output/quickstart
"""
import dataclasses
from dataclasses import dataclass
from pathlib import Path

import keras

from deephar.checkpoints.description import describe_spnet, spnet_config
from deephar.checkpoints.load import find_checkpoint
from deephar.checkpoints.table import CHECKPOINTS
from deephar.config import DataConfig, ModelConfig, pennaction_dataconf
from deephar.data import BatchLoader, PennAction
from deephar.data.folders import SPLITS, ActionFolders
from deephar.data.locate import locate
from deephar.evaluation.action import eval_singleclip_generator
from deephar.models import compile_split_models, spnet
from deephar.models.split import count_outputs
from deephar.training import EvalCallback
from deephar.training.callbacks import keep_weights
from deephar.training.fresh import begin
from deephar.training.run import RunConfig, start_run
from deephar.training.schedule import Cosine
from deephar.training.stages import Stage, train_stages
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE, TRAIN_MODE
from deephar.utils.places import place


@dataclass(frozen=True)
class Config(RunConfig):
    """Teach a trained SPNet actions of your own."""
    logdir: str = flag("output/own_actions", "folder of the run")
    weights: str = flag("penn_spnet", "a trained SPNet: a released one or a run's folder")
    num_actions: int = flag(0, "how many classes there must be; 0: as many as folders")
    all_layers: bool = flag(False, "train the pose network too, not the action heads alone")
    num_clips: int = flag(4, "in a batch, over all devices")
    epochs: int = flag(10, "in all")
    rate: float = flag(1e-3, "highest learning rate of Adam")


def known_network(weights: str) -> tuple[ModelConfig, DataConfig]:
    """The network that is trained already, and its crops."""
    known = find_checkpoint(weights)[0] or CHECKPOINTS["penn_spnet"].description
    return spnet_config(known), known.dataconf


def sort_synthetic(penn_folder: Path, root: Path) -> Path:
    """Synthetic Penn Action as such folders, by links."""
    penn = PennAction(penn_folder, pennaction_dataconf)
    for mode, split in SPLITS.items():
        for video in penn.sequences[mode]:
            link = root / split / penn.action_labels[video.action] / f"{video.idx:04d}"
            if not link.exists():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to((penn.images / link.name).resolve())
    return root


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    source, crops = known_network(cfg.weights)
    folder = place(cfg.data)
    if cfg.data == "synthetic":
        penn = locate("synthetic", "pennaction", cfg.synthetic_size)
        folder = sort_synthetic(penn, penn.parent / "own")
    videos = ActionFolders(folder, crops, source.poselayout, source.input_shape[0])
    labels = tuple(videos.action_labels)
    if cfg.num_actions not in (0, len(labels)):
        raise ValueError(f"--num-actions is {cfg.num_actions}, {folder} has "
                         f"{len(labels)} classes: {', '.join(labels)}")
    network = dataclasses.replace(source, num_actions=(len(labels),))
    run.describe(describe_spnet(network, crops, {"own": labels}))
    with strategy.scope():
        full = spnet.build(network)
        fresh = begin(full, cfg.weights)      # logs which they are
    num_outputs = count_outputs(network)[1]
    clips = BatchLoader(videos, ["frame"], ["action"], TRAIN_MODE, cfg.num_clips,
                        num_outputs, seed=cfg.seed)
    tests = BatchLoader(videos, ["frame"], ["action"], TEST_MODE, cfg.num_clips,
                        num_outputs, shuffle=False)

    def tasks() -> list[Task]:
        _, action_model = compile_split_models(
            full, network, keras.optimizers.Adam(cfg.rate),
            pose_trainable=cfg.all_layers, ar_loss_weights=1.0)
        return [Task("action", action_model, clips)]

    judged = compile_split_models(full, network, keras.optimizers.Adam())[1]

    def score(model):
        return {"accuracy": 100 * eval_singleclip_generator(model, tests, verbose=0)[-1]}

    train_stages(
        full, [Stage("own actions", cfg.epochs, cfg.steps(len(clips)), tasks,
                     Cosine(cfg.rate, cfg.epochs))],
        run, strategy=strategy, fresh=cfg.guarded(fresh),
        callbacks=[EvalCallback("own", score, judged, strategy=strategy),
                   *keep_weights(run.folder, full, "own/accuracy", True,
                                 strategy=strategy)],
        **cfg.trainer_options())


if __name__ == "__main__":
    main(parse_config(Config))
