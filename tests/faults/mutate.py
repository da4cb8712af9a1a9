"""Bad input by machine: damaged files at every public door.

    python -m tests.faults.mutate --cases 2000
    python -m tests.faults.mutate --doors "boxes JSON" mp4 --cases 100 --seed 3

Cases run in a child process, which has seconds and memory for each; one that
hangs or dies is counted and replaced.  Exit code 1 if a case ended in anything
but a clear error, the undamaged result, or another finite one.
"""
import argparse
import hashlib
import json
import os
import selectors
import shutil
import subprocess
import sys
import tempfile
import traceback
import zlib
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from deephar.utils.timing import peak_memory_mb

SECONDS, HEAVY_SECONDS, START_SECONDS = 15, 40, 120
MEMORY = 4 << 30
BAD = ("wrong kind", "unnamed", "not finite", "hang", "crash", "memory")


class Outcome(NamedTuple):
    """What became of a case, and the words for it."""
    kind: str
    note: str = ""


def leaves(value: Any):
    """Everything in lists and dictionaries, one after another."""
    if isinstance(value, dict):
        for key in value:
            yield str(key)
            yield from leaves(value[key])
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def digest(value: Any) -> tuple[str, int]:
    """(checksum of a result, how many NaN and infinities are in it)."""
    made, odd = hashlib.md5(), 0
    for leaf in leaves(value):
        array = np.asarray(leaf)
        if array.dtype.kind == "f":
            odd += int((~np.isfinite(array)).sum())
            array = array.astype(np.float64)
        made.update(f"{array.dtype.kind}{array.shape}".encode())
        made.update(str(leaf).encode("utf-8", "backslashreplace")
                    if array.dtype.kind in "OUV" else array.tobytes())
    return made.hexdigest(), odd


def reference(name: str) -> tuple[str, int]:
    """The digest of the undamaged file's result."""
    from tests.faults.doors import DOORS
    door = DOORS[name]
    with tempfile.TemporaryDirectory() as folder:
        return digest(door.read(door.make(Path(folder))))


def run_case(name: str, seed: int, good: tuple[str, int]) -> tuple[str, Outcome]:
    """(what was done to the file, the outcome) of a damaged file at a door."""
    from tests.faults.doors import DOORS
    from tests.faults.mutations import mutate
    door = DOORS[name]
    folder = Path(tempfile.mkdtemp())
    damage = "?"
    try:
        path = door.make(folder)
        rng = np.random.default_rng([seed, zlib.crc32(name.encode())])
        damage = mutate(path, rng)
        return damage, _outcome(door, path, good)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _outcome(door, path: Path, good) -> Outcome:
    try:
        made, odd = digest(door.read(path))
    except (ValueError, FileNotFoundError, FileExistsError) as error:
        # Of a data set it may be a sequence or a picture that is named.
        if any(name in str(error) for name in (
                path.name, " sequence ", str(path.parent), f"/{path.stem}/")):
            return Outcome("clear error", str(error)[:200])
        return Outcome("unnamed", f"{type(error).__name__}: {error}"[:200] + _place(error))
    except Exception as error:
        return Outcome("wrong kind", f"{type(error).__name__}: {error}"[:200] + _place(error))
    if odd > good[1]:
        return Outcome("not finite", f"{odd} numbers")
    return Outcome("unchanged" if made == good[0] else "changed")


def _place(error: BaseException) -> str:
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "deephar" in f.filename]
    return f"  [{Path(frames[-1].filename).name}:{frames[-1].lineno}]" if frames else ""


def cases_of(doors: list[str], cases: int, seed: int) -> list[tuple[str, int]]:
    """(door, seed) of so many cases, the same number for every door."""
    return [(doors[i % len(doors)], seed + i // len(doors)) for i in range(cases)]


# === A child does the cases ===

def work() -> None:
    """Read "DOOR<tab>SEED" lines, write one line of JSON for each."""
    import resource
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    resource.setrlimit(resource.RLIMIT_DATA, (2 * MEMORY, 2 * MEMORY))
    good = {}
    for line in sys.stdin:
        name, seed = line.rstrip("\n").split("\t")
        if name not in good:
            good[name] = reference(name)
        damage, outcome = run_case(name, int(seed), good[name])
        if peak_memory_mb() > MEMORY >> 20:
            outcome = Outcome("memory", f"{peak_memory_mb():.0f} MB")
        print(json.dumps([damage, *outcome]), file=out, flush=True)
        if outcome.kind == "memory":
            return


class Child:
    """A process that does cases, started again whenever it is lost."""

    def __init__(self):
        self.process = None

    def case(self, name: str, seed: int, seconds: float) -> tuple[str, Outcome]:
        if self.process is None:
            seconds += START_SECONDS
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from tests.faults.mutate import work; work()"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                text=True, env={**os.environ, "CUDA_VISIBLE_DEVICES": "-1"})
            self.seen = set()
        if name not in self.seen:
            seconds += START_SECONDS
            self.seen.add(name)
        self.process.stdin.write(f"{name}\t{seed}\n")
        self.process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            ready = selector.select(seconds)
        line = self.process.stdout.readline() if ready else ""
        if line:
            damage, kind, note = json.loads(line)
            if kind == "memory":
                self.close()
            return damage, Outcome(kind, note)
        code = self.close()
        return "?", Outcome("crash", f"exit code {code}") if ready else Outcome("hang")

    def close(self) -> int | None:
        if self.process is None:
            return None
        self.process.stdin.close()
        try:
            code = self.process.wait(2)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait()
        self.process.stdout.close()
        self.process = None
        return code


def main() -> int:
    from tests.faults.doors import DOORS
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--doors", nargs="+", default=list(DOORS), choices=list(DOORS),
                        metavar="DOOR")
    parser.add_argument("--show", nargs="+", default=BAD, metavar="KIND",
                        help="kinds of outcome whose cases are printed")
    args = parser.parse_args()
    counts, child = {name: Counter() for name in args.doors}, Child()
    for name, seed in sorted(cases_of(args.doors, args.cases, args.seed),
                             key=lambda case: args.doors.index(case[0])):
        seconds = HEAVY_SECONDS if DOORS[name].heavy else SECONDS
        damage, outcome = child.case(name, seed, seconds)
        counts[name][outcome.kind] += 1
        if outcome.kind in args.show:
            print(f"{outcome.kind}: {name}, seed {seed}, {damage}: {outcome.note}", flush=True)
    child.close()
    total = sum(counts.values(), Counter())
    kinds = ["clear error", "unchanged", "changed", *BAD]
    for name, row in [*counts.items(), ("all", total)]:
        print(f"{name:20}" + "  ".join(f"{row[k]:4} {k}" for k in kinds if row[k]))
    return int(any(total[kind] for kind in BAD))


if __name__ == "__main__":
    sys.exit(main())
