"""Tiny data sets as their owners ship them, before any conversion.

Every frame of a video is one grey level, so that a test can tell which frame a
picture was taken from.
"""
import gzip
import struct
from pathlib import Path

import numpy as np
import scipy.io
from PIL import Image


def grey_of_frame(i: int) -> int:
    """The grey level of frame i, from 0."""
    return 20 + (i * 37) % 200


def write_video(path: Path, num_frames: int, size=(96, 64), codec="mpeg4") -> None:
    """A video of plain grey frames."""
    import av
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height = size
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for i in range(num_frames):
            array = np.full((size[1], size[0], 3), grey_of_frame(i), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(array, "rgb24")))
        container.mux(stream.encode())


def write_jpeg(path: Path, grey: int = 100, size=(96, 64)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (grey,) * 3).save(path)


def structs(records: list[dict]) -> np.ndarray:
    """A MATLAB struct array; a field that a record lacks is empty there."""
    names = list(dict.fromkeys(name for record in records for name in record))
    array = np.empty((1, len(records)), [(name, object) for name in names])
    for i, record in enumerate(records):
        array[0, i] = tuple(record.get(name, np.zeros((0, 0))) for name in names)
    return array


# === MPII ===

def mpii_person(x: float, missing: int | None = None) -> dict:
    points = [{"x": x + j, "y": 2.0 * j, "id": j, "is_visible": 1}
              for j in range(16) if j != missing]
    return {"x1": 1.0, "y1": 2.0, "x2": 31.0, "y2": 42.0, "scale": 1.5,
            "objpos": structs([{"x": x, "y": 20.0}]),
            "annopoints": structs([{"point": structs(points)}])}


def write_mpii(root: Path) -> None:
    """Five pictures: two of train, one of valid, one without people, one of test."""
    bystander = {"x1": 5.0, "y1": 5.0, "x2": 9.0, "y2": 9.0}      # a head, no more
    people = [
        [mpii_person(10), bystander, mpii_person(30, missing=9)],
        [mpii_person(40)],
        [mpii_person(50)],
        [],
        [{"scale": 2.0, "objpos": structs([{"x": 1.0, "y": 1.0}])}],
    ]
    videos = [1, 8, 3, 4, 5]
    annolist = [{"image": structs([{"name": f"{i:03d}.jpg"}]),
                 "annorect": structs(rects) if rects else np.zeros((0, 0)),
                 "frame_sec": 1.0, "vididx": float(videos[i])}
                for i, rects in enumerate(people)]
    release = {"annolist": structs(annolist), "img_train": [[1, 1, 1, 1, 0]],
               "version": "12"}
    (root / "annotations").mkdir(parents=True, exist_ok=True)
    scipy.io.savemat(root / "annotations" / "mpii_human_pose_v1_u12_1.mat",
                     {"RELEASE": structs([release])})
    for i in range(len(people)):
        write_jpeg(root / "images" / f"{i:03d}.jpg", 50 + i)


# === Penn Action ===

def write_pennaction(root: Path, lengths=(3, 1, 4)) -> None:
    """One sequence per length; even ones are for training."""
    actions = ("bowl", "baseball_pitch", "tennis_serve")
    for i, n in enumerate(lengths):
        x = np.arange(n * 13, dtype=np.float64).reshape(n, 13) + 100 * i
        (root / "labels").mkdir(parents=True, exist_ok=True)
        scipy.io.savemat(root / "labels" / f"{i + 1:04d}.mat", {
            "action": actions[i % 3], "pose": "front", "x": x, "y": x / 2,
            "visibility": (x % 2 == 0).astype(np.float64),
            "train": 1 if i % 2 == 0 else -1, "bbox": np.ones((n, 4)),
            "dimensions": [[64, 96, n]], "nframes": n})
        for f in range(1, n + 1):
            write_jpeg(root / "frames" / f"{i + 1:04d}" / f"{f:06d}.jpg", 10 * f)


# === NTU RGB+D ===

def skeleton_text(frames: list[dict[str, np.ndarray]]) -> str:
    """A `.skeleton` file: per frame {body id: xyz (25, 3)}."""
    lines = [str(len(frames))]
    for bodies in frames:
        lines.append(str(len(bodies)))
        for body_id, xyz in bodies.items():
            lines += [f"{body_id} 0 1 1 1 1 0 0.1 -0.2 2", "25"]
            lines += [f"{x} {y} {z} 250.5 200.5 {1000 + 100 * x} {500 - 100 * y} "
                      "0.1 0.2 0.3 0.4 2" for x, y, z in xyz]
    return "\n".join(lines) + "\n"


