"""What every preparation shares: jobs in parallel, files put in place, the outcome."""
import logging
import os
import shutil
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable, Sequence

import numpy as np
from PIL import Image

from deephar.utils.files import atomic_path, write_json, write_picture

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]           # called with (done, total)
JPEG_QUALITY = 92


@dataclass
class Outcome:
    """What a preparation did.

    Attributes:
        sequences: samples (MPII) or sequences of each split.
        problems: what could not be used, one line each.
        notes: decisions that were taken, one line each.
    """
    sequences: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def write(self, out: Path) -> None:
        """Keep the outcome beside the data, as `prepared.json`."""
        write_json(out / "prepared.json", asdict(self))


def run_jobs(job: Callable[[Any], Any], items: Sequence, workers: int,
             progress: Progress | None = None) -> tuple[dict, list[str]]:
    """Do `job(item)` for all items in threads.

    Args:
        job: raises OSError or ValueError when an item cannot be used.
        items: hashable.
        workers: number of threads, ≥ 1.
        progress: called after every item.

    Returns:
        ({item: result}, in the items' order, and one line per failed item).
    """
    if workers < 1:
        raise ValueError(f"workers must be ≥ 1, got {workers}")
    results, problems = {}, {}
    with ThreadPoolExecutor(workers) as pool:
        futures = {pool.submit(job, item): item for item in items}
        try:
            for done, future in enumerate(as_completed(futures), 1):
                item = futures[future]
                try:
                    results[item] = future.result()
                except (OSError, ValueError) as error:
                    problems[item] = str(error)
                    log.warning("%s", error)
                if progress is not None:
                    progress(done, len(items))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    ordered = {item: results[item] for item in items if item in results}
    return ordered, [problems[item] for item in items if item in problems]


def place(source: Path, target: Path) -> None:
    """Put a file in place: a hard link where the disk allows one, else a copy."""
    if target.exists():
        return
    with atomic_path(target) as temporary:
        try:
            os.link(source, temporary)
        except OSError:
            shutil.copyfile(source, temporary)


def save_jpeg(picture: np.ndarray | Image.Image, path: Path) -> None:
    """Write a picture, whole or not at all."""
    if not isinstance(picture, Image.Image):
        picture = Image.fromarray(picture)
    write_picture(path, picture, quality=JPEG_QUALITY, subsampling=0)


def need_folder(folder: Path, what: str) -> Path:
    """`folder`, or an error that says what should be there."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; expected {what}")
    return folder
