"""Jobs in several processes, with results in their order."""
import concurrent.futures
import contextlib
import os
import pickle
import queue
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Iterator

import deephar

FEW = 40            # jobs that are not worth starting processes for


class Pool:
    """Processes that do jobs; it ends them when nobody holds it any more.

    They are plain new interpreters: a fork would copy TensorFlow's threads, and
    multiprocessing would run the caller's script once more in every process.

    Args:
        workers: processes.
        first: what they get once, as the first arguments of every job.
    """

    def __init__(self, workers: int, *first: Any):
        paths = [str(Path(deephar.__file__).parents[1]), os.environ.get("PYTHONPATH")]
        env = dict(os.environ, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1",
                   PYTHONPATH=os.pathsep.join(filter(None, paths)))
        command = [sys.executable, "-c", f"from {__name__} import serve; serve()"]
        self._servers = [subprocess.Popen(command, stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, env=env)
                         for _ in range(workers)]
        self._idle = queue.SimpleQueue()
        for server in self._servers:
            _send(first, server.stdin)
            self._idle.put(server)

    def do(self, function: Callable, *arguments: Any) -> Any:
        """The result of a job; threads may ask for several at a time.

        Raises:
            RuntimeError: a process died.
        """
        server = self._idle.get()
        try:
            _send((function, arguments), server.stdin)
            result = pickle.load(server.stdout)
        except (EOFError, BrokenPipeError) as error:
            raise RuntimeError("a worker process died; is there enough memory? "
                               "Starting again goes on where it stopped") from error
        finally:
            self._idle.put(server)
        if isinstance(result, Exception):
            raise result
        return result

    def stop(self) -> None:
        """End the processes, and what they are doing."""
        for server in self._servers:
            server.kill()
            server.wait()

    def close(self) -> None:
        """End the processes when no thread waits for them."""
        self.stop()
        for server in self._servers:
            for pipe in (server.stdin, server.stdout):
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    __del__ = close


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
    pool = Pool(workers)
    threads = concurrent.futures.ThreadPoolExecutor(workers)
    try:
        yield from threads.map(lambda job: pool.do(job[0], *job[1]), jobs)
    finally:
        pool.stop()
        threads.shutdown(cancel_futures=True)
        pool.close()


def serve() -> None:
    """A worker process: jobs come in on stdin, results go out on stdout."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)       # the parent stops its workers
    stdin, stdout = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr
    first = None
    while True:
        try:
            job = pickle.load(stdin)
        except EOFError:
            return
        if first is None:
            first = job
            continue
        try:
            function, arguments = job
            result = function(*first, *arguments)
        except Exception as error:          # goes to the parent, which raises it
            result = error
        _send(result, stdout)


def _send(value: Any, stream) -> None:
    pickle.dump(value, stream, protocol=pickle.HIGHEST_PROTOCOL)
    stream.flush()
