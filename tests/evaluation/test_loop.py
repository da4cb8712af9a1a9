"""The loop: order, broken samples, interruption, resume, memory."""
import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from deephar.evaluation.loop import (
    Rows, Trial, describe, evaluate, spread, time_shares)

ROOT = Path(__file__).resolve().parent.parent.parent
FRAME = np.zeros((2, 2, 3), np.float32)


def counting_trial(num=10, views=lambda i: [0], read=None):
    return Trial(
        name="count", samples=[f"s{i}" for i in range(num)], views=views,
        read=read or (lambda i, view: {"frame": FRAME + i + 0.1 * view, "view": view}),
        reduce=lambda i, data, outputs: {
            "mean": outputs[0].mean(), "views": len(data)})


def identity(x):
    return [x.mean((1, 2, 3))]


def test_every_sample_has_its_row():
    trial = counting_trial(views=lambda i: range(1 + i % 3))
    rows = evaluate(trial, identity, batch_size=4)
    assert rows.index == list(range(10)) and rows.complete
    expected = [i + 0.05 * (i % 3) for i in range(10)]
    np.testing.assert_allclose(rows["mean"], expected, atol=1e-6)
    assert rows["views"].tolist() == [1 + i % 3 for i in range(10)]


def test_views_of_neighbours_fill_batches_together():
    sizes = []

    def predict(x):
        sizes.append(len(x))
        return identity(x)

    evaluate(counting_trial(num=8, views=lambda i: range(3)), predict, batch_size=4)
    assert sizes == [4] * 6             # 8 samples x 3 views


def test_what_cannot_be_read_is_missing_with_its_reason():
    def read(i, view):
        if i == 3 and view == 1:
            raise OSError("cut off")
        return {"frame": FRAME + i}

    def views(i):
        if i == 6:
            raise KeyError("no such clip")
        return [] if i == 7 else [0, 1]

    rows = evaluate(counting_trial(views=views, read=read), identity, batch_size=4)
    assert rows.missing == {"s3": "OSError: cut off", "s6": "KeyError: 'no such clip'",
                            "s7": "ValueError: the sample has no views"}
    assert rows.index == [0, 1, 2, 4, 5, 8, 9]
    np.testing.assert_allclose(rows["mean"], rows.index)


def test_an_output_that_is_not_finite_is_missing():
    def predict(x):
        means = x.mean((1, 2, 3))
        return [np.where(means == 5, np.nan, means)]

    rows = evaluate(counting_trial(), predict, batch_size=4)
    assert list(rows.missing) == ["s5"] and 5 not in rows.index


def test_a_fault_of_the_network_is_no_missing_sample():
    def predict(x):
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        evaluate(counting_trial(), predict)


def interrupting(after, inner=identity):
    """A network that meets Ctrl-C in its call number `after`."""
    calls = iter(range(1000))

    def predict(x):
        if next(calls) == after:
            raise KeyboardInterrupt
        return inner(x)
    return predict


@pytest.mark.parametrize("after", [0, 1, 2])
def test_interrupted_and_resumed_is_as_uninterrupted(tmp_path, after):
    trial = counting_trial(views=lambda i: range(1 + i % 2))
    whole = evaluate(trial, identity, batch_size=4)
    path, settings = tmp_path / "rows.npz", {"weights": "abc"}

    part = Rows(10)
    with pytest.raises(KeyboardInterrupt):
        evaluate(trial, interrupting(after), batch_size=4, rows=part,
                 save=lambda rows: rows.save(path, settings))
    assert not part.complete and part.next_sample % 4 == 0
    again = evaluate(trial, identity, batch_size=4,
                     rows=Rows.load(path, 10, settings))
    assert again.complete and again.index == whole.index
    for name in whole.columns:
        np.testing.assert_array_equal(again[name], whole[name])


def test_missing_samples_survive_a_resume(tmp_path):
    def read(i, view):
        if i in (1, 9):
            raise OSError("cut off")
        return {"frame": FRAME + i}

    trial = counting_trial(read=read)
    with pytest.raises(KeyboardInterrupt):
        evaluate(trial, interrupting(1), batch_size=4,
                 save=lambda rows: rows.save(tmp_path / "rows.npz", {}))
    rows = evaluate(trial, identity, batch_size=4,
                    rows=Rows.load(tmp_path / "rows.npz", 10, {}))
    assert list(rows.missing) == ["s1", "s9"] and len(rows) == 8


def test_a_run_whose_first_samples_are_all_missing_is_resumed_too():
    def read(i, view):
        if i < 4:
            raise OSError("cut off")
        return {"frame": FRAME + i}

    rows = Rows(10, missing={f"s{i}": "OSError: cut off" for i in range(4)},
                next_sample=4)
    assert evaluate(counting_trial(read=read), identity, batch_size=4, rows=rows) is rows
    assert len(rows) == 6 and len(rows.missing) == 4


def test_an_interruption_leaves_no_half_row():
    class Interrupt(dict):
        """The second column of sample 5 is where Ctrl-C strikes."""
        def items(self):
            yield "mean", 0.0
            raise KeyboardInterrupt

    def reduce(i, data, outputs):
        return Interrupt() if i == 5 else {"mean": 1.0, "views": 1}

    trial = counting_trial()
    trial = Trial(trial.name, trial.samples, trial.views, trial.read, reduce)
    rows = Rows(10)
    with pytest.raises(KeyboardInterrupt):
        evaluate(trial, identity, batch_size=4, rows=rows)
    assert rows.index == [0, 1, 2, 3] and len(rows["mean"]) == len(rows["views"]) == 4


def test_other_settings_are_not_resumed(tmp_path):
    rows = evaluate(counting_trial(), identity)
    rows.save(tmp_path / "rows.npz", {"weights": "abc", "flip": True})
    with pytest.raises(ValueError, match="weights 'abc', now 'def'"):
        Rows.load(tmp_path / "rows.npz", 10, {"weights": "def", "flip": True})


def test_reading_stays_a_few_views_ahead():
    """Memory does not grow with the data set."""
    lock, ahead, most = threading.Lock(), [0], [0]

    def read(i, view):
        with lock:
            ahead[0] += 1
            most[0] = max(most[0], ahead[0])
        return {"frame": FRAME}

    def predict(x):
        with lock:
            ahead[0] -= len(x)
        return identity(x)

    evaluate(counting_trial(num=200, read=read), predict, batch_size=4, workers=2)
    assert most[0] <= 3 * 4 + 2


def test_time_is_accounted_for():
    rows = evaluate(counting_trial(num=40), identity, batch_size=4)
    shares = time_shares(rows)
    assert 0 <= shares["network"] + shares["waiting_for_data"] <= 1
    assert "40 of 40 samples" in describe(rows) and "waiting for data" in describe(rows)


@pytest.mark.parametrize("total, limit, expected", [
    (3, None, [0, 1, 2]), (3, 0, [0, 1, 2]), (3, 9, [0, 1, 2]),
    (9, 3, [0, 4, 8]), (5, 1, [0])])
def test_spread(total, limit, expected):
    assert spread(total, limit) == expected


@pytest.mark.slow
def test_many_crops_stay_small_and_the_network_busy(tiny_set):
    """300 of the 3,000 crops that docs/reproduce.md speaks of."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.evaluation.streaming_run",
         str(tiny_set("mpii")), "300"], cwd=ROOT, capture_output=True, text=True,
        check=True)
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["crops"] == 300
    assert facts["peak_memory_mb"] is None or facts["peak_memory_mb"] < 2500
    assert facts["network"] >= 0.85
