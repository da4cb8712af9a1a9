"""What decoding, cropping, drawing and encoding cost beside the network.

Measured in processor time, so that other work on the machine does not count:
where the network keeps every core busy, that is what the wall clock shows.
"""
import time

import numpy as np
import pytest
from PIL import Image

from deephar.config import ModelConfig
from deephar.inference.predictor import Predictor
from deephar.inference.render import Renderer
from deephar.inference.sources import frames_of
from deephar.inference.threads import WriteBehind
from deephar.inference.video import predict_video
from deephar.inference.writer import VideoWriter
from deephar.networks.network import Network
from deephar.networks.predict import predictor as batches
from deephar.utils.pose import pa16j2d

NUM_FRAMES, SIZE = 96, (640, 480)


def write_scene(path):
    """A video with the detail of a photograph."""
    rng = np.random.default_rng(0)
    wall = Image.fromarray(rng.integers(0, 255, (60, 80, 3), np.uint8)).resize(
        (2 * SIZE[0], SIZE[1]), Image.Resampling.BICUBIC)
    with VideoWriter(path, fps=25) as writer:
        for i in range(NUM_FRAMES):
            writer.write(wall.crop((4 * i, 0, 4 * i + SIZE[0], SIZE[1])), i / 25)


def seconds_of(work) -> tuple[float, float]:
    """(processor, wall clock) of calling `work`."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - processor, time.perf_counter() - wall


@pytest.mark.slow
def test_a_video_costs_little_more_than_its_network(tmp_path, capsys):
    pytest.importorskip("av")
    from deephar.models import spnet
    model = spnet.build(ModelConfig(
        (8, 256, 256, 3), pa16j2d, num_actions=(15,), num_pyramids=2,
        action_pyramids=(1, 2), num_levels=4, num_pose_features=192,
        num_visual_features=192))
    network = Network(model, pa16j2d, {"pennaction": tuple(f"class {i}" for i in range(15))})
    predictor = Predictor(network, min_confidence=0.0)
    write_scene(tmp_path / "in.mp4")

    def end_to_end():
        render = Renderer(pa16j2d, timeline=NUM_FRAMES)
        with VideoWriter(tmp_path / "out.mp4", fps=25) as writer:
            behind = WriteBehind(lambda item: writer.write(
                render(item[0].picture, item[1]), item[0].time), size=4)
            for item in predict_video(predictor, frames_of(tmp_path / "in.mp4"),
                                      boxes=lambda picture: [(180, 40, 440, 440)]):
                behind.put(item)
            behind.close()

    run = batches(model, 1)
    clip = np.random.default_rng(0).uniform(-1, 1, (1, 8, 256, 256, 3)).astype(np.float32)
    alone = lambda: [run(clip) for _ in range(NUM_FRAMES // 8)]
    run(clip)                                           # traces
    rounds = [(seconds_of(alone), seconds_of(end_to_end)) for _ in range(3)]
    (network_cpu, network_wall), (all_cpu, all_wall) = np.median(rounds, axis=0)
    with capsys.disabled():
        print(f"\nnetwork {NUM_FRAMES / network_wall:.1f} frames/s, end to end "
              f"{NUM_FRAMES / all_wall:.1f} frames/s; wall clock × "
              f"{all_wall / network_wall:.3f}, processor × {all_cpu / network_cpu:.3f}")
    assert all_cpu <= 1.15 * network_cpu
