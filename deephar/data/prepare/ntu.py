"""NTU RGB+D: from the owners' `.skeleton` and `_rgb.avi` files.

Both may lie anywhere below the source folder.  The sensor may follow several
bodies, and things that are none.  One body is kept per sequence: the one whose
joints vary most, summed over the frames in which it was followed; a chair does
not move, and a ghost does not last.  Every choice among several bodies is
counted in the notes.  Where the kept body is lost the row is 0, which reads as
missing.

A sequence without a skeleton is left out and reported: in the full set of
56,880 the owners list 302 of them.  Pictures are written for the rows that are
used (every second one, from the first), at half the size of the video.
"""
import logging
from pathlib import Path

import numpy as np

from deephar.data.matfile import load_npy
from deephar.data.ntu import (
    ANNOTATION_FOLDER, FRAME, IMAGES, NUM_NTU_JOINTS, PICTURE_SIZE, ROW_STEP)
from deephar.data.prepare.work import (
    Outcome, Progress, need_folder, run_jobs, save_jpeg)
from deephar.data.video import BrokenVideo, read_frames
from deephar.utils.files import atomic_path
from deephar.utils.reading import read_text

log = logging.getLogger(__name__)

MISSING_IN_FULL_SET = 302


def prepare(source: Path, out: Path, *, workers: int = 2,
            progress: Progress | None = None) -> Outcome:
    """Make `out/nturgb+d_numpy/` and `out/images-small/` from the owners' files."""
    need_folder(source, "the owners' .skeleton and _rgb.avi files")
    videos = {p.name[:20]: p for p in sorted(source.rglob("S*_rgb.avi"))}
    skeletons = {p.stem: p for p in sorted(source.rglob("S*.skeleton"))}
    if not videos:
        raise FileNotFoundError(f"no SsssCcccPpppRrrrAaaa_rgb.avi below {source}")
    if not skeletons:
        raise FileNotFoundError(f"no SsssCcccPpppRrrrAaaa.skeleton below {source}")
    without = [name for name in videos if name not in skeletons]
    names = [name for name in videos if name in skeletons]
    done, problems = run_jobs(
        lambda name: _sequence(name, skeletons[name], videos[name], out), names,
        workers, progress)
    outcome = Outcome(sequences={"all": len(done)})
    outcome.problems = [f"{name}: no skeleton file" for name in without] + problems
    outcome.problems += [f"{name}: {problem}" for name, (_, problem) in done.items()
                         if problem]
    several = sum(bodies > 1 for bodies, _ in done.values())
    outcome.notes += [
        f"{several} sequences hold several bodies; the one whose joints vary most "
        "is kept",
        f"{len(videos) - len(done)} samples without a usable skeleton or video "
        f"(the owners list {MISSING_IN_FULL_SET} without a skeleton in the full set)"]
    outcome.write(out)
    return outcome


def _sequence(name: str, skeleton: Path, video: Path, out: Path):
    """(number of bodies, a problem or None) of one prepared sequence."""
    bodies, num_frames = read_skeleton(skeleton)
    if not bodies:
        raise ValueError(f"{name}: {skeleton.name} holds no body")
    body = moving_most(bodies)
    table = np.zeros((num_frames, 1 + 6 * NUM_NTU_JOINTS))
    table[:, 0] = np.arange(1, num_frames + 1)
    for frame, (xyz, color) in body.items():
        table[frame, 1:] = np.concatenate(
            [xyz.ravel(), color[:, 0], color[:, 1], xyz[:, 2] * 1000])
    array_path = out / ANNOTATION_FOLDER / f"{name}.npy"
    folder = out / IMAGES / name
    if array_path.exists():
        rows = len(load_npy(array_path))
        return len(bodies), _shortened(rows, num_frames)
    rows = min(num_frames, _write_pictures(video, folder, num_frames))
    if rows < 1:
        raise ValueError(f"{name}: no picture could be read from {video}")
    with atomic_path(array_path) as temporary:      # last: it marks the sequence done
        np.save(temporary, table[:rows])
    return len(bodies), _shortened(rows, num_frames)


def _shortened(rows: int, num_frames: int) -> str | None:
    if rows == num_frames:
        return None
    return f"the video has pictures for {rows} of {num_frames} frames"


def _write_pictures(video: Path, folder: Path, num_frames: int) -> int:
    """Write the pictures of the used rows; returns the number of frames seen."""
    count = 0
    try:
        for count, (_, frame) in enumerate(read_frames(video), 1):
            path = folder / FRAME.format(count)
            if count % ROW_STEP == 1 and not path.exists():
                small = frame.reformat(*PICTURE_SIZE, format="rgb24",
                                       interpolation="AREA")
                save_jpeg(small.to_ndarray(), path)
            if count == num_frames:
                break
    except BrokenVideo as error:
        log.warning("%s", error)
    return count


def read_skeleton(path: Path) -> tuple[dict, int]:
    """The bodies of a `.skeleton` file.

    Returns:
        ({body id: {frame, from 0: (xyz (25, 3) in metres, colour (25, 2) in
        pixels of the 1920×1080 video)}}, number of frames).
    """
    words = iter(read_text(path).split())
    bodies: dict[str, dict] = {}
    try:
        num_frames = int(next(words))
        for frame in range(num_frames):
            for _ in range(int(next(words))):
                body_id = next(words)
                for _ in range(9):                  # hand states, lean, tracking
                    next(words)
                joints = np.array([_joint(words) for _ in range(int(next(words)))])
                if joints.shape != (NUM_NTU_JOINTS, 12):
                    raise ValueError(f"a body has {NUM_NTU_JOINTS} joints, got {len(joints)}")
                if np.isinf(joints).any():
                    raise ValueError("a joint is at infinity")
                bodies.setdefault(body_id, {})[frame] = joints[:, :3], joints[:, 5:7]
    except StopIteration:
        raise ValueError(f"{path} ends too early; is the file complete?") from None
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{path} is not a skeleton file: {error}") from error
    return bodies, num_frames


def _joint(words) -> list[float]:
    """x y z, depth x y, colour x y, orientation w x y z, tracking state."""
    return [float(next(words)) for _ in range(12)]


def moving_most(bodies: dict) -> dict:
    """The body whose joints vary most, summed over its frames."""
    def variation(frames: dict) -> float:
        xyz = np.stack([joints for joints, _ in frames.values()])
        return float(np.nansum((xyz - np.nanmean(xyz, axis=0)) ** 2))
    return max(bodies.values(), key=variation)
