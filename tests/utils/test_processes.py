import math
import os
import time

import pytest

from deephar.utils import processes


def test_several_processes_keep_the_order():
    jobs = [(os.getpid, ())] * 2 + [(divmod, (n, 7)) for n in range(60)]
    first, second, *results = processes.run(jobs, 2)
    assert len({first, second, os.getpid()}) == 3
    assert results == [divmod(n, 7) for n in range(60)]


def test_few_jobs_stay_here():
    assert set(processes.run([(os.getpid, ())] * 5, 4)) == {os.getpid()}
    assert set(processes.run([(os.getpid, ())] * 50, 0)) == {os.getpid()}


def test_an_error_comes_back_as_itself():
    jobs = [(math.sqrt, (1.0,))] * 50 + [(math.sqrt, (-1.0,))]
    with pytest.raises(ValueError, match="domain|nonnegative"):
        list(processes.run(jobs, 2))


def test_a_dead_worker_is_said():
    with pytest.raises(RuntimeError, match="worker process died"):
        list(processes.run([(os._exit, (3,))] * 50, 2))


def test_an_interruption_stops_the_workers():
    results = processes.run([(time.sleep, (0.2,))] * 200, 2)
    next(results)
    before = time.monotonic()
    results.close()
    assert time.monotonic() - before < 5


def test_workers_find_the_caller_s_modules(tmp_path, monkeypatch):
    (tmp_path / "of_the_caller.py").write_text("def twice(x):\n    return 2 * x\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.syspath_prepend(tmp_path)
    import of_the_caller
    assert processes.Pool(1).do(of_the_caller.twice, 4) == 8


def test_what_comes_first_is_sent_once():
    pool = processes.Pool(2, [3, 4])
    assert pool.do(list.__getitem__, 1) == 4 and pool.do(len) == 2
    servers = pool._servers
    del pool
    assert all(server.poll() is not None for server in servers)
