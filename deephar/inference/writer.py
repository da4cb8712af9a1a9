"""Videos, animated GIFs and folders of pictures, written frame by frame."""
import struct
import zlib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from deephar.data.video import import_av
from deephar.utils.files import atomic_path, write_picture

GIF_SIDE, GIF_COLORS = 480, 128
UP = 2                          # PNG's filter: what changed since the row above
X264 = {"preset": "ultrafast", "crf": "20"}    # as quick as it still looks good
ENDINGS = (".mp4", ".m4v", ".mov", ".mkv")     # of files that keep frames' times
CLOCK = Fraction(1, 90000)          # seconds per tick of a video's times


def write_png(path: Path, picture: np.ndarray) -> None:
    """Write a drawn picture, (H, W, 3) uint8, as PNG in a ninth of Pillow's time.

    Pillow tries five filters for every row; here each row is its difference
    to the one above, and packed for runs alone: a fifth larger.
    """
    height, width, _ = picture.shape
    rows = np.ascontiguousarray(picture).reshape(height, -1)
    lines = np.full((height, 1 + 3 * width), UP, np.uint8)
    lines[:1, 1:] = rows[:1]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, zlib.Z_RLE)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
             (b"IDAT", packer.compress(lines.data) + packer.flush()), (b"IEND", b"")]
    with atomic_path(path) as temporary:
        temporary.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(body)) + kind + body
            + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts))


def kind_of(path: str | Path) -> str:
    """'video', 'gif' or 'folder', by the ending of what is to be written.

    Raises:
        ValueError: another ending.
    """
    ending = Path(path).suffix.lower()
    if ending in ENDINGS:
        return "video"
    kinds = {".gif": "gif", "": "folder"}
    if ending not in kinds:
        raise ValueError(f"{path}: a video is written as {', '.join(ENDINGS)}, .gif, or a "
                         f"folder of pictures (a name without ending), got {ending!r}")
    return kinds[ending]


class VideoWriter:
    """A video file, animated GIF, or folder of pictures, by the path's ending.

    Frames keep their times.  A file appears under its name when it is
    complete; MP4 has even sides, so that an odd last row or column is doubled.

    Args:
        path: a video with one of ENDINGS (PyAV), `.gif`, or a folder.
        fps: frames per second where the times say nothing.
    """

    def __init__(self, path: str | Path, fps: float = 25.0):
        self.path, self.fps = Path(path), fps
        self._count, self._last = 0, -1
        self._size: tuple[int, int] | None = None
        self._frames: list[Image.Image] = []        # of a GIF
        self._times: list[float] = []
        self._kind = kind_of(path)
        self._container: Any = None
        self._stream: Any = None
        self._context: Any = None
        if self._kind == "video":
            import_av()

    def write(self, picture: np.ndarray | Image.Image,
              time: float | None = None) -> None:
        """Add a frame, (H, W, 3) uint8 or a PIL image, at `time` seconds."""
        image: Any = picture
        time = self._count / self.fps if time is None else time
        if self._kind != "video" and isinstance(picture, np.ndarray):
            image = Image.fromarray(picture)
        if self._kind == "folder":
            write_picture(self.path / f"{self._count:06d}.jpg", image, quality=92)
        elif self._kind == "gif":
            small = image.copy()
            small.thumbnail((GIF_SIDE, GIF_SIDE), Image.Resampling.LANCZOS)
            self._frames.append(small.quantize(GIF_COLORS, dither=Image.Dither.NONE))
            self._times.append(time)
        else:
            self._encode(picture, time)
        self._count += 1

    def _encode(self, picture, time: float) -> None:
        av = import_av()
        array = np.asarray(picture)
        size = array.shape[1::-1]
        if self._container is None:
            self._open(size)
        if size != self._size:
            array = np.asarray(Image.fromarray(array).resize(self._size))
        odd = [(0, side % 2) for side in array.shape[:2]]
        if any(extra for _, extra in odd):
            array = np.pad(array, (*odd, (0, 0)), mode="edge")
        frame = av.VideoFrame.from_ndarray(array, "rgb24")
        # Times that do not grow would be refused.
        self._last = max(round(time / CLOCK), self._last + 1)
        frame.pts, frame.time_base = self._last, CLOCK
        self._container.mux(self._stream.encode(frame))

    def _open(self, size: tuple[int, int]) -> None:
        av = import_av()
        self._size = size
        self._context = atomic_path(self.path)
        temporary = self._context.__enter__()
        self._container = av.open(str(temporary), "w")
        rate = Fraction(self.fps).limit_denominator(1000)
        codec = "libx264" if "libx264" in av.codecs_available else "mpeg4"
        options = X264 if codec == "libx264" else {}
        self._stream = self._container.add_stream(codec, rate=rate, options=options)
        self._stream.width, self._stream.height = (side + side % 2 for side in size)
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = CLOCK
        self._stream.time_base = CLOCK

    def close(self) -> None:
        """Finish the file; without frames none is written."""
        if self._container is not None:
            self._container.mux(self._stream.encode())
            self._container.close()
            self._container = None
            self._context.__exit__(None, None, None)
        if self._frames:
            steps = np.diff(self._times + [self._times[-1] + 1 / self.fps])
            write_picture(self.path, self._frames[0], save_all=True,
                          append_images=self._frames[1:], loop=0,
                          duration=[max(20, round(1000 * s)) for s in steps])
            self._frames = []

    def __enter__(self) -> "VideoWriter":
        return self

    def __exit__(self, kind, error, trace) -> None:
        if kind is None or not issubclass(kind, Exception):
            self.close()
            return
        if self._container is not None:         # leave nothing half-written
            self._container.close()
            self._context.__exit__(kind, error, trace)
