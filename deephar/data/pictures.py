"""Opening picture files as upright 8-bit RGB."""
import os
import struct
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps

ORIENTATION_TAG = ExifTags.Base.Orientation
BROKEN = (OSError, SyntaxError, ValueError, EOFError, struct.error,
          Image.DecompressionBombError)


def open_picture(path: str | os.PathLike, shrink: int = 1
                 ) -> tuple[Image.Image, tuple[int, int]]:
    """A picture as RGB, turned as its EXIF tag says.

    Grey, palette, CMYK and 16-bit pictures are converted.

    Args:
        path: the file.
        shrink: a power of two: the picture is wanted that much smaller.  A
            JPEG is then decoded at that size (to an eighth), which is quicker.

    Returns:
        the picture, whose pixel is `shrink` pixels wide, and the (w, h) of
        the full one.

    Raises:
        FileNotFoundError: no such file.
        ValueError: the file is damaged or not a picture.
    """
    try:
        with Image.open(path) as image:
            size = image.size
            orientation = image.getexif().get(ORIENTATION_TAG, 1)
            if shrink > 1 and orientation == 1:
                drafted = image.draft(
                    "RGB", tuple(max(1, side // shrink) for side in size))
                if drafted is not None:
                    shrink //= round(size[0] / drafted[1][2])
            image.load()
            if orientation != 1:
                image = ImageOps.exif_transpose(image)
                size = image.size
            image = to_rgb(image)
    except FileNotFoundError as error:
        folder = Path(path).parent
        state = "its folder is there" if folder.is_dir() else "nor its folder"
        raise FileNotFoundError(
            f"{path}: no such picture, {state}; extract the pictures again, "
            "or list what is missing with `deephar dataset check`") from error
    except BROKEN as error:
        raise ValueError(f"{path} cannot be read as a picture ({error}); "
                         "extract or copy it again") from error
    return (image.reduce(shrink) if shrink > 1 else image), size


def to_rgb(image: Image.Image) -> Image.Image:
    """Any picture as 8-bit RGB."""
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I"):      # 16 bits; Pillow's own conversion clips
        levels = np.asarray(image).astype(np.int64) >> 8
        image = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    return image.convert("RGB")
