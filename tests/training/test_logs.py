"""Tables grow by rows and columns; the meter's figures are right."""

from deephar.training import logs
from deephar.training.logs import Events, Meter, append_row, drop_rows, pairs, read_rows


def test_rows_and_new_columns(tmp_path):
    path = tmp_path / "steps.csv"
    assert read_rows(path) == []
    append_row(path, {"step": 1, "loss": 0.25})
    append_row(path, {"step": 2, "loss": 0.125, "pose": 3.0})
    append_row(path, {"step": 3, "pose": 1e-9})
    assert path.read_text().splitlines()[:2] == ["step,loss,pose", "1,0.25,"]
    assert read_rows(path) == [{"step": 1, "loss": 0.25},
                               {"step": 2, "loss": 0.125, "pose": 3.0},
                               {"step": 3, "pose": 1e-9}]
    drop_rows(path, "step", 2)
    append_row(path, {"step": 3, "loss": 7.0})
    assert [row["step"] for row in read_rows(path)] == [1, 2, 3]
    assert read_rows(path)[-1] == {"step": 3, "loss": 7.0}


def test_some_rows_of_many_are_evenly_spaced_and_the_last_is_there(tmp_path):
    path = tmp_path / "steps.csv"
    for step in range(1, 24):
        append_row(path, {"step": step})
    assert [row["step"] for row in read_rows(path, 5)] == [3, 8, 13, 18, 23]
    assert read_rows(path, 23) == read_rows(path, 100) == read_rows(path)


def test_rows_keep_float32_exactly(tmp_path):
    import numpy as np
    value = float(np.float32(0.1) / 3)
    append_row(tmp_path / "a.csv", {"step": 1, "x": value})
    assert np.float32(read_rows(tmp_path / "a.csv")[0]["x"]) == np.float32(value)


def test_meter(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(logs.time, "perf_counter", lambda: now[0])
    meter = Meter(images_per_step=10, steps_left=101)
    now[0] = 50.0           # tracing does not count
    meter.add(1, 3.0)
    assert meter.figures() == {} and meter.line() == ""
    now[0] = 54.0
    meter.add(20, 1.0)
    assert meter.figures() == {"images_per_s": 50.0, "data_wait": 0.25}
    assert meter.line() == "50.0 images/s  data wait 25%  0:16 min left"
    assert not meter.is_due(10)
    now[0] = 61.0
    assert meter.is_due(10) and not meter.is_due(10)
    now[0] = 1000.0         # an evaluation does not count either
    meter.restart()
    now[0] = 1002.0
    meter.add(10, 0.0)
    assert meter.figures() == {"images_per_s": 50.0, "data_wait": 0.0}


def test_pairs():
    assert pairs({"pose": 0.123456, "lr": 0.001}) == "pose 0.1235  lr 0.001"


def test_events_can_be_read_back(tmp_path):
    import tensorflow as tf
    Events(tmp_path).write(7, {"pose": 0.5})
    path, = tmp_path.iterdir()
    values = [(event.step, value.tag, float(tf.make_ndarray(value.tensor)),
               value.metadata.plugin_data.plugin_name)
              for event in tf.compat.v1.train.summary_iterator(str(path))
              for value in event.summary.value]
    assert values == [(7, "pose", 0.5, "scalars")]
