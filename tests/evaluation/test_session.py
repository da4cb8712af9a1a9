"""A session's folder: partial from the first second, whole at the end."""
from types import SimpleNamespace

import numpy as np
import pytest

from deephar.evaluation.loop import Trial
from deephar.evaluation.report import Score, read_report
from deephar.evaluation.session import EvalConfig, Session, exit_code, peak_memory_mb
from deephar.utils.locks import LOCK
from tests.evaluation.meeting import Meeting
from tests.fakes.locks import taken


def trial_of(num=4, name="t", broken=()):
    def read(i, view):
        if i in broken:
            raise OSError("cut off")
        return {"frame": np.full((1, 1, 3), i, float)}

    return Trial(name, [str(i) for i in range(num)], lambda i: [0], read,
                 lambda i, data, outputs: {"value": outputs[0][0]})


def predict(x):
    return [x.mean((1, 2, 3))]


def stop(x):
    raise KeyboardInterrupt


def report_of(folder):
    return read_report(folder / "report.json")


def config(folder, **changes):
    return EvalConfig(**{"output": str(folder), "batch_size": 1, **changes})


def score_of(rows):
    value = rows["value"].mean() if len(rows) else None
    return Score("mean", "", value, samples=rows.total, evaluated=len(rows),
                 missing=rows.missing)


def test_partial_from_the_first_second(tmp_path):
    Session(config(tmp_path))
    report = report_of(tmp_path)
    assert report["status"] == "partial" and report["scores"] == []
    assert exit_code(report) == 130


def test_a_whole_run(tmp_path):
    session = Session(config(tmp_path))
    report = session.finish([score_of(session.evaluate(trial_of(), predict))])
    assert report == report_of(tmp_path) and exit_code(report) == 0
    assert report["scores"][0]["value"] == 1.5
    assert set(report["timing"]) == {"t", "peak_memory_mb"}
    assert set(report["timing"]["t"]["shares"]) == {"network", "waiting_for_data"}
    assert not list(tmp_path.glob("rows-*"))


def test_missing_samples_are_in_the_exit_code(tmp_path):
    session = Session(config(tmp_path))
    rows = session.evaluate(trial_of(broken=(2,)), predict)
    report = session.finish([score_of(rows)])
    assert exit_code(report) == 1 and report["scores"][0]["value"] == pytest.approx(4 / 3)


def test_ctrl_c_skips_what_follows_and_resume_does_it(tmp_path):
    session = Session(config(tmp_path))
    first = session.evaluate(trial_of(), predict)
    second = session.evaluate(trial_of(name="u"), stop)
    third = session.evaluate(trial_of(name="v"), predict)
    report = session.finish([score_of(rows) for rows in (first, second, third)])
    assert exit_code(report) == 130
    assert [s["evaluated"] for s in report["scores"]] == [4, 0, 0]

    session = Session(config(tmp_path, resume=True, workers=1))
    # What was whole is not done again: its network is not called.
    scores = [score_of(session.evaluate(trial_of(name=name), network))
              for name, network in (("t", stop), ("u", predict), ("v", predict))]
    report = session.finish(scores)
    assert exit_code(report) == 0
    assert [s["value"] for s in report["scores"]] == [1.5] * 3


def test_a_whole_run_is_not_begun_again_by_resume(tmp_path):
    session = Session(config(tmp_path))
    whole = session.finish([score_of(session.evaluate(trial_of(), predict))])
    with pytest.raises(FileExistsError, match="nothing to resume"):
        Session(config(tmp_path, resume=True))
    assert report_of(tmp_path) == whole


def test_other_flags_are_not_resumed(tmp_path):
    session = Session(config(tmp_path, limit=4))
    session.evaluate(trial_of(), stop)
    session.finish([])
    with pytest.raises(ValueError, match="limit 4, now 3"):
        Session(config(tmp_path, resume=True, limit=3)).evaluate(trial_of(), predict)


def test_a_changed_weights_file_is_not_resumed(tmp_path, monkeypatch):
    def load(source, **options):
        return SimpleNamespace(weights={"file": "own.weights.h5", "md5": next(sums)})

    sums = iter(("abc", "def"))
    monkeypatch.setattr("deephar.evaluation.session.load_network", load)
    session = Session(config(tmp_path))
    session.load_network("mpii_reception2d")
    session.evaluate(trial_of(), stop)
    session.finish([])
    session = Session(config(tmp_path, resume=True))
    session.load_network("mpii_reception2d")
    with pytest.raises(ValueError, match="weights_md5 'abc', now 'def'"):
        session.evaluate(trial_of(), predict)


def test_predictions_on_request(tmp_path):
    session = Session(config(tmp_path, predictions=True))
    session.evaluate(trial_of(), predict)
    session.finish([])
    with np.load(tmp_path / "rows-t.npz") as file:
        assert file["row_value"].tolist() == [0, 1, 2, 3]
        assert file["index"].tolist() == [0, 1, 2, 3]


def test_peak_memory_is_of_this_process():
    before = peak_memory_mb()
    if before is None:
        pytest.skip("this system does not tell")
    held = np.ones(30_000_000)          # 229 MB
    assert peak_memory_mb() >= held.nbytes / 2 ** 20


def test_a_folder_is_one_process_s(tmp_path):
    with taken(tmp_path), pytest.raises(RuntimeError, match="in use by process 7"):
        Session(config(tmp_path))
    session = Session(config(tmp_path))
    assert (tmp_path / LOCK).exists()
    session.finish([])
    assert {path.name for path in tmp_path.iterdir()} == {"report.json", "report.html"}


def sessions(meeting, folder, network, **changes):
    def run(worker):
        session = Session(config(folder, **changes), worker)
        rows = session.evaluate(trial_of(), network(worker))
        return session.finish([score_of(rows)])
    return meeting.all(run)


def test_workers_share_a_session_and_the_first_one_reports(tmp_path):
    reports = sessions(Meeting(2), tmp_path, lambda worker: predict, predictions=True)
    assert [r["scores"][0]["value"] for r in reports] == [1.5, 1.5]
    assert report_of(tmp_path)["scores"][0]["evaluated"] == 4
    assert [path.name for path in tmp_path.glob("rows-*")] == ["rows-t.npz"]


def test_interrupted_workers_go_on_where_each_was(tmp_path):
    reports = sessions(Meeting(2), tmp_path, lambda w: stop if w.index else predict)
    assert [exit_code(r) for r in reports] == [130, 130]
    assert report_of(tmp_path)["scores"][0]["evaluated"] == 2
    with pytest.raises(ValueError, match="another number of workers"):
        Session(config(tmp_path, resume=True)).evaluate(trial_of(), predict)
    # The first part is whole: its network is not called.
    reports = sessions(Meeting(2), tmp_path, lambda w: predict if w.index else stop,
                       resume=True)
    assert [r["scores"][0]["value"] for r in reports] == [1.5, 1.5]
    assert exit_code(report_of(tmp_path)) == 0 and not list(tmp_path.glob("rows-*"))
