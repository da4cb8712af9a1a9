"""Faults by machine: jobs that are killed, terminated, out of disk, shut out, or not alone.

    python -m tests.faults.kills --kills 50
    python -m tests.faults.kills --jobs training videos --faults kill storm --kills 5

After a fault every file under its final name must be whole, and the job, called
again, must leave what an undisturbed one does, and nothing else.  Exit code 1 if
that was not so.  Works where processes can fork.
"""
import argparse
import contextlib
import importlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, Callable, Iterator

import numpy as np

from deephar.utils import locks
from tests.faults.forks import Fork
from tests.faults.jobs import JOBS, contents, leftovers

SECONDS = 120           # that a job may take
BAD = ("not whole", "other result", "leftover", "hang", "does not go on", "not refused",
       "says nothing", "crash")


class Fault(Exception):
    """What must not be: a kind of BAD, and words."""


class Bench:
    """One job, its inputs, and what an undisturbed run leaves."""

    def __init__(self, name: str, folder: Path):
        self.name, self.job, self.folder = name, JOBS[name], folder
        self.inputs = folder / "inputs"
        self.inputs.mkdir(parents=True)
        self._count = 0
        self._finish(Fork(lambda: self.job.inputs(self.inputs) and 0, folder / "inputs.log"))
        self._import()
        whole = self.place()
        run = self.start(whole)
        self._finish(run)
        self.seconds = run.seconds
        self.expected = contents(whole)
        self.bytes = sum(f.stat().st_size for f in whole.rglob("*") if f.is_file())
        self.largest = max(f.stat().st_size for f in whole.rglob("*") if f.is_file())

    def _import(self) -> None:
        """What the job needs, once and not in every fork."""
        out, names = self.place(), self.folder / "modules"
        self._finish(Fork(lambda: (self.job.run(self.inputs, out) or
                                   names.write_text("\n".join(sys.modules)) and 0),
                          self.folder / "import.log"))
        for name in names.read_text().splitlines():
            if name.startswith("deephar."):
                importlib.import_module(name)

    def place(self) -> Path:
        """A new folder with what it holds before the job."""
        self._count += 1
        out = self.folder / f"{self._count}" / "out"
        out.mkdir(parents=True)
        self._finish(Fork(lambda: self.job.before(self.inputs, out), out.parent / "before.log"))
        return out

    def start(self, out: Path, **options) -> Fork:
        log = out.parent / f"{len(list(out.parent.glob('*.log')))}.log"

        def work():
            note_locks(out)
            return self.job.run(self.inputs, out)

        return Fork(work, log, **options)

    def _finish(self, run: Fork) -> None:
        code = run.wait(SECONDS)
        if code is None:
            run.send(signal.SIGKILL)
            run.wait(5)
            raise Fault("hang", run.output()[-800:])
        if code:
            raise Fault("does not go on", f"exit code {code}: {run.output()[-800:]}")

    def check_whole(self, out: Path) -> None:
        try:
            contents(out)
        except Exception as error:
            raise Fault("not whole", f"{type(error).__name__}: {error}") from error

    def check_goes_on(self, out: Path) -> None:
        self._finish(self.start(out))
        self.check_result(out)

    def check_result(self, out: Path) -> None:
        found = contents(out)
        if found != self.expected:
            raise Fault("other result", first_difference(found, self.expected))
        if left := leftovers(out):
            raise Fault("leftover", ", ".join(left))


