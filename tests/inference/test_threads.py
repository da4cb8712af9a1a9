"""Order is kept, errors arrive, nothing runs on."""
import threading
import time

import pytest

from deephar.inference.threads import Latest, WriteBehind, read_ahead


def test_read_ahead_keeps_order_and_stays_within_its_size():
    made = []

    def items():
        for i in range(50):
            made.append(i)
            yield i

    got = []
    for item in read_ahead(items(), size=3):
        got.append(item)
        assert len(made) <= len(got) + 5
    assert got == list(range(50))


def test_an_error_comes_after_the_good_items():
    def items():
        yield 1
        yield 2
        raise ValueError("broken")

    got = []
    with pytest.raises(ValueError, match="broken"):
        for item in read_ahead(items()):
            got.append(item)
    assert got == [1, 2]


def test_leaving_early_closes_the_source():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    reader = read_ahead(items(), size=2)
    next(reader)
    reader.close()
    assert closed.wait(5)


def test_write_behind():
    written = []
    writer = WriteBehind(written.append, size=2)
    for i in range(20):
        writer.put(i)
    writer.close()
    assert written == list(range(20))


def test_write_behind_hands_its_error_over():
    def fail(item):
        raise OSError("disk full")

    writer = WriteBehind(fail)
    writer.put(1)
    with pytest.raises(OSError, match="disk full"):
        writer.close()


def test_several_threads_share_the_work_and_close_waits_for_all():
    together, done = threading.Barrier(3, timeout=5), []

    def work(item):
        together.wait()                 # three at once, or nobody
        done.append(item)

    writer = WriteBehind(work, size=6, threads=3)
    for item in range(6):
        writer.put(item)
    writer.close()
    assert sorted(done) == list(range(6))


def test_latest_drops_what_is_old():
    go_on = threading.Event()

    def camera():
        for i in range(10):
            yield i
        go_on.wait(5)
        yield 10

    latest = Latest(camera(), keep=3)
    deadline = time.monotonic() + 5
    while latest._count < 10 and time.monotonic() < deadline:
        time.sleep(0.005)
    assert latest.get() == [7, 8, 9]
    go_on.set()
    assert latest.get() == [8, 9, 10]
    assert latest.get() is None


def test_latest_hands_its_error_over():
    def camera():
        yield 1
        raise OSError("unplugged")

    latest = Latest(camera(), keep=1)
    with pytest.raises(OSError, match="unplugged"):
        while latest.get() is not None:
            pass
