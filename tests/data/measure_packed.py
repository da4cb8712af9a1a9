"""How a packed folder reads beside the plain one, and how a large one starts.

    python -m tests.data.measure_packed read FOLDER      a table; root, for a cold cache
    python -m tests.data.measure_packed start FOLDER     as JSON: seconds and memory

`read` makes 8000 pictures of two sizes and reads them in random order, plain and packed
in turns, as bytes or decoded: pictures a second.  `start` makes the index of 60,000
sequences of NTU with 5 million pictures and opens the set by it.
"""
import json
import os
import statistics
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

from deephar.config import ntu_dataconf
from deephar.data.ntu import ANNOTATION_FOLDER, FRAME, IMAGES, Ntu
from deephar.data.pack import _index_of, pack
from deephar.data.pictures import open_picture
from deephar.utils.modes import TEST_MODE, TRAIN_MODE
from deephar.utils.places import place
from deephar.utils.timing import peak_memory_mb

SEQUENCES, FRAMES, SHARDS = 60_000, 84, 400
PICTURES = 8000


def names(count: int) -> list[str]:
    """Of sequences as NTU has them."""
    return [f"S{i // 3600 % 17 + 1:03d}C{i // 1200 % 3 + 1:03d}P{i // 60 % 20 + 1:03d}"
            f"R{i // 61200 + 1:03d}A{i % 60 + 1:03d}" for i in range(count)]


def write_index(folder: Path) -> None:
    """A pack without its shards: nothing is read of them before the first sample."""
    sequences = names(SEQUENCES)
    files = [f"{ANNOTATION_FOLDER}/{name}.npy" for name in sequences]
    pictures = [f"{IMAGES}/{name}/{FRAME.format(2 * i + 1)}" for name in sequences
                for i in range(FRAMES)]
    index = _index_of(files + pictures)
    np.save(folder / "index.npy", index)
    records = index.shape[1] // SHARDS
    (folder / "pack.json").write_text(json.dumps({
        "set": "ntu", "index_bytes": (folder / "index.npy").stat().st_size,
        "files": {file: [[2 * FRAMES, 151], "<f8"] for file in files},
        "shards": [{"file": f"{i:05d}", "bytes": 1, "records": records}
                   for i in range(SHARDS)]}))


def start(folder: Path) -> dict:
    """Opens the set, and finds one picture."""
    before, begin = peak_memory_mb(), time.perf_counter()
    ntu = Ntu(folder, ntu_dataconf, topology="frames")
    frames = sum(ntu.get_length(mode) for mode in (TRAIN_MODE, TEST_MODE))
    found = (ntu.images / names(2)[1] / FRAME.format(1)).is_file()
    return {"frames": frames, "found": found, "seconds": time.perf_counter() - begin,
            "memory_mb": peak_memory_mb() - before, "peak_mb": peak_memory_mb()}


def make_pictures(folder: Path, quality: int) -> tuple[int, list[str]]:
    """The same JPEG under 8000 names, plain and packed; its bytes, the names in random order."""
    rng = np.random.default_rng(0)
    cells = rng.integers(0, 256, (27, 48, 3), np.uint8)
    noise = rng.integers(-8, 9, (540, 960, 3))
    picture = np.asarray(Image.fromarray(cells).resize((960, 540))) + noise
    folder.mkdir(parents=True)
    Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(
        folder / "one.jpg", quality=quality)
    content = (folder / "one.jpg").read_bytes()
    plain = folder / "plain"
    table = np.zeros((2 * PICTURES // 40, 151))
    table[:, 0] = np.arange(1, len(table) + 1)
    order = []
    for name in names(40):
        (plain / IMAGES / name).mkdir(parents=True)
        (plain / ANNOTATION_FOLDER).mkdir(exist_ok=True)
        np.save(plain / ANNOTATION_FOLDER / name, table)
        for number in range(1, len(table) + 1, 2):
            order.append(f"{IMAGES}/{name}/{FRAME.format(number)}")
            (plain / order[-1]).write_bytes(content)
    pack("ntu", plain, folder / "packed", shard_bytes=64 << 20)
    rng.shuffle(order)
    return len(content), order


def read(folder: Path) -> None:
    print("| a picture of | read in | threads | plain | packed |", "|---|---|---|---|---|",
          sep="\n")
    for quality in (85, 30):
        here = folder / f"quality-{quality}"
        size, order = make_pictures(here, quality)
        for what, use, count in (("bytes", lambda path: path.read_bytes(), PICTURES),
                                 ("pixels", open_picture, 1500)):
            for threads in (1, 8):
                rates = {"plain": [], "packed": []}
                for turn in range(6):
                    kind = ("plain", "packed")[turn % 2]
                    rates[kind].append(cold_rate(here / kind, use, order[:count], threads))
                print(f"| {size / 1e3:.0f} kB | {what} | {threads} |", " | ".join(
                    f"{statistics.median(values):,.0f}" for values in rates.values()), "|")
    print("opened:", PICTURES, "files, or", len([*(here / "packed").glob("0*")]),
          "shards and the index")


def cold_rate(folder: Path, use, order: list[str], threads: int) -> float:
    """Pictures a second, nothing of them in memory before."""
    root = place(folder)
    subprocess.run(["sync"], check=True)
    Path("/proc/sys/vm/drop_caches").write_text("3")
    begin = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(lambda name: use(root / name) and None, order):
            pass
    return len(order) / (time.perf_counter() - begin)


if __name__ == "__main__":
    out = Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    if sys.argv[1] == "start":
        if not (out / "pack.json").exists():
            write_index(out)
            os.execv(sys.executable, [sys.executable, "-m", "tests.data.measure_packed",
                                      *sys.argv[1:]])
        print(json.dumps(start(out)))
    else:
        read(out)
