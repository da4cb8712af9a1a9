"""Workers that are threads of one process."""
import threading

from deephar.evaluation.workers import Workers


class Meeting:
    """Workers that are threads."""

    def __init__(self, count: int):
        self.count, self.said = count, [b""] * count
        self.barrier = threading.Barrier(count)

    def worker(self, index: int) -> Workers:
        def gather(own: bytes) -> list[bytes]:
            self.said[index] = own
            self.barrier.wait(10)
            said = list(self.said)
            self.barrier.wait(10)
            return said
        return Workers(index, self.count, gather)

    def all(self, function) -> list:
        """What `function(worker)` gives or raises, of every worker."""
        results = [None] * self.count

        def run(i):
            try:
                results[i] = function(self.worker(i))
            except BaseException as error:
                results[i] = error

        threads = [threading.Thread(target=run, args=(i,)) for i in range(self.count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results
