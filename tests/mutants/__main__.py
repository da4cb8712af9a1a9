"""Mistakes by machine: which would the tests notice?

    python -m tests.mutants
    python -m tests.mutants --modules losses.py utils/transform.py --count 30 --seed 1
    python -m tests.mutants --results mutants.jsonl

Each mutant is a file of the package with one small mistake.  The tests of that file,
and those that import it, run on a copy of the project until one fails; if none does,
those of what is built on it.  What survives is printed; it is known (`known.py` says
why it does no harm) or wants a test.  Exit code 1 below 95 % caught.  With a file of
results it may be stopped and goes on, as may several at once with other modules; what
survived is tried again.  Works where processes can fork.
"""
import argparse
import ast
import functools
import json
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
SPARE = 3, 20           # a mutant's tests may take so many times as long, and seconds
FILE_SECONDS = 8        # a test file that takes longer is left out, but for a mirror
OTHERS = 4              # test files beside the mirror
# Asked about what they let live, by room: tests of what is built on it.
FURTHER = {
    "losses.py": ("training/recipes/test_lifting.py", "exp/test_recipes.py"),
    "measures.py": ("evaluation/test_protocols.py", "evaluation/test_mpii.py",
                    "evaluation/test_human36m.py", "evaluation/test_lifting.py"),
    "layers": ("models/test_common.py", "models/test_reception.py", "models/test_spnet.py",
               "models/test_action.py", "test_activations.py", "networks/test_optimize.py"),
    "data": ("data/test_dataset.py", "data/test_people.py", "data/synthetic/test_layouts.py",
             "evaluation/test_protocols.py", "exp/test_recipes.py",
             "training/recipes/test_lifting.py"),
    "utils": ("data/test_crops.py", "data/test_dataset.py", "evaluation/test_protocols.py",
              "evaluation/test_human36m.py", "inference/test_predictor.py",
              "inference/test_video.py", "evaluation/test_lifting.py"),
    "training": ("training/test_stages.py", "training/test_strategy.py",
                 "training/recipes/test_lifting.py", "exp/test_recipes.py"),
    "inference": ("inference/test_finders.py", "inference/test_video.py",
                  "inference/test_job.py")}
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

    def run(self, files: list[Path], seconds: int = 300) -> tuple[int, float, str]:
        """(exit code, seconds of the processor, output) of the tests in some files."""
        log = self.folder / "tests.log"
        log.unlink(missing_ok=True)
        begin = os.times()
        fork = Fork(lambda: self._pytest(files, seconds), log)
        if fork.wait(5 * seconds) is None:
            fork.send(signal.SIGKILL)
            fork.wait(10)
        end = os.times()
        took = (end.children_user + end.children_system
                - begin.children_user - begin.children_system)
        return fork.code, took, fork.output()

    def _pytest(self, files: list[Path], seconds: int) -> int:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        os.chdir(self.folder)
        os.environ["PYTHONPATH"] = str(self.folder)
        sys.path[0] = str(self.folder)
        for name in [n for n in sys.modules if n.split(".")[0] in ("deephar", "tests")]:
            del sys.modules[name]
        import pytest
        return int(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *map(str, files)]))

    def measured(self, files: list[Path]) -> list[Path]:
        """Those that pass as they are, the quickest first."""
        for path in files:
            if path not in self.seconds:
                code, took, output = self.run([path])
                if code not in (0, 5):      # 5: all of its tests are slow
                    print(f"{path} does not pass as it is:\n{output[-1500:]}", flush=True)
                self.seconds[path] = took if code == 0 else np.inf
        return sorted((path for path in files if self.seconds[path] < np.inf),
                      key=self.seconds.get)

    def near(self, module: str) -> list[Path]:
        """The mirror of a file, and some that import it and are quick."""
        mirror, *others = tests_of(module)
        return self.measured([mirror]) + [path for path in self.measured(others)
                                          if self.seconds[path] < FILE_SECONDS]

    def further(self, module: str) -> list[Path]:
        """Tests of what is built on a file."""
        names = FURTHER[module.split("/")[0]]
        return self.measured([Path("tests") / name for name in names])

    def judge(self, module: str, change: Change) -> str:
        """'caught', 'hung' or 'survived'."""
        for chosen in (self.near, self.further):
            if files := chosen(module):
                code = self.run_changed(module, change, files)
                if code:
                    return "hung" if code < 0 else "caught"
        return "survived"

    def run_changed(self, module: str, change: Change, files: list[Path]) -> int:
        """The exit code of tests of a changed file."""
        path = self.folder / "deephar" / module
        whole, times = path.read_text("utf-8"), path.stat()
        limit = SPARE[0] * sum(self.seconds[file] for file in files) + SPARE[1]
        try:
            path.write_text(change.source, "utf-8")
            os.utime(path, (times.st_atime, times.st_mtime + 10))   # no stale bytecode
            return self.run(files, int(limit))[0]
        finally:
            path.write_text(whole, "utf-8")
            os.utime(path, (times.st_atime, times.st_mtime))


class Results:
    """Outcomes, in a file if it has a name; those that were caught need no second trial."""

    def __init__(self, path: Path | None):
        self.path, self.caught = path, {}
        if path and path.exists():
            rows = map(json.loads, path.read_text("utf-8").splitlines())
            self.caught = {tuple(key): outcome for *key, outcome in rows
                           if outcome != "survived"}

    def get(self, module: str, change: Change) -> str | None:
        return self.caught.get((module, change.line, str(change)))

    def add(self, module: str, change: Change, outcome: str) -> None:
        if self.path:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(json.dumps([module, change.line, str(change), outcome]) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--modules", nargs="+", default=MODULES, metavar="FILE",
                        help="of deephar/ (default: all that compute numbers)")
    parser.add_argument("--count", type=int, default=9, help="of each file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, metavar="FILE", help="JSON lines")
    args = parser.parse_args()
    results = Results(args.results)
    for name in ("tensorflow", "keras", "scipy.optimize", "scipy.io", "h5py", "PIL.Image",
                 "pytest", "hypothesis"):
        __import__(name)                # once, and not in every fork
    sys.dont_write_bytecode = True
    total = Counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Copy(Path(folder) / "project")
        for module in args.modules:
            count = Counter()
            for change in mutants_of(module, args.count, args.seed):
                reason = HARMLESS.get((module, str(change)))
                outcome = "harmless" if reason else results.get(module, change)
                if not outcome:
                    outcome = copy.judge(module, change)
                    results.add(module, change, outcome)
                if outcome in ("survived", "harmless"):
                    print(f"{outcome}: deephar/{module}:{change.line}: {change}"
                          + (f"  ({reason})" if reason else ""), flush=True)
                count[outcome] += 1
            total += count
            print(f"{module:28}" + "  ".join(f"{n} {kind}" for kind, n in sorted(count.items())),
                  flush=True)
    print(f"{total.total()} mutants: "
          + ", ".join(f"{n} {kind}" for kind, n in sorted(total.items())))
    harmful = total.total() - total["harmless"]
    return int(harmful - total["survived"] < GOAL * harmful)


if __name__ == "__main__":
    sys.exit(main())
