"""Jobs in several processes, with results in their order."""
import concurrent.futures
import os
import pickle
import queue
import signal
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import deephar

FEW = 40            # jobs that are not worth starting processes for


def run(jobs: list, workers: int | None) -> Iterator:
    """Results of all jobs in their order.

    Args:
        jobs: (function, arguments) that can be pickled.
        workers: processes; None takes one per CPU, 0 stays in this one, as
            do few jobs.
    """
    if workers is None:
        workers = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity")
                      else os.cpu_count() or 1, 16)
    if workers <= 1 or len(jobs) < FEW:
        yield from (function(*arguments) for function, arguments in jobs)
        return
    # Plain new interpreters: a fork would copy TensorFlow's threads, and
    # multiprocessing would run the caller's script once more in every process.
    env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
               PYTHONPATH=str(Path(deephar.__file__).parents[1]))
    command = [sys.executable, "-c", f"from {__name__} import serve; serve()"]
    servers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env)
               for _ in range(workers)]
    idle = queue.SimpleQueue()
    for server in servers:
        idle.put(server)

    def do(job):
        server = idle.get()
        try:
            pickle.dump(job, server.stdin)
            server.stdin.flush()
            result = pickle.load(server.stdout)
        except (EOFError, BrokenPipeError) as error:
            raise RuntimeError("a worker process died; is there enough memory? "
                               "Starting again goes on where it stopped") from error
        finally:
            idle.put(server)
        if isinstance(result, Exception):
            raise result
        return result

    pool = concurrent.futures.ThreadPoolExecutor(workers)
    try:
        yield from pool.map(do, jobs)
    finally:
        for server in servers:
            server.kill()
            server.wait()
        pool.shutdown(cancel_futures=True)
        for server in servers:
            server.stdout.close()


def serve() -> None:
    """A worker process: jobs come in on stdin, results go out on stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)       # the parent stops its workers
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    while True:
        try:
            job = pickle.load(stdin)
        except EOFError:
            return
        try:
            function, arguments = job
            result = function(*arguments)
        except Exception as error:          # goes to the parent, which raises it
            result = error
        pickle.dump(result, stdout)
        stdout.flush()
