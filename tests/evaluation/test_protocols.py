"""Where the boxes of an action protocol come from, and what is said of it."""
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from deephar.config import DataConfig
from deephar.data import DATASETS
from deephar.evaluation import protocols
from deephar.evaluation.protocols import BOXES, ActionConfig
from deephar.utils.pose import pa16j2d

NETWORK = SimpleNamespace(dataconf=DataConfig(), layout=pa16j2d, num_frames=4,
                          is_merge=True)


@pytest.fixture
def session(tmp_path):
    return SimpleNamespace(cfg=ActionConfig(), folder=tmp_path,
                           locate=lambda name: tmp_path)


@pytest.fixture(autouse=True)
def recorded_data_sets(monkeypatch):
    """A data set is the options that it was made with."""
    record = lambda folder, dataconf, layout, **options: options
    for name in ("pennaction", "ntu"):
        monkeypatch.setitem(DATASETS, name, replace(DATASETS[name], opener=record))


@pytest.mark.parametrize("boxes", ["gt", "full", "two-pass"])
def test_only_gt_uses_annotated_joints(session, boxes):
    options, clip_boxes = protocols._videos(session, NETWORK, "pennaction", boxes, "")
    assert options == {"topology": "sequences", "use_gt_bbox": boxes == "gt",
                       "clip_size": 4}
    assert clip_boxes is None


def test_ntu_has_two_splits(session):
    options, _ = protocols._videos(session, NETWORK, "ntu", "gt", "")
    assert options["eval_mode"] == "cs"


def test_boxes_of_the_released_file_are_the_data_sets(session, tmp_path):
    path = tmp_path / protocols.PENN_BOXES[True][0]
    path.write_text(json.dumps([{}, {}, {}]))
    options, clip_boxes = protocols._videos(
        session, NETWORK, "pennaction", "predicted", "")
    assert str(options["pred_bboxes_file"]) == str(path) and clip_boxes is None
    with pytest.raises(ValueError, match="boxes of clips"):
        protocols._videos(session, NETWORK, "ntu", "predicted", str(path))


def test_boxes_of_clips_are_the_tasks(session, tmp_path):
    path = tmp_path / "boxes.json"
    path.write_text(json.dumps({"0000.1.000.0": [0, 0, 9, 9]}))
    options, clip_boxes = protocols._videos(
        session, NETWORK, "ntu", "predicted", str(path))
    assert "pred_bboxes_file" not in options and len(clip_boxes) == 1


def test_no_box_file_says_who_makes_it(session):
    with pytest.raises(FileNotFoundError, match="predict_bboxes.py makes it"):
        protocols._videos(session, NETWORK, "ntu", "predicted", "")
    with pytest.raises(KeyError, match="gt, predicted, full, two-pass"):
        protocols._videos(session, NETWORK, "ntu", "guessed", "")
    assert set(BOXES) == {"gt", "predicted", "full", "two-pass"}


def test_synthetic_data_and_limits_are_said():
    facts = lambda **flags: protocols._data_facts(
        SimpleNamespace(cfg=ActionConfig(**flags)), "test")
    assert facts() == {"split": "test"}
    assert "SYNTHETIC" in facts(data="synthetic")["data"]
    assert "5 samples" in facts(limit=5)["split"]


def test_crops_in_words():
    assert protocols._crops(False, False) == "single"
    assert protocols._crops(True, True) == "5 displaced, each also mirrored; mean"
