"""Where frames come from: videos, folders of frames, streams, cameras.

A folder needs nothing; everything else is read by PyAV.
"""
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np

from deephar.data.pictures import open_picture
from deephar.data.video import SUFFIXES, BrokenVideo, read_frames, to_array, video_info
from deephar.utils.files import natural_order

PICTURES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
FOLDER_FPS = 25.0
CAMERA_FORMATS = {"linux": ("v4l2", "/dev/video{}"), "darwin": ("avfoundation", "{}"),
                  "win32": ("dshow", "video={}")}


@dataclass(frozen=True)
class Frame:
    """One frame of a video.

    Attributes:
        index: its number in the video, from 0.
        time: seconds from the start.
        picture: (H, W, 3) uint8, upright RGB.
        name: file of the frame, or of the video.
    """
    index: int
    time: float
    picture: np.ndarray
    name: str

    @property
    def size(self) -> tuple[int, int]:
        """(w, h) of the picture."""
        return self.picture.shape[1], self.picture.shape[0]


def is_camera(source: str) -> bool:
    """Whether `source` is a camera's number."""
    return bool(re.fullmatch(r"\d{1,2}", str(source)))


def is_stream(source: str) -> bool:
    """Whether `source` is an address on the network."""
    return bool(re.match(r"[a-z]+://", str(source)))


def is_video(source: str) -> bool:
    """Whether `source` is read as one video: by its ending, a stream or a camera."""
    return (Path(str(source)).suffix.lower() in SUFFIXES or is_stream(source)
            or is_camera(source))


def pictures_of(folder: Path) -> list[Path]:
    """The pictures in a folder; numbers in the names count as numbers."""
    return sorted((p for p in Path(folder).iterdir() if p.suffix.lower() in PICTURES),
                  key=natural_order)


def is_frame_folder(folder: Path) -> bool:
    """Whether the pictures of a folder are named by numbers alone, as frames are."""
    pictures = pictures_of(folder)
    return len(pictures) > 1 and all(p.stem.isdigit() for p in pictures)


def sort_inputs(texts: Sequence[str], frames: bool = False
                ) -> tuple[list[Path], list[str]]:
    """(pictures, videos) of what a user names: files, folders, patterns, addresses.

    Args:
        frames: the pictures of a folder are the frames of a video, whatever
            their names are.

    Raises:
        FileNotFoundError: there is nothing under a name.
    """
    pictures, videos = [], []
    for text in texts:
        path = Path(text)
        if path.is_dir():
            if frames or is_frame_folder(path):
                videos.append(text)
                continue
            found = pictures_of(path)
        elif any(c in text for c in "*?[") and not path.exists():
            found = sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))),
                           key=natural_order)
        elif is_video(text):
            videos.append(text)
            continue
        elif path.exists():
            found = [path]
        else:
            raise FileNotFoundError(f"{text}: no such file")
        if not found:
            raise FileNotFoundError(f"{text}: no pictures there")
        for file in found:
            (videos if is_video(file) else pictures).append(file)
    return pictures, [str(v) for v in videos]


def frames_of(source: str | Path, *, every: int = 1, fps: float = FOLDER_FPS
              ) -> Iterator[Frame]:
    """The frames of a video, one in `every`.

    Args:
        source: a video file, a folder of frames, an address or a camera's number.
        every: the others are read but not given.
        fps: of a folder of frames, for their times.

    Raises:
        BrokenVideo: after the last good frame of a damaged file or folder.
    """
    if every < 1:
        raise ValueError(f"every must be ≥ 1, got {every}")
    if Path(str(source)).is_dir():
        pictures = pictures_of(Path(source))
        if not pictures:
            raise FileNotFoundError(f"{source} holds no pictures ({' '.join(PICTURES)})")
        for i, path in enumerate(pictures[::every]):
            try:
                picture = np.asarray(open_picture(path)[0])
            except (OSError, ValueError) as error:
                raise BrokenVideo(f"{source} is broken after frame {i * every}: {error}"
                                  ) from error
            yield Frame(i * every, i * every / fps, picture, path.name)
        return
    name, options = str(source), {}
    if is_camera(name):
        kind, device = CAMERA_FORMATS.get(sys.platform, CAMERA_FORMATS["linux"])
        options, source = {"format": kind}, device.format(name)
    for i, (seconds, frame) in enumerate(read_frames(source, **options)):
        if i % every == 0:
            yield Frame(i, seconds, to_array(frame), Path(name).name)


def count_frames(source: str | Path) -> int:
    """How many frames a source has; 0 where it does not say."""
    if Path(str(source)).is_dir():
        return len(pictures_of(Path(source)))
    if is_camera(str(source)) or is_stream(str(source)):
        return 0
    return video_info(source).num_frames


def frames_per_second(source: str | Path, fps: float = FOLDER_FPS) -> float:
    """Of a source; `fps` where it does not say."""
    if Path(str(source)).is_dir() or is_camera(str(source)) or is_stream(str(source)):
        return fps
    return video_info(source).fps or fps
