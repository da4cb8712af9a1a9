"""Mistakes by machine: which would the tests notice?

    python -m tests.mutants
    python -m tests.mutants --modules losses.py utils/transform.py --count 30 --seed 1

Each mutant is a file of the package with one small mistake.  The tests of that file,
and those that import it, run on a copy of the project until one fails.  What survives
is printed; it is known (`known.py` says why it does no harm) or wants a test.  Exit
code 1 below 95 % caught.  Works where processes can fork.
"""
import argparse
import ast
import functools
import os
import resource
import shutil
import signal
import sys
import tempfile
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from tests.faults.forks import Fork
from tests.mutants.changes import Change, changes_of
from tests.mutants.known import HARMLESS

ROOT = Path(__file__).resolve().parents[2]
MODULES = (
    "losses.py", "measures.py", "layers/fusion.py", "layers/pooling.py", "layers/reshape.py",
    "layers/skeleton.py", "layers/softargmax.py", "data/crops.py", "data/clips.py",
    "data/loader.py", "data/mpii.py", "data/pennaction.py", "data/ntu.py", "data/human36m.py",
    "data/keypoints/batches.py", "data/keypoints/takes.py", "utils/transform.py",
    "utils/bbox.py", "utils/camera.py", "utils/rig.py", "utils/pose.py", "utils/stereo.py",
    "training/optimizers.py", "training/schedule.py", "training/averages.py",
    "training/accumulate.py", "inference/tracks.py", "inference/smooth.py")
GOAL = 0.95
SECONDS = 40            # of processor time, for the tests of one mutant
FILE_SECONDS = 8        # a test file that takes longer is left out, but for a mirror
OTHERS = 4              # test files beside the mirror
LONG = ("exp", "cli", "docs", "recipes", "evaluation")      # rooms of tests that are


def mutants_of(module: str, count: int, seed: int) -> list[Change]:
    """Some changes of a file, drawn by the seed."""
    changes = changes_of((ROOT / "deephar" / module).read_text("utf-8"))
    rng = np.random.default_rng([seed, zlib.crc32(module.encode())])
    chosen = rng.permutation(len(changes))[:count]
    return [changes[i] for i in sorted(chosen)]


def tests_of(module: str) -> list[Path]:
    """The mirror of a file, and some that import it: those that import least besides."""
    mirror = Path("tests") / Path(module).with_name(f"test_{Path(module).name}")
    dotted = "deephar." + module.removesuffix(".py").replace("/", ".")
    others = [path.relative_to(ROOT) for path in sorted((ROOT / "tests").rglob("test_*.py"))
              if dotted in _imports(path) and not set(LONG) & set(path.parts)]
    others.sort(key=lambda path: len(_imports(ROOT / path)))
    return [mirror] + [path for path in others if path != mirror][:OTHERS]


@functools.cache
def _imports(path: Path) -> set[str]:
    """Dotted names of all that a file imports."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8")))
             if isinstance(node, ast.ImportFrom)]
    return {node.module for node in nodes} | {
        f"{node.module}.{alias.name}" for node in nodes for alias in node.names}


class Copy:
    """A copy of the project in which one file at a time is another."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".git", "output", "*.pyc"))
        self.seconds: dict[Path, float] = {}

    def run(self, files: list[Path]) -> tuple[int, float, str]:
        """(exit code, seconds of the processor, output) of the tests in some files."""
        log = self.folder / "tests.log"
        log.unlink(missing_ok=True)
        begin = os.times()
        fork = Fork(lambda: self._pytest(files), log)
        if fork.wait(10 * SECONDS) is None:
            fork.send(signal.SIGKILL)
            fork.wait(10)
        end = os.times()
        took = (end.children_user + end.children_system
                - begin.children_user - begin.children_system)
        return fork.code, took, fork.output()

    def _pytest(self, files: list[Path]) -> int:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        os.chdir(self.folder)
        os.environ["PYTHONPATH"] = str(self.folder)
        sys.path[0] = str(self.folder)
        for name in [n for n in sys.modules if n.split(".")[0] in ("deephar", "tests")]:
            del sys.modules[name]
        import pytest
        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *map(str, files)]))

    def usable(self, module: str) -> list[Path]:
        """The test files of a module that pass as it is, those that take long left out."""
        files = tests_of(module)
        for path in files:
            if path not in self.seconds:
                code, took, output = self.run([path])
                if code not in (0, 5):      # 5: all of its tests are slow
                    print(f"{path} does not pass as it is:\n{output[-1500:]}", flush=True)
                self.seconds[path] = took if code == 0 else np.inf
        mirror, *others = files
        return [mirror] + [path for path in sorted(others, key=self.seconds.get)
                           if self.seconds[path] < FILE_SECONDS]

    def judge(self, module: str, change: Change) -> str:
        """'caught', 'hung' or 'survived'."""
        path = self.folder / "deephar" / module
        whole, times = path.read_text("utf-8"), path.stat()
        try:
            path.write_text(change.source, "utf-8")
            os.utime(path, (times.st_atime, times.st_mtime + 10))   # no stale bytecode
            code, _, _ = self.run(self.usable_now)
        finally:
            path.write_text(whole, "utf-8")
            os.utime(path, (times.st_atime, times.st_mtime))
        return "hung" if code < 0 else "caught" if code else "survived"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", nargs="+", default=MODULES, metavar="FILE",
                        help="of deephar/ (default: all that compute numbers)")
    parser.add_argument("--count", type=int, default=9, help="of each file")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    for name in ("tensorflow", "keras", "scipy.optimize", "scipy.io", "h5py", "PIL.Image",
                 "pytest", "hypothesis"):
        __import__(name)                # once, and not in every fork
    sys.dont_write_bytecode = True
    total = Counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder) / "project")
        for module in args.modules:
            count = Counter()
            copy.usable_now = copy.usable(module)
            for change in mutants_of(module, args.count, args.seed):
                outcome = copy.judge(module, change)
                reason = HARMLESS.get((module, str(change)))
                if outcome == "survived":
                    outcome = "harmless" if reason else outcome
                    print(f"{outcome}: deephar/{module}:{change.line}: {change}"
                          + (f"  ({reason})" if reason else ""), flush=True)
                count[outcome] += 1
            total += count
            print(f"{module:28}" + "  ".join(f"{n} {kind}" for kind, n in sorted(count.items())),
                  flush=True)
    mutants = total.total()
    caught = mutants - total["survived"]
    print(f"{mutants} mutants: " + ", ".join(f"{n} {kind}" for kind, n in sorted(total.items())))
    return int(caught < GOAL * mutants)


if __name__ == "__main__":
    sys.exit(main())