def first_difference(a: Any, b: Any, where: str = "") -> str:
    """Where two results begin to differ, and what stands there."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in sorted({*a, *b}):
            if key not in a or key not in b:
                return f"{where}/{key} is only in {'the second' if key in b else 'the first'}"
            if a[key] != b[key]:
                return first_difference(a[key], b[key], f"{where}/{key}")
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        for i, (one, other) in enumerate(zip(a, b)):
            if one != other:
                return first_difference(one, other, f"{where}/{i}")
    return f"{where}: {str(a)[:100]} in place of {str(b)[:100]}"


# === Faults: each returns what became of the job ===

def kill(bench: Bench, out: Path, rng: np.random.Generator) -> str:
    """kill -9 at a random moment."""
    run = bench.start(out)
    run.wait(rng.uniform(0, 0.9 * bench.seconds))
    run.send(signal.SIGKILL)
    return "killed" if run.wait(5) == -signal.SIGKILL else "was through"


def storm(bench: Bench, out: Path, rng: np.random.Generator) -> str:
    """SIGTERM after SIGTERM."""
    run = bench.start(out)
    run.wait(rng.uniform(0, 0.9 * bench.seconds))
    for _ in range(200):
        run.send(signal.SIGTERM)
        if run.wait(rng.uniform(0, 0.1)) is not None:
            break
    code = run.wait(SECONDS)
    if code is None:
        run.send(signal.SIGKILL)
        raise Fault("hang", "after SIGTERM")
    return "terminated" if code else "was through"


def limit(bench: Bench, out: Path, rng: np.random.Generator) -> str:
    """No file may grow over a random size."""
    return _must_tell(bench.start(out, limit=int(rng.uniform(1, bench.largest))))


def full(bench: Bench, out: Path, rng: np.random.Generator) -> str:
    """The disk is full, after a random part; needs root, to mount one."""
    size = int(rng.uniform(0.05, 0.9) * bench.bytes)
    with small_disk(out, size):
        outcome = _must_tell(bench.start(out))
        bench.check_whole(out)
        subprocess.run(["mount", "-o", "remount,size=1g", str(out)], check=True)
        bench.check_goes_on(out)
    return outcome


def shut(bench: Bench, out: Path, rng: np.random.Generator) -> str:
    """The folder may not be written to."""
    before = contents(out)
    os.chmod(out, 0o555)
    outcome = _must_tell(bench.start(out, humble=True), may_pass=False)
    os.chmod(out, 0o755)
    if contents(out) != before:
        raise Fault("other result", "of a folder that may not be written to")
    return outcome


def note_locks(out: Path) -> None:
    """From now on a lock of this process on `out` leaves a file `locked` beside it."""
    opened = locks._opened

    def noted(path: Path):
        file = opened(path)
        if path.parent == out.resolve():
            out.with_name("locked").touch()
        return file

    locks._opened = noted


def two(bench: Bench, out: Path, rng: np.random.Generator) -> str:
    """A second process on the same folder."""
    first = bench.start(out)
    locked = out.with_name("locked")
    while bench.job.locks and not locked.exists() and first.wait(0.002) is None:
        pass
    first.wait(rng.uniform(0, 0.5 * bench.seconds))
    if bench.job.locks and not locked.exists():
        raise Fault("not refused", "it takes no lock")
    if first.code is not None:
        return "was through"
    first.send(signal.SIGSTOP)
    held = bench.job.locks and (out / ".lock").exists()
    second = bench.start(out)
    code = second.wait(SECONDS)
    first.send(signal.SIGCONT)
    if code is None:
        second.send(signal.SIGKILL)
        raise Fault("hang", "the second process")
    if first.wait(SECONDS) is None:
        raise Fault("hang", "the first process")
    if first.code:
        raise Fault("crash", f"the first: {first.output()[-400:]}")
    if held and (not code or f"process {first.id}" not in second.output()):
        raise Fault("not refused", f"exit code {code}: {second.output()[-400:]}")
    return "second refused" if code else "both through"


FAULTS: dict[str, Callable[[Bench, Path, np.random.Generator], str]] = {
    "kill": kill, "storm": storm, "limit": limit, "full": full, "shut": shut, "two": two}


def _must_tell(run: Fork, may_pass: bool = True) -> str:
    """A job that cannot write ends by itself, and says why."""
    code = run.wait(SECONDS)
    if code is None:
        run.send(signal.SIGKILL)
        raise Fault("hang", run.output()[-400:])
    if code == 0 and may_pass:
        return "was enough"
    if code < 0:
        raise Fault("crash", f"signal {-code}: {run.output()[-400:]}")
    if code == 0 or not any(word in run.output() for word in REASONS):
        raise Fault("says nothing", f"exit code {code}: {run.output()[-400:]}")
    return "told"


REASONS = ("File too large", "No space left", "Permission denied", "errno 27", "errno = 27",
           "errno = 28", "in use by")


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[None]:
    """Within the block `folder` is a disk of `size` bytes, with what was in it."""
    kept = folder.with_name("kept")
    shutil.copytree(folder, kept)
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={max(size, 16384)}", "tmpfs",
                           str(folder)], capture_output=True, text=True)
    if done.returncode:
        raise PermissionError(done.stderr)
    try:
        with contextlib.suppress(OSError, shutil.Error):
            shutil.copytree(kept, folder, dirs_exist_ok=True)
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def can_mount() -> bool:
    """Whether `full` can be tried here."""
    try:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "disk").mkdir()
            with small_disk(Path(folder) / "disk", 1 << 20):
                return True
    except OSError:
        return False


def disturb(bench: Bench, fault: str, seed: int) -> tuple[str, str]:
    """(kind of outcome, words) of a fault with this seed."""
    rng = np.random.default_rng([seed, zlib.crc32(f"{bench.name} {fault}".encode())])
    try:
        out = bench.place()
        outcome = FAULTS[fault](bench, out, rng)
        if fault != "full":
            bench.check_whole(out)
            bench.check_goes_on(out)
        shutil.rmtree(out.parent)
        return outcome, ""
    except Fault as error:
        return error.args


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50, help="of each job and fault")
    parser.add_argument("--jobs", nargs="+", default=list(JOBS), choices=list(JOBS),
                        metavar="JOB")
    parser.add_argument("--faults", nargs="+", choices=list(FAULTS),
                        default=[f for f in FAULTS if f != "full" or can_mount()])
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    counts = {}
    for name in args.jobs:
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(name, Path(folder))
            for fault in args.faults:
                counts[name, fault] = count = Counter()
                for seed in range(args.seed, args.seed + args.kills):
                    kind, words = disturb(bench, fault, seed)
                    count[kind] += 1
                    if kind in BAD:
                        print(f"{kind}: {name}, {fault}, seed {seed}: {words}", flush=True)
                print(f"{name:20}{fault:8}" + "  ".join(
                    f"{number} {kind}" for kind, number in sorted(count.items())), flush=True)
    bad = sum(count[kind] for count in counts.values() for kind in BAD)
    print(f"{sum(map(Counter.total, counts.values()))} faults, {bad} bad outcomes")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
