"""Opening picture files as upright 8-bit RGB."""
import os
from pathlib import Path

# The readers that are imported here are those that are tried.
from PIL import (  # noqa: F401
    BmpImagePlugin, ExifTags, GifImagePlugin, Image, ImageOps, JpegImagePlugin,
    PngImagePlugin, PpmImagePlugin, TiffImagePlugin, WebPImagePlugin)

from deephar.utils.places import Place, opened
from deephar.utils.plot import to_picture

ORIENTATION_TAG = ExifTags.Base.Orientation
TURNED = (5, 6, 7, 8)           # values that swap width and height
# Nothing else is tried: some of Pillow's readers start other programs.
FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP", "PPM")


def open_picture(path: str | os.PathLike | Place, shrink: int = 1
                 ) -> tuple[Image.Image, tuple[int, int]]:
    """A picture as RGB, turned as its EXIF tag says.

    Grey, palette, CMYK and 16-bit pictures are converted; alpha is laid over white.

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
        with Image.open(opened(path), formats=FORMATS) as image:
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
            image = to_picture(image)
    except Exception as error:      # a damaged file ends its reader in many ways
        raise _cannot_open(path, error) from error
    return (image.reduce(shrink) if shrink > 1 else image), size


def picture_size(path: str | os.PathLike | Place) -> tuple[int, int]:
    """(w, h) of a picture, turned as its EXIF tag says, without decoding it."""
    try:
        with Image.open(opened(path), formats=FORMATS) as image:
            turned = image.getexif().get(ORIENTATION_TAG, 1) in TURNED
            return image.size[::-1] if turned else image.size
    except Exception as error:
        raise _cannot_open(path, error) from error


def _cannot_open(path: str | os.PathLike | Place, error: Exception) -> Exception:
    """What to say where a picture is missing or damaged."""
    if not isinstance(error, FileNotFoundError):
        return ValueError(f"{path} cannot be read as a picture ({error}); "
                          "extract or copy it again")
    if isinstance(path, Place):
        return error
    state = "its folder is there" if Path(path).parent.is_dir() else "nor its folder"
    return FileNotFoundError(
        f"{path}: no such picture, {state}; extract the pictures again, "
        "or list what is missing with `deephar dataset check`")
