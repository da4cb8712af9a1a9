"""Asked to stop: Ctrl-C and SIGTERM end a run at the next step, not in it."""
import contextlib
import signal
import threading
from typing import Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopRequest:
    """Holds the signal that came, if one came."""

    def __init__(self):
        self.signal: signal.Signals | None = None

    def __bool__(self) -> bool:
        return self.signal is not None


_request: StopRequest | None = None     # of the outermost block; handlers are global


@contextlib.contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Within the block a first signal is only noted; a second one acts as usual.

    Blocks may be nested: they share one request.
    """
    global _request
    in_main = threading.current_thread() is threading.main_thread()
    if _request is not None or not in_main:     # only the main thread sets handlers
        yield StopRequest() if _request is None else _request
        return
    _request = request = StopRequest()
    # What was ignored from the start, as Ctrl-C by a background job, stays so.
    before = {number: signal.getsignal(number) for number in SIGNALS
              if signal.getsignal(number) is not signal.SIG_IGN}

    def restore():
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number, frame):
        request.signal = signal.Signals(number)
        restore()

    for number in before:
        signal.signal(number, note)
    try:
        yield request
    finally:
        _request = None
        restore()