def write_ntu(root: Path, num_frames: int = 7) -> dict[str, np.ndarray]:
    """Three samples: one person, a person among others, and no skeleton.

    Returns:
        the person's joints (frames, 25, 3) of the first two.
    """
    rng = np.random.default_rng(0)
    names = ("S001C001P001R001A004", "S001C002P003R002A060", "S001C003P001R001A010")
    people = {}
    for name in names:
        write_video(root / "nturgb+d_rgb" / f"{name}_rgb.avi", num_frames,
                    (192, 108), "mpeg4")
    folder = root / "nturgb+d_skeletons"
    folder.mkdir(parents=True)
    still = rng.normal(0, 1, (25, 3)) + (0, 0, 3)
    for name in names[:2]:
        walk = rng.normal(0, 0.3, (num_frames, 25, 3)) + (0, 0, 3)
        people[name] = np.round(walk, 4)
        frames = [{"7205": xyz} for xyz in people[name]]
        if name == names[1]:
            for i, frame in enumerate(frames):      # a chair, and a short ghost
                frame["11"] = still
                if i < 2:
                    frame["99"] = rng.normal(0, 0.4, (25, 3))
            del frames[3]["7205"]                   # the person is lost for a moment
        (folder / f"{name}.skeleton").write_text(skeleton_text(frames))
    return people


# === Human3.6M ===

def write_cdf(path: Path, pose: np.ndarray, compressed: bool = True) -> None:
    """A CDF version 3 file, little-endian, row-major, with one variable, Pose.

    Args:
        pose: (n, 96), float32; stored as one record.
    """
    raw = pose.astype("<f4").tobytes()
    cdr_size, gdr_size, vdr_size, vxr_size = 312, 84, 352, 28 + 16
    gdr, vdr = 8 + cdr_size, 8 + cdr_size + gdr_size
    vxr, values = vdr + vdr_size, vdr + vdr_size + vxr_size
    if compressed:
        packed = gzip.compress(raw)
        tail = struct.pack(">qiiq", 24 + len(packed), 13, 0, len(packed)) + packed
    else:
        tail = struct.pack(">qi", 12 + len(raw), 7) + raw
    cdr = struct.pack(">qiqiiiiiiiii", cdr_size, 1, gdr, 3, 8, 6, 3, 0, 0, 0, 0, 0)
    head = struct.pack(">qiqqqqiiiiiqiii", gdr_size, 2, 0, vdr, 0, values + len(tail),
                       0, 0, -1, 0, 1, 0, 0, 0, 0)
    variable = struct.pack(">qiqiiqqiiiiiiiqi", vdr_size, 8, 0, 44, 0, vxr, vxr,
                           1 | 4 * compressed, 0, 0, 0, 0, 1, 0, 0, 0)
    variable += b"Pose".ljust(256, b"\0") + struct.pack(">iii", 2, *pose.shape)
    index = struct.pack(">qiqiiiiq", vxr_size, 6, 0, 1, 1, 0, 0, values)
    content = b"\xcd\xf3\x00\x01\x00\x00\xff\xff"
    for part, size in ((cdr, cdr_size), (head, gdr_size), (variable, vdr_size),
                       (index, vxr_size)):
        content += part.ljust(size, b"\0")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content + tail)


CAMERAS = ("54138969", "55011271", "58860488", "60457274")


def write_human36m(root: Path, num_frames: int = 12) -> dict[str, np.ndarray]:
    """Subject 1 with two takes and odd spellings, subject 9 with one take.

    Returns:
        {"S1 Photo": positions (frames, 32, 3) in mm, ...}, by our spelling.
    """
    rng = np.random.default_rng(1)
    takes = {(1, "TakingPhoto", "Photo"): 1, (1, "Walking", "Walking"): 0,
             (1, "Walking 1", "Walking 1"): 1, (9, "WalkDog", "WalkDog"): 0}
    positions = {}
    for (subject, video, pose), _ in takes.items():
        xyz = rng.normal(0, 400, (num_frames, 32, 3)).astype(np.float32)
        positions[f"S{subject} {pose}"] = xyz
        folder = root / f"S{subject}"
        write_cdf(folder / "MyPoseFeatures" / "D3_Positions" / f"{pose}.cdf",
                  xyz.reshape(-1, 96))
        for camera in CAMERAS[:2]:
            write_video(folder / "Videos" / f"{video}.{camera}.mp4", num_frames)
    write_video(root / "S1" / "Videos" / f"_ALL.{CAMERAS[0]}.mp4", 2)
    return positions
