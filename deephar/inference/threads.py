"""Reading ahead and writing behind: work beside the network's, in order."""
import queue
import threading
from typing import Any, Callable, Iterable, Iterator

_END = object()
PATIENCE = 5            # seconds for a thread to let go of its source


def _hand_out(items: Iterable, take: Callable[[Any], bool]) -> Exception | None:
    """Give item after item to `take` until it wants no more; their error, if any."""
    iterator = iter(items)
    try:
        for item in iterator:
            if not take(item):
                break
    except Exception as caught:         # for the reader
        return caught
    finally:
        if hasattr(iterator, "close"):
            iterator.close()
    return None


def read_ahead(items: Iterable, size: int = 16) -> Iterator:
    """The items of an iterable that runs in a thread, at most `size` ahead.

    An error of the iterable is raised where its next item would come.
    """
    waiting: queue.Queue = queue.Queue(size)
    stopped = threading.Event()

    def put(entry) -> bool:
        while not stopped.is_set():
            try:
                waiting.put(entry, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False

    def work():
        put((_END, _hand_out(items, lambda item: put((item, None)))))

    thread = threading.Thread(target=work, daemon=True, name="read-ahead")
    thread.start()
    try:
        while True:
            item, error = waiting.get()
            if error is not None:
                raise error
            if item is _END:
                return
            yield item
    finally:
        stopped.set()
        thread.join(PATIENCE)


class WriteBehind:
    """Calls a function for one item after another, in a thread, or in several in no order.

    `put` waits when `size` items are pending.  An error of the function is
    raised by the next `put`, or by `close`, which waits for what is pending.
    """

    def __init__(self, function: Callable[[Any], Any], size: int = 16, threads: int = 1):
        self._waiting: queue.Queue = queue.Queue(size)
        self._error: Exception | None = None
        self._threads = [threading.Thread(target=self._work, args=(function,), daemon=True,
                                          name="write-behind") for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def _work(self, function) -> None:
        while (item := self._waiting.get()) is not _END:
            if self._error is None:
                try:
                    function(item)
                except Exception as caught:     # handed over to the caller
                    self._error = caught

    def put(self, item) -> None:
        self._raise()
        self._waiting.put(item)

    def close(self) -> None:
        for _ in self._threads:
            self._waiting.put(_END)
        for thread in self._threads:
            thread.join()
        self._raise()

    def _raise(self) -> None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error


class Latest:
    """The newest items of an iterable that runs in a thread; older ones are dropped.

    For a camera: who looks slowly sees fewer pictures, but never an old one.
    """

    def __init__(self, items: Iterable, keep: int):
        self._items, self._keep = [], keep
        self._changed = threading.Condition()
        self._count = 0                     # items that came so far
        self._seen = 0
        self._ended = False
        self._error: Exception | None = None
        self._stopped = False
        self._thread = threading.Thread(target=self._work, args=(items,),
                                        daemon=True, name="latest")
        self._thread.start()

    def _work(self, items) -> None:
        error = _hand_out(items, self._take)
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify()

    def _take(self, item) -> bool:
        with self._changed:
            self._items = (self._items + [item])[-self._keep:]
            self._count += 1
            self._changed.notify()
            return not self._stopped

    def get(self) -> list | None:
        """The last `keep` items, or fewer at the start; None at the end.

        Waits until something has come since the last call.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._count > self._seen or self._ended)
            if self._count > self._seen:
                self._seen = self._count
                return list(self._items)
            if self._error is not None:
                raise self._error
            return None

    def close(self) -> None:
        with self._changed:
            self._stopped = True
        self._thread.join(PATIENCE)
