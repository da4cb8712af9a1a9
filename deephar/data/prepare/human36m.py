"""Human3.6M: from the owners' videos and D3 positions, one folder per subject.

Source folder: `S1/Videos/*.mp4` and `S1/…/D3_Positions/*.cdf`, for the seven
subjects with poses.  Positions converted before to `.h5`, `.mat`, `.npz` or
`.npy` are read too, in millimetres, one file per take.

Frames kept: training subjects (1 5 6 7 8) 1 in 5, validation (9 11) 1 in 64,
from the first.  The test subjects' poses stay with the owners, so the test split
is empty.  Takes are numbered in the order of their names ("Walking" before
"Walking 1").  Copies of subject 1 spell some takes differently (Photo and
TakingPhoto, WalkDog and WalkingDog): both are read, and so is a pair of them.
Cameras are those of `deephar.data.keypoints.cameras`.
"""
import logging
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deephar.data.human36m import (
    FRAME, IMAGES, NUM_H36M_JOINTS, TRAIN_SUBJECTS, VALID_SUBJECTS)
from deephar.data.keypoints.cameras import CALIBRATION
from deephar.data.labels import H36M_ACTIONS
from deephar.data.matfile import inner, load_mat, load_npy
from deephar.data.prepare.cdf import read_cdf
from deephar.data.prepare.annotations import h36m_sequence, save_sequences
from deephar.data.prepare.work import Outcome, Progress, run_jobs, save_jpeg
from deephar.data.video import BrokenVideo, read_frames, to_array
from deephar.utils.reading import open_hdf5, read_npz
from deephar.utils.rig import inverse, rotate

log = logging.getLogger(__name__)

FARTHEST = 1e6              # mm from the middle of the room
FRAME_STEP = {"train": 5, "valid": 64}
OTHER_SPELLINGS = {"TakingPhoto": "Photo", "WalkingDog": "WalkDog"}
POSITION_FOLDERS = ("D3_Positions", "3D_positions")
POSITION_FILES = (".cdf", ".h5", ".mat", ".npz", ".npy")


@dataclass(frozen=True)
class Take:
    """One take of a subject as one camera saw it."""
    subject: int
    action: str
    number: int             # from 1
    camera: int             # index into the calibration
    positions: Path
    video: Path | None

    @property
    def name(self) -> str:
        return (f"a{H36M_ACTIONS.index(self.action) + 1:02d}_s{self.subject:02d}"
                f"_e{self.number:02d}_c{self.camera + 1:02d}")

    @property
    def split(self) -> str:
        return "train" if self.subject in TRAIN_SUBJECTS else "valid"


def prepare(source: Path, out: Path, *, workers: int = 2,
            progress: Progress | None = None) -> Outcome:
    """Make `out/annotations.mat` and `out/images/` from the owners' files."""
    takes = find_takes(source)
    if not takes:
        raise FileNotFoundError(
            f"no subject below {source}: expected S1/Videos/*.mp4 and "
            "S1/MyPoseFeatures/D3_Positions/*.cdf, for S1 S5 S6 S7 S8 S9 S11")
    done, problems = run_jobs(lambda take: _sequence(take, out), takes, workers, progress)
    outcome = Outcome(problems=problems)
    sequences = {"train": [], "valid": [], "test": []}
    for take, (record, problem) in done.items():
        sequences[take.split].append(record)
        outcome.problems += [problem] if problem else []
    save_sequences(out, {"tr": sequences["train"], "val": sequences["valid"], "te": []},
                   H36M_ACTIONS, (f"joint{j:02d}" for j in range(NUM_H36M_JOINTS)))
    outcome.sequences = {split: len(rows) for split, rows in sequences.items()}
    outcome.notes.append("frames kept: training 1 in 5, validation 1 in 64; "
                         "the test subjects have no public poses")
    outcome.write(out)
    return outcome


def split_name(stem: str) -> tuple[str, int]:
    """("TakingPhoto 1") to ("Photo", 1); a take without a number has 0."""
    match = re.fullmatch(r"([A-Za-z]+)(?:[ _](\d+))?", stem)
    if match is None:
        return stem, 0
    action = OTHER_SPELLINGS.get(match[1], match[1])
    return action, int(match[2] or 0)


def find_takes(source: Path) -> list[Take]:
    """Every take with positions, for all cameras, in the order of their names."""
    takes = []
    for subject in TRAIN_SUBJECTS + VALID_SUBJECTS:
        files = [p for kind in POSITION_FOLDERS
                 for p in sorted((source / f"S{subject}").rglob(f"{kind}/*"))
                 if p.suffix in POSITION_FILES]
        known = {}
        for path in files:
            action, number = split_name(path.stem)
            if action in H36M_ACTIONS[1:]:
                known.setdefault(action, {}).setdefault(number, path)
        videos = _videos(source / f"S{subject}")
        for action, numbered in known.items():
            for rank, (number, path) in enumerate(sorted(numbered.items()), 1):
                takes += [
                    Take(subject, action, rank, i, path,
                         videos.get((action, number, camera["id"])))
                    for i, camera in enumerate(CALIBRATION["cameras"])]
    return sorted(takes, key=lambda take: (take.subject, take.name))


