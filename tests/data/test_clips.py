import json

import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.data.clips import (
    choose_augmentation, get_clip_frame_index, get_clips_of_sequence)
from deephar.utils import TEST_MODE, TRAIN_MODE
from tests.fakes.datasets import GOLDEN


def test_golden_clips():
    for size, subsample, num_frames, frames in json.loads(
            (GOLDEN / "clip_frames.json").read_text()):
        assert get_clip_frame_index(size, subsample, num_frames) == frames


@pytest.mark.parametrize("size", [1, 2, 3, 7, 16, 50])
@pytest.mark.parametrize("subsample", [1, 2, 6])
def test_random_clips(size, subsample):
    rng = np.random.default_rng(0)
    clips = [get_clip_frame_index(size, subsample, 8, True, rng) for _ in range(60)]
    for clip in clips:
        assert len(clip) == 8 and 0 <= clip[0] and clip[-1] < size
        steps = np.diff(clip)
        assert (0 <= steps).all() and (steps <= subsample).all()
    starts = {clip[0] for clip in clips}
    if size == 50 and subsample == 6:
        assert starts == set(range(50 - 42))        # every possible start


def test_random_clips_come_from_the_generator():
    draw = lambda: get_clip_frame_index(90, 2, 8, True, np.random.default_rng(5))
    assert draw() == draw()


@pytest.mark.parametrize("arguments", [(0, 1, 8), (5, 0, 8), (5, 1, 0)])
def test_clips_of_nothing(arguments):
    with pytest.raises(ValueError, match="at least 1, got"):
        get_clip_frame_index(*arguments)


def test_clips_that_cover_a_video():
    assert get_clips_of_sequence(10, [1], 4) == [
        [0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7], [6, 7, 8, 9]]
    assert get_clips_of_sequence(10, [2, 1], 8) == [list(range(8))]
    assert get_clips_of_sequence(3, [1], 4) == []


def test_settings_of_a_sample():
    conf = DataConfig(angles=(10, 20), fixed_angle=3)
    rng = np.random.default_rng(0)
    given, drawn, _ = choose_augmentation(conf, TRAIN_MODE, {"angle": 7}, None)
    assert given["angle"] == 7 and given["scale"] == 1 and not drawn
    fixed, drawn, _ = choose_augmentation(conf, TEST_MODE, None, None)
    assert fixed["angle"] == 3 and not drawn
    random, drawn, same = choose_augmentation(conf, TRAIN_MODE, None, rng)
    assert random["angle"] in (10, 20) and drawn and same is rng
