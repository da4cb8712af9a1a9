"""Measure the speed of SPNet on Penn Action, leaving it at different blocks (TPAMI'20).

As published: SPNet 2D with 6 pyramids, actions in all six, a replica of the poses,
160 features of either kind; 250 test clips of 8 pictures, `predict` in batches of
2; for every block a network cut to that block's pose and action; frames per
second are pictures by seconds.

Expected: the published tables could not be verified, so that no number stands
here; speeds depend on the machine anyway, and not on the weights, which are
random.  `eval_penn_multitask.py` has the scores of the blocks.  `deephar bench
network --blocks` measures any other network, with its scores.

    python exp/pennaction/eval_speed2d.py output/speed --data datasets
    python exp/pennaction/eval_speed2d.py output/speed --data synthetic --exits 18
"""
import dataclasses
import sys
import time
from dataclasses import dataclass

import keras
import numpy as np

from deephar.checkpoints.description import Description
from deephar.checkpoints.table import CHECKPOINTS
from deephar.data import PennAction
from deephar.evaluation.action import centre_clip
from deephar.evaluation.loop import Trial, spread
from deephar.evaluation.report import Score, format_report
from deephar.evaluation.session import EvalConfig, Session, exit_code
from deephar.networks.cut import cut, num_blocks
from deephar.networks.network import Network, weights_info
from deephar.networks.tiny import TINY
from deephar.training.strategy import workers_on
from deephar.utils.flags import flag, parse_config
from deephar.utils.modes import TEST_MODE

CLIPS, TINY_CLIPS = 250, 4


@dataclass(frozen=True)
class Config(EvalConfig):
    """Measure frames per second of SPNet, leaving it at different blocks."""
    output: str = flag("output/eval_speed2d", "folder of the report", positional=True)
    batch_size: int = flag(2, "clips per step")
    limit: int = flag(0, "so many clips; 0: 250")
    exits: tuple[int, ...] = flag((), "blocks to leave at, from 1; empty: every one")


def describe(tiny: bool) -> Description:
    """The released SPNet, with actions in every pyramid."""
    description = TINY["penn_spnet"] if tiny else CHECKPOINTS["penn_spnet"].description
    pyramids = description.arguments["num_pyramids"]
    return dataclasses.replace(description, arguments={
        **description.arguments, "action_pyramids": tuple(range(1, pyramids + 1))})


def main(cfg: Config) -> int:
    session = Session(cfg, workers_on(cfg.device))
    keras.utils.set_random_seed(cfg.seed)
    description = describe(cfg.tiny)
    network = Network(description.build(), description.layout, description.actions,
                      name="SPNet, actions in all pyramids", dataconf=description.dataconf,
                      weights=weights_info(None))
    session.weights = network.weights
    clips = read_clips(session, network, cfg.limit or (TINY_CLIPS if cfg.tiny else CLIPS))
    exits = cfg.exits or range(1, num_blocks(network.model) + 1)
    # An exit is a sample, so that an interrupted run goes on after the last one.
    trial = Trial("speed", [str(block) for block in exits], views=lambda sample: [0],
                  read=lambda sample, view: {"frame": np.array(exits[sample])},
                  reduce=lambda sample, views, outputs: {"speed": outputs[0][0]})

    def measure(blocks: np.ndarray) -> list[np.ndarray]:
        return [np.array([speed_of(network, int(block), clips, cfg.batch_size)
                          for block in blocks])]

    rows = session.evaluate(trial, measure, batch_size=1)
    speeds = rows["speed"].tolist() if len(rows) else []
    report = session.finish([Score(
        "speed", "frames/s", speeds[-1] if speeds else None, blocks=speeds,
        block_names=[trial.samples[i] for i in rows.index], samples=rows.total,
        evaluated=len(rows), missing=rows.missing, paper=cfg.paper or ("speed",), protocol={
            "clips": f"{len(clips)} of {clips.shape[1]} pictures, {cfg.data}",
            "batch": f"{cfg.batch_size} clips", "outputs": "the block's pose and action",
            "time": "`predict` of clips in memory, after one batch to warm up"})])
    print(format_report(report))
    return exit_code(report)


def read_clips(session: Session, network: Network, count: int) -> np.ndarray:
    """The clips in the middle of test videos, spread over them, (N, T, H, W, 3)."""
    dataset = PennAction(session.locate("pennaction"), network.dataconf, network.layout,
                         use_gt_bbox=True, clip_size=network.num_frames)
    fixed = network.dataconf.get_fixed_config()
    videos = spread(dataset.get_length(TEST_MODE), count)
    clips = np.empty((count, *network.model.input_shape[1:]), np.float32)
    for i in range(count):                  # small sets have fewer videos
        video = videos[i % len(videos)]
        frames = centre_clip(dataset, video, TEST_MODE, network.frame_step)
        clips[i] = dataset.get_data(video, TEST_MODE, frame_list=frames,
                                    augmentation=fixed)["frame"]
    return clips


def speed_of(network: Network, block: int, clips: np.ndarray, batch_size: int) -> float:
    """Pictures per second of the network that ends after a block."""
    model = cut(network, "last", block).model
    model.predict(clips[:batch_size], batch_size=batch_size, verbose=0)
    start = time.perf_counter()
    model.predict(clips, batch_size=batch_size, verbose=0)
    return clips.shape[0] * clips.shape[1] / (time.perf_counter() - start)


if __name__ == "__main__":
    sys.exit(main(parse_config(Config)))
