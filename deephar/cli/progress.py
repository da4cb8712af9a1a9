"""One line that shows how far long work is, and how long it still takes."""
import sys
import time
from typing import Callable, TextIO

from deephar.cli.quiet import is_quiet
from deephar.utils.timing import duration

WIDTH = 30
SOON = 2.0                      # seconds until the time left can be told


def progress_bar(label: str, *, unit: str = "", scale: float = 1, digits: int = 0,
                 rate: bool = False, stream: TextIO | None = None
                 ) -> Callable[[int, int | None], None]:
    """A function to call with (done, total or None) while the work goes on.

    It draws over one line of a terminal, at most ten times a second, and
    writes nothing but the end where the output is a file; with --quiet
    nothing at all.

    Args:
        scale: what is divided by before printing, 1e6 for megabytes.
        rate: also say how much is done per second.
        stream: where to; standard error if None.
    """
    stream = stream or sys.stderr
    draws = stream.isatty()
    last, began = 0.0, time.monotonic()

    def show(done: int, total: int | None) -> None:
        nonlocal last
        ended = done == total
        now = time.monotonic()
        if is_quiet():
            return
        if not ended and (not draws or now - last < 0.1):
            return
        last = now
        text = f"{done / scale:.{digits}f}"
        bar = ""
        if total:
            full = int(WIDTH * done / total)
            bar = f"[{'=' * full}{' ' * (WIDTH - full)}] "
            text = f"{text} of {total / scale:.{digits}f}"
        line = f"{label} {bar}{text} {unit}".rstrip()
        if rate and now > began:
            line += f", {done / scale / (now - began):.1f}/s"
        if total and done and not ended and now - began > SOON:
            line += f", {duration((now - began) / done * (total - done))} left"
        start, end = ("\r\x1b[K", "\n" if ended else "") if draws else ("", "\n")
        stream.write(start + line + end)
        stream.flush()

    return show
