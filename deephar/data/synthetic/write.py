"""Synthetic data sets in the real on-disk layouts (see datasets/README.md).

Every picture or video is a function of (seed, its number): any number of
workers, and a run that was interrupted and started again, write the same
bytes.  Videos are finished in a hidden folder and then renamed; the
annotations come last but one, and the file `synthetic.json` last.
"""
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

from deephar.data.synthetic.layouts import SETS, WORK, Size
from deephar.utils.files import read_json, write_json
from deephar.utils.processes import run
from deephar.utils.locks import LOCK, lock_folder

VERSION = 1                         # goes up when the same seed gives other pictures
MARKER = "synthetic.json"           # written last: the set is whole

TINY = {
    "mpii": Size(16, 8, 1, (480, 360)), "h36m": Size(5, 2, 4),
    "pennaction": Size(15, 15, 12, (160, 120)), "ntu": Size(12, 12, 12),
    "coco": Size(12, 6, 1, (160, 120))}
SMALL = {
    "mpii": Size(800, 160, 1, (480, 360)), "h36m": Size(60, 15, 12),
    "pennaction": Size(105, 30, 26, (320, 240)), "ntu": Size(160, 80, 40),
    "coco": Size(480, 120, 1, (640, 480))}


def size_of(name: str, size: str | int) -> Size:
    """What "tiny", "small" or a number of training pictures or videos means."""
    if size == "tiny":
        return TINY[name]
    if size == "small":
        return SMALL[name]
    try:
        count = int(size)
    except (TypeError, ValueError):
        count = 0
    if count < 1:
        raise ValueError(f"size must be 'tiny', 'small' or a number ≥ 1, got {size!r}")
    return replace(SMALL[name], train=count, test=max(1, count // 4))


def synthesize(name: str, out: str | os.PathLike, size: str | int = "small", seed: int = 0,
               progress: Callable[[int, int], None] | None = None, *,
               workers: int | None = None, picture: tuple | None = None) -> Path:
    """Write a synthetic data set in the layout of a real one.

    Args:
        name: "mpii", "h36m", "pennaction", "ntu" or "coco", which is of crowds.
        out: folder of the set; what it already holds of the same set (after
            an interruption) is kept.
        size: "tiny", "small", or the number of training pictures (MPII, COCO) or
            videos; a quarter of it is written for every other split.
        seed: another seed gives other people, scenes and motions.
        progress: called with (done, all) pictures or videos.
        workers: processes; None takes one per CPU, 0 stays in this one.
        picture: (width, height) instead of the size's own, for MPII, Penn
            Action and COCO.

    Returns:
        The folder.

    Raises:
        KeyError: no set of this name.
        ValueError: wrong size or picture, or `out` holds something else.
        RuntimeError: another process writes to `out`.
    """
    if name not in SETS:
        raise KeyError(f"no data set {name!r}; there are {', '.join(SETS)}")
    out = Path(out)
    counts = size_of(name, size)
    if picture is not None:
        if counts.picture is None:
            raise ValueError(f"pictures of {name} have the set's own size, got {picture}")
        counts = replace(counts, picture=tuple(picture))
    recipe = {"set": name, "seed": seed, "version": VERSION, **asdict(counts)}
    recipe["picture"] = counts.picture and list(counts.picture)     # as JSON returns it
    if _is_done(out, recipe):
        return out
    with lock_folder(out):
        if not _is_done(out, recipe):       # another process may just have ended
            _write(name, out, counts, recipe, seed, progress, workers)
    return out


def _write(name, out, counts, recipe, seed, progress, workers) -> None:
    begun = out / WORK / "recipe.json"
    if begun.exists() and read_json(begun) != recipe:
        raise ValueError(f"{out} holds the beginning of another synthetic set; "
                         "delete the folder or choose another")
    if not begun.exists():
        if any(path.name not in (WORK, LOCK) for path in out.iterdir()):
            raise ValueError(f"{out} is not empty; synthetic data go to a folder of their own")
        write_json(begun, recipe)
    plan, make, finish = SETS[name]
    jobs = [(make, (out, counts, seed, item)) for item in plan(counts)]
    results = []
    for result in run(jobs, workers):
        results.append(result)
        if progress:
            progress(len(results), len(jobs))
    finish(out, results)
    write_json(out / MARKER, recipe)
    shutil.rmtree(out / WORK)


def _is_done(out: Path, recipe: dict) -> bool:
    marker = out / MARKER
    if not marker.exists():
        return False
    if read_json(marker) != recipe:
        raise ValueError(f"{out} holds another synthetic set ({marker} says which); "
                         "delete the folder or choose another")
    return True
