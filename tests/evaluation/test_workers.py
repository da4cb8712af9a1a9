"""Parts of a trial: of whole batches, merged to the rows of one process."""
import numpy as np
import pytest

from deephar.evaluation.loop import Rows, evaluate
from deephar.evaluation.scorer import rows_of
from deephar.evaluation.workers import Workers, evaluate_together, part_of, together
from tests.evaluation.meeting import Meeting
from tests.evaluation.test_session import predict, trial_of


@pytest.mark.parametrize("total, count, batch_size", [(10, 2, 4), (3, 4, 1), (9, 3, 2)])
def test_parts_are_whole_batches_of_all_samples(total, count, batch_size):
    parts = [part_of(total, Workers(i, count), batch_size) for i in range(count)]
    assert [n for a, b in parts for n in range(a, b)] == list(range(total))
    assert all(a % batch_size == 0 or a == total for a, _ in parts)


def test_all_workers_get_the_rows_of_one_process():
    trial = trial_of(7, broken=(2, 5))
    alone = evaluate(trial, predict, batch_size=2)
    for rows in Meeting(3).all(lambda worker: evaluate_together(
            trial, predict, batch_size=2, among=worker)):
        assert rows.index == alone.index == [0, 1, 3, 4, 6]
        np.testing.assert_array_equal(rows["value"], alone["value"])
        assert rows.missing == alone.missing and rows.total == 7 and rows.complete


def test_a_part_of_broken_samples_only():
    rows = Meeting(2).all(lambda worker: evaluate_together(
        trial_of(4, broken=(0, 1)), predict, batch_size=2, among=worker))[0]
    assert rows.index == [2, 3] and rows["value"].tolist() == [2, 3]


def test_scores_within_the_block_are_shared():
    read = []

    def score(worker):
        trial = trial_of(4)
        inner = trial.views
        trial = type(trial)(**{**vars(trial), "views": lambda i: (
            read.append((worker.index, i)), inner(i))[1]})
        with together(worker):
            return rows_of(trial, predict, 2)["value"].mean()

    assert Meeting(2).all(score) == [1.5, 1.5]
    assert sorted(read) == [(0, 0), (0, 1), (1, 2), (1, 3)]


def test_one_interruption_stops_all_after_their_parts():
    saved = {}

    def run(worker):
        def stop(x):
            if worker.index:
                raise KeyboardInterrupt
            return predict(x)
        return evaluate_together(trial_of(4), stop, batch_size=2, among=worker,
                                 rows=Rows(2), save=lambda rows: saved.update(
                                     {worker.index: rows.next_sample}))

    stopped = Meeting(2).all(run)
    assert [error.rows.index for error in stopped] == [[0, 1]] * 2
    assert not stopped[0].rows.complete and stopped[0].rows.total == 4
    assert saved == {0: 2, 1: 0}
