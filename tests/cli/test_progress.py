import io
import re

from deephar.cli.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_line_is_drawn_over():
    stream = Terminal()
    show = progress_bar("a.h5", unit="MB", scale=1e6, digits=1, stream=stream)
    show(1_000_000, 4_000_000)
    show(2_000_000, 4_000_000)      # too soon after the last
    show(4_000_000, 4_000_000)
    lines = stream.getvalue().split("\r\x1b[K")
    assert lines[1:] == [f"a.h5 [{'=' * 7}{' ' * 23}] 1.0 of 4.0 MB",
                         f"a.h5 [{'=' * 30}] 4.0 of 4.0 MB\n"]


def test_a_file_gets_the_end_only():
    stream = io.StringIO()
    show = progress_bar("work", stream=stream)
    for i in range(4):
        show(i, 3)
    assert stream.getvalue() == f"work [{'=' * 30}] 3 of 3\n"


def test_without_a_total():
    stream = Terminal()
    progress_bar("work", stream=stream)(5, None)
    assert stream.getvalue() == "\r\x1b[Kwork 5"


def test_rate():
    stream = io.StringIO()
    show = progress_bar("work", unit="frames", rate=True, stream=stream)
    show(30, 30)
    assert re.search(r"30 of 30 frames, \d+\.\d/s\n$", stream.getvalue())


def test_time_left(monkeypatch):
    clock = iter([0.0, 1.0, 10.0, 20.0])
    monkeypatch.setattr("deephar.cli.progress.time.monotonic", lambda: next(clock))
    stream = Terminal()
    show = progress_bar("work", stream=stream)
    for done in (1, 2, 4):
        show(done, 4)
    lines = stream.getvalue().split("\r\x1b[K")[1:]
    assert ["left" in line for line in lines] == [False, True, False]   # too soon; over
    assert lines[1].endswith("2 of 4, 0:10 min left")
