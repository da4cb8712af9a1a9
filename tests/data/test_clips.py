import json

import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.data.clips import (
    VideoDataset, choose_augmentation, get_clip_frame_index, get_clips_of_sequence)
from deephar.utils.modes import TEST_MODE, TRAIN_MODE, VALID_MODE
from deephar.utils.pose import pa16j2d
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


class Videos(VideoDataset):
    """Twenty videos of as many frames as their names say."""

    def __init__(self, topology="sequences"):
        super().__init__(DataConfig(), pa16j2d, topology, 4)
        self.sequences = {TEST_MODE: ["x"], TRAIN_MODE: ["x" * n for n in range(1, 21)],
                          VALID_MODE: []}


def test_videos_held_out():
    videos, frames = Videos(), Videos("frames")
    part, pictures = videos.hold_out(0.1, seed=3), frames.hold_out(0.1, seed=3)
    assert [part.get_length(mode) for mode in (TEST_MODE, TRAIN_MODE, VALID_MODE)] == [1, 18, 2]
    assert part.sequences == pictures.sequences
    assert sorted(part.sequences[TRAIN_MODE] + part.sequences[VALID_MODE]) == (
        videos.sequences[TRAIN_MODE])
    assert pictures.get_length(VALID_MODE) == sum(map(len, part.sequences[VALID_MODE]))
    assert frames.get_length(TRAIN_MODE) == 210 and videos.get_length(VALID_MODE) == 0
    assert part.sequences == videos.hold_out(0.1, seed=3).sequences
    assert part.sequences != videos.hold_out(0.1, seed=4).sequences


def test_what_cannot_be_held_out():
    videos = Videos()
    with pytest.raises(ValueError, match="20 of 20 training videos"):
        videos.hold_out(1.0)
    with pytest.raises(ValueError, match="sets without a validation split"):
        videos.hold_out().hold_out()
    videos.pred_bboxes = [{}, {}, {}]
    with pytest.raises(ValueError, match="numbered by split"):
        videos.hold_out()


def test_samples_that_are_frames_go_video_by_video():
    frames = Videos("frames")
    found = [frames._select(key, TRAIN_MODE, None, {}, False, None) for key in range(210)]
    assert found == [(n, [at]) for n in range(20) for at in range(n + 1)]


@pytest.mark.parametrize("wanted", [[], [-1, 0], [0, 7]])
def test_frames_that_a_video_has_not(wanted):
    with pytest.raises(ValueError, match="has frames 0 to 6, got frame_list"):
        Videos()._select(6, TRAIN_MODE, wanted, {}, False, None)
