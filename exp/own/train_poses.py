"""Teach a trained SPNet poses of your own: docs/own-data.md.

People are annotated as COCO does it: `DATA/annotations/person_keypoints_train*.json` and
`..._val*.json`, pictures in `DATA/train*/`, `DATA/val*/` or `DATA/images/`.  The network
keeps what it knows of poses; joints that COCO lacks (neck, head, hands, feet) teach
nothing.

    deephar dataset check coco my_people
    python exp/own/train_poses.py --data my_people --weights penn_spnet
    python exp/own/train_poses.py --data synthetic --weights output/quickstart
    deephar bench crowd --data my_people --model output/own_poses    # AP by COCO's tool
"""
import dataclasses
from dataclasses import dataclass

import keras

from deephar.checkpoints.description import describe_spnet, spnet_config
from deephar.checkpoints.load import find_checkpoint
from deephar.checkpoints.table import CHECKPOINTS
from deephar.data import BatchLoader, CocoKeypoints
from deephar.losses import pose_regression_loss
from deephar.models import spnet
from deephar.training.evaluators import oks_of
from deephar.training.fresh import begin
from deephar.training.run import RunConfig, start_run
from deephar.training.schedule import Cosine
from deephar.training.stages import Stage, train_scored
from deephar.training.strategy import make_strategy
from deephar.training.task import Task
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TRAIN_MODE, VALID_MODE


@dataclass(frozen=True)
class Config(RunConfig):
    """Teach a trained SPNet poses of your own."""
    logdir: str = flag("output/own_poses", "folder of the run")
    weights: str = flag("penn_spnet", "a trained SPNet: a released one or a run's folder")
    batch_size: int = flag(24, "people, over all devices")
    epochs: int = flag(10, "in all")
    rate: float = flag(1e-3, "highest learning rate of Adam")


def main(cfg: Config) -> None:
    strategy = make_strategy(cfg.device)
    run = start_run(cfg, strategy)
    known = find_checkpoint(cfg.weights)[0] or CHECKPOINTS["penn_spnet"].description
    source, crops = spnet_config(known), known.dataconf
    network = dataclasses.replace(      # of pictures, without actions
        source, input_shape=source.input_shape[-3:], num_actions=(), action_pyramids=())
    run.describe(describe_spnet(network, crops))
    coco = CocoKeypoints(cfg.place("coco"), crops, source.poselayout)
    people = BatchLoader(coco, ["frame"], ["pose"], TRAIN_MODE, cfg.batch_size,
                         spnet.get_num_predictions(source.num_pyramids, source.num_levels),
                         seed=cfg.seed)
    with strategy.scope():
        model = spnet.build(network)
        begin(model, cfg.weights)

    steps = cfg.steps_per_epoch or max(coco.get_length(TRAIN_MODE) // cfg.batch_size, 1)
    stage = Stage(
        "own poses", cfg.epochs, steps,
        lambda: [Task("own", model, people, pose_regression_loss("l1l2bincross", 0.01),
                      keras.optimizers.Adam(cfg.rate))],
        Cosine(cfg.rate, cfg.epochs))
    score = oks_of(coco, VALID_MODE, crops, source.poselayout, count=cfg.eval_samples)
    train_scored(cfg, model, [stage], run, strategy, {"own": score}, best="own/oks")


if __name__ == "__main__":
    main(parse_config(Config))
