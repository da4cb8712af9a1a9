"""Where a data set lies: a folder that a user names, or synthetic data made on the spot."""
import logging
from pathlib import Path
from typing import Callable

import scipy.io

from deephar.data.synthetic import synthesize

log = logging.getLogger(__name__)

FOLDERS = {"mpii": "MPII", "h36m": "Human3.6M", "pennaction": "PennAction", "ntu": "NTU"}


def locate(data: str, name: str, size: str | int = "small", *,
           progress: Callable[[int, int], None] | None = None) -> Path:
    """The folder of a data set.

    Args:
        data: "synthetic", a folder that holds MPII/, Human3.6M/, PennAction/
            or NTU/, or the folder of the set itself.
        name: "mpii", "h36m", "pennaction" or "ntu".
        size: of synthetic data, see `synthesize`; they are made once, in
            datasets/synthetic-SIZE below the current folder.
        progress: called with (done, all) while synthetic data are made; by
            default every tenth is logged.

    Raises:
        KeyError: no set of this name.
        FileNotFoundError: no such data; says where they were looked for.
    """
    if name not in FOLDERS:
        raise KeyError(f"no data set {name!r}; there are {', '.join(FOLDERS)}")
    if data == "synthetic":
        folder = Path("datasets") / f"synthetic-{size}" / FOLDERS[name]
        return synthesize(name, folder, size, progress=progress or _log_tenths(folder))
    root = Path(data)
    for folder in (root / FOLDERS[name], root):
        if holds(folder, name):
            return folder
    raise FileNotFoundError(
        f"no annotations of {name} in {root / FOLDERS[name]} or {root}; "
        "see datasets/README.md for the layout, or pass synthetic instead of a folder")


def _log_tenths(folder: Path) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done * 10 // total > (done - 1) * 10 // total:
            log.info("making synthetic data in %s: %d %%", folder, 100 * done // total)

    return progress


def holds(folder: Path, name: str) -> bool:
    """Whether a folder has the annotations of this very set."""
    if name == "ntu":
        return (folder / "nturgb+d_numpy").is_dir()
    path = folder / "annotations.mat"
    if not path.is_file():
        return False
    if folder.name == FOLDERS[name]:
        return True         # its reader says what is wrong with the file, if anything is
    try:
        names = {variable for variable, _, _ in scipy.io.whosmat(path)}
    except (ValueError, TypeError, OSError, NotImplementedError):
        return False
    return {"mpii": "annot_tr" in names,
            "h36m": "sequences_val" in names,
            "pennaction": "sequences_tr" in names and "sequences_val" not in names}[name]
