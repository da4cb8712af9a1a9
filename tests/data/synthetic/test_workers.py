import math
import os
import time

import pytest

from deephar.data.synthetic import workers


def test_results_keep_their_order():
    jobs = [(divmod, (n, 7)) for n in range(60)]
    expected = [divmod(n, 7) for n in range(60)]
    assert list(workers.run(jobs, 0)) == expected
    assert list(workers.run(jobs, 3)) == expected


def test_several_processes_work():
    ids = set(workers.run([(os.getpid, ())] * 60, 2))
    assert os.getpid() not in ids and len(ids) == 2


def test_few_jobs_stay_here():
    assert set(workers.run([(os.getpid, ())] * 5, 4)) == {os.getpid()}


def test_an_error_comes_back_as_itself():
    jobs = [(math.sqrt, (1.0,))] * 50 + [(math.sqrt, (-1.0,))]
    with pytest.raises(ValueError, match="domain|nonnegative"):
        list(workers.run(jobs, 2))


def test_a_dead_worker_is_said():
    with pytest.raises(RuntimeError, match="worker process died"):
        list(workers.run([(os._exit, (3,))] * 50, 2))


def test_an_interruption_stops_the_workers():
    results = workers.run([(time.sleep, (0.2,))] * 200, 2)
    next(results)
    before = time.monotonic()
    results.close()
    assert time.monotonic() - before < 5