def _videos(folder: Path) -> dict:
    """{(action, number, camera id): path} of a subject's videos."""
    found = {}
    for path in sorted(folder.rglob("*.mp4")):
        stem, _, camera = path.stem.rpartition(".")
        found.setdefault((*split_name(stem), camera), path)
    return found


def _sequence(take: Take, out: Path):
    """(record of our layout, a problem or None); writes the take's pictures."""
    if take.video is None:
        raise FileNotFoundError(
            f"S{take.subject}: no video of {take.positions.stem!r} from camera "
            f"{CALIBRATION['cameras'][take.camera]['id']}")
    positions = read_positions(take.positions)
    folder = out / IMAGES / take.name
    wanted = range(1, len(positions) + 1, FRAME_STEP[take.split])
    problem = None
    if not all((folder / FRAME.format(f)).exists() for f in wanted):
        problem = _write_pictures(take.video, folder, wanted)
    kept = [f for f in wanted if (folder / FRAME.format(f)).exists()]
    if not kept:
        raise ValueError(problem or f"{take.video}: no picture could be read")
    camera = CALIBRATION["cameras"][take.camera]
    return h36m_sequence(take.name, camera_parameters(take), kept,
                         (camera["res_w"], camera["res_h"]),
                         [positions[f - 1] for f in kept]), problem


def _write_pictures(video: Path, folder: Path, wanted: range) -> str | None:
    """Write the wanted frames of a video; returns a problem or None."""
    count = 0
    try:
        for count, (_, frame) in enumerate(read_frames(video), 1):
            path = folder / FRAME.format(count)
            if count in wanted and not path.exists():
                save_jpeg(to_array(frame), path)
            if count >= wanted[-1]:
                break
    except BrokenVideo as error:
        return str(error)
    if count < wanted[-1]:
        return f"{video} has {count} frames, fewer than its positions"
    return None


def camera_parameters(take: Take) -> dict[str, np.ndarray]:
    """R T f c p k of the take's camera."""
    intrinsic = CALIBRATION["cameras"][take.camera]
    extrinsic = CALIBRATION["subjects"][f"S{take.subject}"][take.camera]
    # Column j of R is what the camera sees of the world's axis j.
    return {"R": rotate(inverse(np.array(extrinsic["orientation"])), np.eye(3)).T,
            "T": extrinsic["translation"], "f": intrinsic["focal_length"],
            "c": intrinsic["center"], "p": intrinsic["tangential_distortion"],
            "k": intrinsic["radial_distortion"]}


def read_positions(path: Path) -> np.ndarray:
    """World positions (frames, 32, 3) in millimetres.

    A file holds one array (n, 96), (96, n) or (n, 32, 3), alone or under the
    name Pose, positions, 3D_positions or data.
    """
    arrays = {key: np.squeeze(value) for key, value in _arrays_of(path).items()
              if np.issubdtype(value.dtype, np.number)}
    for key in ("Pose", "positions", "3D_positions", "data", *arrays):
        array = arrays.get(key)
        if array is None:
            continue
        if array.shape == (3 * NUM_H36M_JOINTS,) or array.shape == (NUM_H36M_JOINTS, 3):
            array = array.reshape(1, NUM_H36M_JOINTS, 3)
        elif array.ndim == 2 and array.shape[1] == 3 * NUM_H36M_JOINTS:
            array = array.reshape(-1, NUM_H36M_JOINTS, 3)
        elif array.ndim == 2 and array.shape[0] == 3 * NUM_H36M_JOINTS:
            array = array.reshape(NUM_H36M_JOINTS, 3, -1).transpose(2, 0, 1)
        if array.ndim == 3 and array.shape[1:] == (NUM_H36M_JOINTS, 3):
            with np.errstate(invalid="ignore"):     # NaN is refused in a moment
                return _in_millimetres(np.asarray(array, np.float64), path)
    shapes = {key: value.shape for key, value in arrays.items()}
    raise ValueError(f"{path}: positions must be (n, 96), (96, n) or (n, 32, 3), "
                     f"got {shapes}")


def _arrays_of(path: Path) -> dict[str, np.ndarray]:
    try:
        if path.suffix == ".cdf":
            return read_cdf(path)
        if path.suffix == ".h5":
            with open_hdf5(path) as file:
                return {key: file[key][:] for key in file}
        if path.suffix == ".mat":
            content = load_mat(path, ())
            return {key: inner(value) for key, value in content.items()
                    if not key.startswith("__")}
        return read_npz(path) if path.suffix == ".npz" else {"data": load_npy(path)}
    except (ValueError, OSError, EOFError) as error:
        text = str(error)
        raise ValueError(text if str(path) in text else f"{path}: {text}") from error


def _in_millimetres(positions: np.ndarray, path: Path) -> np.ndarray:
    if not positions.size:
        raise ValueError(f"{path} holds no frame")
    tall = float(np.median(np.ptp(positions, axis=1).max(axis=-1)))
    if not np.isfinite(positions).all() or np.abs(positions).max() > FARTHEST:
        raise ValueError(f"{path}: positions must be finite and within "
                         f"{FARTHEST / 1e6:.0f} km")
    if tall < 20:
        raise ValueError(f"{path}: positions must be in millimetres; a person "
                         f"{tall:.3g} tall looks like metres")
    return positions
