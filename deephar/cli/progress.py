"""One line that shows how far long work is."""
import sys
import time
from typing import Callable, TextIO

WIDTH = 30


def progress_bar(label: str, *, unit: str = "", scale: float = 1, digits: int = 0,
                 rate: bool = False, stream: TextIO | None = None
                 ) -> Callable[[int, int | None], None]:
    """A function to call with (done, total or None) while the work goes on.

    It draws over one line of a terminal, at most ten times a second, and
    writes nothing but the end where the output is a file.

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
        start, end = ("\r\x1b[K", "\n" if ended else "") if draws else ("", "\n")
        stream.write(start + line + end)
        stream.flush()

    return show
