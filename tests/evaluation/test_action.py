"""Action accuracies against published numbers, and by hand.

The published products were made of tiny videos.  What the stand-in network
sees of a clip, the mean colour of 8 x 8 cells, is kept here instead of them.
"""
import json
from pathlib import Path

import numpy as np
import pytest

from deephar.config import DataConfig
from deephar.data.clips import get_clips_of_sequence
from deephar.data.labels import PENN_ACTIONS
from deephar.evaluation import action
from deephar.evaluation.loop import Rows, evaluate
from deephar.networks.predict import predictor
from deephar.utils.modes import TEST_MODE
from tests.evaluation.stand_ins import Function

GOLDEN = Path(__file__).parent.parent / "golden" / "evaluation.npz"
SETS = {"penn": ("pennaction", 15, 8, 6), "ntu": ("ntuaction", 60, 6, 0)}


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as file:
        return dict(file)


class Videos:
    """The test videos of the golden; a frame is the cells of its clip."""

    def __init__(self, golden, name):
        self.key, self.num_classes, self.num_frames, _ = SETS[name]
        self.sizes = golden[f"{name}_num_frames"].tolist()
        self.labels = golden[f"{name}_labels"].tolist()
        self.cells = {tuple(view): cells for view, cells in zip(
            golden[f"{name}_views"].tolist(), golden[f"{name}_features"])}
        self.dataconf = DataConfig()
        self.boxes, self.broken = [], ()

    def get_length(self, mode):
        assert mode == TEST_MODE
        return len(self.sizes)

    def clip_length(self):
        return self.num_frames

    def get_num_frames(self, key, mode):
        return self.sizes[key]

    def get_clip_index(self, key, mode, subsamples):
        return get_clips_of_sequence(self.sizes[key], subsamples, self.num_frames)

    def get_data(self, key, mode, frame_list=None, bbox=None, *, augmentation):
        if key in self.broken:
            raise OSError("no such frame")
        self.boxes.append(bbox)
        cells = self.cells[key, frame_list[0], augmentation["hflip"]]
        sample = {"pennaction": np.zeros(15), "ntuaction": np.zeros(60)}
        sample[self.key][self.labels[key]] = 1
        return {**sample, "frame": np.repeat(cells[None], self.num_frames, axis=0)}


def network(name):
    """The published stand-in: two random linear classifiers of the cells."""
    _, classes, num_frames, favourite = SETS[name]
    maps = [np.random.RandomState(100 + b).normal(0, 1.5, (192, classes))
            for b in range(2)]

    def outputs(x):
        logits = [x.mean(1).reshape(len(x), 192) @ m for m in maps]
        logits[0][:, favourite] += 6
        powers = [np.exp(z - z.max(1, keepdims=True)) for z in logits]
        return [p / p.sum(1, keepdims=True) for p in powers]

    return Function(outputs, (None, num_frames, 8, 8, 3))


@pytest.mark.parametrize("name", ["penn", "ntu"])
def test_published_multiclip_scores(golden, name, tmp_path):
    scores = action.eval_multiclip_dataset(
        network(name), Videos(golden, name), 1, logdir=tmp_path)
    np.testing.assert_allclose(scores, golden[f"{name}_multiclip_scores"], atol=1e-6)
    products = np.load(tmp_path / "a_pred.npy")
    assert products.shape == (2, 2, SETS[name][1])
    if name == "ntu":
        np.testing.assert_allclose(products, golden["ntu_multiclip_probs"], atol=1e-6)


def test_published_probabilities_of_every_clip(golden):
    """Clips in order, the mirror image after each."""
    trial = action.action_trial(Videos(golden, "penn"), TEST_MODE, 1)
    centre, *views = trial.views(1)
    assert centre[0][0] == action.CENTRE
    frames = np.stack([trial.read(1, view)["frame"] for view in views])
    np.testing.assert_allclose(
        np.stack(network("penn").predict(frames)), golden["penn_allpred_last_video"],
        atol=1e-6)


@pytest.mark.parametrize("batch_size", [1, 2])
def test_published_singleclip_scores(golden, batch_size, tmp_path):
    """With a batch that is not full at the end, and targets that repeat."""
    trial = action.action_trial(Videos(golden, "penn"), TEST_MODE, 1, multi_clip=False)

    class Loader:
        def __len__(self):
            return 2 // batch_size

        def __getitem__(self, i):
            samples = [trial.read(v, trial.views(v)[0])
                       for v in range(i * batch_size, (i + 1) * batch_size)]
            labels = np.eye(15)[[s["label"] for s in samples]]
            return [np.stack([s["frame"] for s in samples])], [labels, labels]

    scores = action.eval_singleclip_generator(
        network("penn"), Loader(), logdir=tmp_path)
    np.testing.assert_allclose(scores, golden["penn_singleclip_scores"], atol=1e-6)
    assert np.load(tmp_path / "a_pred.npy").shape == (2, 2, 15)
    assert np.load(tmp_path / "a_true.npy").shape == (2, 15)


def test_repetitions_at_the_end_of_a_loader_do_not_count():
    class Loader:
        """Three videos in batches of two; the last row is the first again."""
        def __len__(self):
            return 2

        def __getitem__(self, i):
            labels = np.eye(2)[[0, 0]] if i == 0 else np.eye(2)[[0, 1]]
            return [np.zeros((2, 1, 1, 1, 1))], [labels]

        def num_rows(self, i):
            return 2 if i == 0 else 1

    always_0 = Function(lambda x: np.eye(2)[np.zeros(len(x), int)], (None, 1, 1, 1, 1))
    assert action.eval_singleclip_generator(always_0, Loader(), verbose=0) == [1.0]


