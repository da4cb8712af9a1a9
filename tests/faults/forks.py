"""A function in a process of its own, which may be killed: a fork, without its imports."""
import atexit
import contextlib
import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
import weakref
from pathlib import Path
from typing import Callable


class Fork:
    """A process that calls a function; what it says goes to a file.

    Args:
        function: returns its exit code.
        log: file of its output.
        limit: bytes of the largest file that it may write.
        humble: it may not write where modes forbid it, even as root.
    """

    def __init__(self, function: Callable[[], int | None], log: Path, *,
                 limit: int | None = None, humble: bool = False):
        self.log, self._sink = log, None
        if limit is not None:           # which is not that of what it says
            with open(log, "ab") as file:
                self._sink = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)
        sys.stdout.flush()
        while not self._begin(function, limit, humble):
            pass
        if self._sink:
            self._sink.stdin.close()
        self.start, self.code = time.monotonic(), None

    def _begin(self, function, limit, humble) -> bool:
        """Fork; whether it lives: libraries with threads may crash in forking itself."""
        reader, writer = os.pipe()
        self.id = os.fork()
        if self.id == 0:
            os.write(writer, b"x")
            os.close(writer)
            self._work(function, limit, humble)
        os.close(writer)
        lives = os.read(reader, 1) == b"x"
        os.close(reader)
        if not lives:
            os.waitpid(self.id, 0)
        return lives

    def _work(self, function, limit, humble) -> None:
        try:
            out = (self._sink.stdin.fileno() if self._sink
                   else os.open(self.log, os.O_CREAT | os.O_WRONLY | os.O_APPEND))
            for stream in (1, 2):
                os.dup2(out, stream)
            atexit._clear()             # the parent's, and its folders stay
            weakref.finalize._registry.clear()
            weakref.finalize._registered_with_atexit = False
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
            if humble:
                drop_privileges()
            code = function() or 0
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        except BaseException:
            code = 1
            with contextlib.suppress(Exception):
                traceback.print_exc()
        for finish in (atexit._run_exitfuncs, sys.stdout.flush, sys.stderr.flush):
            with contextlib.suppress(BaseException):
                finish()
        os._exit(code)                  # never back to where it was forked

    def wait(self, seconds: float) -> int | None:
        """Its exit code, or minus the signal that ended it; None: it goes on."""
        end = time.monotonic() + seconds
        while self.code is None:
            done, status = os.waitpid(self.id, os.WNOHANG)
            if done:
                self.code = os.waitstatus_to_exitcode(status)
                self.seconds = time.monotonic() - self.start
            elif time.monotonic() > end:
                return None
            else:
                time.sleep(0.002)
        return self.code

    def send(self, number: signal.Signals) -> None:
        if self.code is None:
            os.kill(self.id, number)

    def output(self) -> str:
        if self._sink and self.code is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._sink.wait(5)      # a process of its own may still write
        return self.log.read_text("utf-8", "replace") if self.log.exists() else ""


def drop_privileges() -> None:
    """Root of a process may from now on write only where a user may."""
    if os.geteuid():
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)       # version 3, this process
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(header, nothing):
        raise OSError(ctypes.get_errno(), "capset")
