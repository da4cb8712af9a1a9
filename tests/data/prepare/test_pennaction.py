"""Penn Action: from one label file per sequence to one annotation file."""
import numpy as np
import pytest
import scipy.io

from deephar.data.labels import PENN_ACTIONS
from deephar.data.prepare.pennaction import prepare
from tests.fakes.owners import write_pennaction


@pytest.fixture
def source(tmp_path):
    write_pennaction(tmp_path / "Penn_Action")
    return tmp_path / "Penn_Action"


def test_labels_become_sequences(source, tmp_path):
    out = tmp_path / "PennAction"
    outcome = prepare(source, out)
    assert outcome.sequences == {"train": 2, "test": 1} and not outcome.problems
    annotations = scipy.io.loadmat(out / "annotations.mat")
    train, test = annotations["sequences_tr"], annotations["sequences_te"]
    assert [int(s["idx"][0, 0]) for s in train.ravel()] == [1, 3]
    assert [int(s["action_id"][0, 0]) for s in train.ravel()] == [
        PENN_ACTIONS.index("bowl") + 1, PENN_ACTIONS.index("tennis_serve") + 1]
    assert test.shape == (1, 1) and test[0, 0]["frames"].shape == (1, 1)
    frame = train[0, 0]["frames"][0, 1]
    assert [int(frame[key][0, 0]) for key in ("f", "w", "h")] == [2, 96, 64]
    x = np.arange(13, 26)
    assert np.array_equal(frame["pose"], [x, x / 2])
    assert np.array_equal(frame["visible"].ravel(), x % 2 == 0)
    assert [str(a[0]) for a in annotations["action_labels"].ravel()] == list(PENN_ACTIONS)
    pictures = sorted(p.relative_to(out).as_posix() for p in out.rglob("*.jpg"))
    assert len(pictures) == 8 and pictures[0] == "frames/0001/000001.jpg"


def test_lengths_that_disagree(source, tmp_path):
    (source / "frames" / "0003" / "000004.jpg").unlink()
    outcome = prepare(source, tmp_path / "out")
    assert outcome.sequences == {"train": 2, "test": 1}
    assert "4 labels for 3 pictures" in outcome.problems[0]


def test_bad_sequences_are_left_out(source, tmp_path):
    (source / "labels" / "0002.mat").write_bytes(b"nothing")
    label = scipy.io.loadmat(source / "labels" / "0003.mat")
    label = {k: v for k, v in label.items() if not k.startswith("__")}
    scipy.io.savemat(source / "labels" / "0003.mat", label | {"action": "juggling"})
    outcome = prepare(source, tmp_path / "out")
    assert outcome.sequences == {"train": 1, "test": 0}
    assert "0002.mat" in outcome.problems[0] and "juggling" in outcome.problems[1]


def test_wrong_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="labels"):
        prepare(tmp_path, tmp_path / "out")