def rows_of(golden, name="penn", **options):
    videos = Videos(golden, name)
    trial = action.action_trial(videos, TEST_MODE, 1, **options)
    return evaluate(trial, predictor(network(name), 3), batch_size=3)


def test_scores_of_a_streamed_data_set(golden):
    rows = rows_of(golden)
    single, multi = action.action_scores(
        rows, PENN_ACTIONS, protocol={"split": "test"}, paper=["penn"])
    np.testing.assert_allclose(multi.blocks, golden["penn_multiclip_scores"])
    np.testing.assert_allclose(
        np.divide(single.blocks, 100), golden["penn_singleclip_scores"])
    assert multi.paper == ["penn"] and single.paper == ()
    assert set(multi.parts) == {PENN_ACTIONS[a] for a in golden["penn_labels"]}
    assert action.confusion(rows, 15).sum() == 2
    assert "0 videos are too short" in multi.notes[0]


def test_the_products_logarithm_decides():
    """Products of very many clips are 0 for every class; their order is not lost."""
    many = np.full((300, 1, 3), 0.01)
    many[:, :, 2] = 0.02

    class Long(Videos):
        def __init__(self):
            pass

    dataset = Long()
    dataset.get_length = lambda mode: 1
    dataset.get_num_frames = lambda key, mode: 300
    dataset.clip_length = lambda: 1
    dataset.get_clip_index = lambda key, mode, subsamples: [[i] for i in range(300)]
    trial = action.action_trial(dataset, TEST_MODE, 1, flip=False)
    row = trial.reduce(0, [{"label": 2}], [np.concatenate([many[:1], many])[:, 0]])
    assert (np.exp(row["log_product"]) == 0).all()
    assert row["log_product"][0].argmax() == 2
    np.testing.assert_allclose(row["log_product"][0, 2], 300 * np.log(0.02))


def test_a_short_video_takes_the_clip_in_its_middle(golden):
    videos = Videos(golden, "penn")
    videos.sizes[1] = 5         # of 8 frames that a clip needs
    videos.cells[1, 0, 0] = videos.cells[1, 0, 1] = np.zeros((8, 8, 3))
    trial = action.action_trial(videos, TEST_MODE, 1)
    assert [(clip, flip) for (clip, _), flip in trial.views(1)] == [
        (action.CENTRE, 0), (0, 0), (0, 1)]
    assert trial.views(1)[1][0][1] == [0, 0, 1, 1, 2, 2, 3, 3]
    rows = evaluate(trial, predictor(network("penn"), 4), batch_size=4)
    scores = action.action_scores(rows, PENN_ACTIONS, protocol={})
    assert scores[-1].evaluated == 2 and "1 videos are too short" in scores[-1].notes[0]


def test_a_broken_video_is_never_scored(golden):
    videos = Videos(golden, "penn")
    videos.broken = (0,)
    with pytest.raises(RuntimeError, match="1 of 2 videos .* OSError: no such frame"):
        action.eval_multiclip_dataset(network("penn"), videos, 1)
    rows = evaluate(action.action_trial(videos, TEST_MODE, 1),
                    predictor(network("penn"), 4), batch_size=4)
    scores = action.action_scores(rows, PENN_ACTIONS, protocol={})
    assert [s.evaluated for s in scores] == [1, 1]
    assert list(scores[0].missing) == ["0"]


def test_boxes_come_from_the_file(golden, tmp_path):
    videos = Videos(golden, "penn")
    trial = action.action_trial(videos, TEST_MODE, 1)
    boxes = {}
    for video in range(2):
        for (clip, _), hflip in trial.views(video)[1:]:
            key = action.clip_key(video, 1, clip, hflip)
            boxes[key] = [video, clip, hflip, 99]
    assert "0000.1.003.1" in boxes
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    action.eval_multiclip_dataset(network("penn"), videos, 1, tmp_path / "boxes.json")
    used = {tuple(box) for box in videos.boxes}
    assert used == {tuple(box) for box in boxes.values()}


def test_a_clip_without_its_box_is_named(golden):
    trial = action.action_trial(Videos(golden, "penn"), TEST_MODE, 1,
                                boxes={"0000.1.000.0": [0, 0, 1, 1]})
    with pytest.raises(KeyError, match="0000.1.000.1"):
        trial.read(0, ((0, list(range(8))), 1))


def test_limit_and_single_clip(golden):
    rows = rows_of(golden, count=1, multi_clip=False)
    scores = action.action_scores(rows, PENN_ACTIONS, protocol={}, paper=["penn"])
    assert len(scores) == 1 and scores[0].evaluated == 1
    assert scores[0].paper == ["penn"]


def test_what_is_said_of_a_video():
    rows = Rows(2, [0, 1], {
        "label": [0, 1],
        "single": [np.array([[.8, .2, .0]]), np.array([[.1, .3, .6]])]})
    labels = ["bowl", "squat", "situp"]
    assert action.verdict(rows, 0, labels) == "bowl"
    assert action.verdict(rows, 1, labels) == "squat as situp"
    np.testing.assert_allclose(action.sample_errors(rows), [.2, .7], atol=1e-6)
    assert action.action_scores(Rows(2), labels, protocol={})[0].value is None
