"""Where a data set lies: a folder that a user names, or synthetic data made on the spot."""
import logging
from pathlib import Path
from typing import Callable

from deephar.data.synthetic import synthesize
from deephar.data.table import dataset
from deephar.utils.places import Place, place

log = logging.getLogger(__name__)


def locate(data: str, name: str, size: str | int = "small", *,
           progress: Callable[[int, int], None] | None = None) -> Path | Place:
    """The folder of a data set.

    Args:
        data: "synthetic", a folder that holds MPII/, Human3.6M/, PennAction/
            or NTU/, or the folder of the set itself, plain or packed; or the
            address of one, such as `gs://bucket/datasets`.
        name: a key of `DATASETS`.
        size: of synthetic data, see `synthesize`; they are made once, in
            datasets/synthetic-SIZE below the current folder.
        progress: called with (done, all) while synthetic data are made; by
            default every tenth is logged.

    Raises:
        KeyError: no set of this name.
        FileNotFoundError: no such data; says where they were looked for.
    """
    entry = dataset(name)
    if data == "synthetic":
        folder = Path("datasets") / f"synthetic-{size}" / entry.folder
        return synthesize(name, folder, size, progress=progress or _log_tenths(folder))
    root = place(data)
    for folder in (place(root / entry.folder), root):
        if entry.is_at(folder):
            return folder
    raise FileNotFoundError(
        f"no annotations of {name} in {root / entry.folder} or {root}; "
        "see datasets/README.md for the layout, or pass synthetic instead of a folder")


def _log_tenths(folder: Path) -> Callable[[int, int], None]:
    def progress(done: int, total: int) -> None:
        if done * 10 // total > (done - 1) * 10 // total:
            log.info("making synthetic data in %s: %d %%", folder, 100 * done // total)

    return progress
