"""Frames of a video file, stream or camera, through PyAV.

PyAV is the `[video]` extra: everything else in the package works without it.
"""
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Iterator

import numpy as np

log = logging.getLogger(__name__)

SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv",
            ".flv", ".ts", ".gif", ".3gp", ".ogv")


class BrokenVideo(ValueError):
    """A video that stops being readable; what came before it was delivered."""


@dataclass(frozen=True)
class VideoInfo:
    """What a video says of itself; 0 where it does not say."""
    num_frames: int
    fps: float


def import_av() -> Any:
    """PyAV, or an error that says how to get it."""
    try:
        import av
    except ImportError as error:
        raise ImportError(
            "reading and writing videos needs PyAV, which is not installed: "
            "run  pip install 'deephar[video]'  (or give a folder of pictures)"
        ) from error
    # PyAV's log level stays as it is, silent: once it is set, every message of a
    # decoder thread waits for Python's lock, which who closes the video holds.
    return av


def open_video(source: str | Path, **options) -> Any:
    """An open PyAV container with at least one video stream.

    Raises:
        FileNotFoundError, ValueError: the file is missing, or no video.
    """
    av = import_av()
    try:
        container = av.open(str(source), metadata_errors="replace", **options)
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{source}: no such file") from error
    except av.error.FFmpegError as error:
        raise ValueError(f"{source} cannot be read as a video: {error.strerror}; "
                         "is the file complete?") from error
    except (UnicodeDecodeError, OverflowError, MemoryError) as error:
        raise ValueError(f"{source} cannot be read as a video: {error}") from error
    if not container.streams.video:
        container.close()
        raise ValueError(f"{source} holds no video stream")
    return container


def video_info(source: str | Path) -> VideoInfo:
    """Number of frames and frames per second, without decoding."""
    with open_video(source) as container:
        return _info_of(container)


def _info_of(container) -> VideoInfo:
    stream = container.streams.video[0]
    rate = stream.average_rate or stream.guessed_rate or 0
    count = stream.frames
    if "mp4" in container.format.name:      # its edit list may leave frames out
        entries = getattr(stream, "index_entries", ())      # older PyAV has none
        shown = sum(not entry.is_discard for entry in entries)
        count = min(count, shown or count)
    return VideoInfo(count, float(rate))


def read_frames(source: str | Path, **options) -> Iterator[tuple[float, Any]]:
    """(seconds, PyAV frame) one after another, in the order of display.

    Args:
        source: a file, or anything that FFmpeg opens with `options`.

    Raises:
        BrokenVideo: after the last frame that could be read, when the file
            is damaged or ends before its own number of frames.
    """
    av = import_av()
    with open_video(source, **options) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        info, count = _info_of(container), 0
        declared = info.num_frames
        try:
            for frame in container.decode(stream):
                if frame.is_corrupt:
                    raise BrokenVideo(_where(source, count, declared, "damaged picture"))
                seconds = frame.time
                if seconds is None:
                    seconds = count / (info.fps or 25)
                yield seconds, frame
                count += 1
        except av.error.FFmpegError as error:
            raise BrokenVideo(_where(source, count, declared, error.strerror)) from error
    if count < declared:
        raise BrokenVideo(_where(source, count, declared, "it ends early"))


def _where(source, count: int, declared: int, reason: str) -> str:
    total = f" of {declared}" if declared else ""
    return f"{source} is broken after frame {count}{total}: {reason}"


def to_array(frame) -> np.ndarray:
    """A PyAV frame as RGB (H, W, 3), turned upright."""
    array = frame.to_ndarray(format="rgb24")
    turns = round(getattr(frame, "rotation", 0) / 90) % 4
    return np.ascontiguousarray(np.rot90(array, turns)) if turns else array
