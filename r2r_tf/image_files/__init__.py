"""Image files: their pixels as they are, and files like them with other pixels, metadata kept.

A format is a module with `read(path)`, which returns an `Image`, and `write(path, image, pixels)`.
"""

import pathlib

import numpy as np

from r2r_tf import atomic
from r2r_tf.errors import InputError
from r2r_tf.image_files import finding, npy, photographs, png, tiff
from r2r_tf.image_files.image import Image

__all__ = ["Image", "extensions", "find", "open_image", "read", "write"]

# how files of a format begin, and how their names end
_FORMATS = {
    "PNG": (png, (b"\x89PNG\r\n\x1a\n",), (".png",)),
    "JPEG": (photographs, (b"\xff\xd8\xff",), (".jpg", ".jpeg", ".jpe")),
    "TIFF": (tiff, (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"), (".tif", ".tiff")),
    "WebP": (photographs, (b"RIFF",), (".webp",)),
    "NPY": (npy, (b"\x93NUMPY",), (".npy",)),
}


def extensions():
    """How the names of image files end, lower case."""
    return tuple(ending for _, _, endings in _FORMATS.values() for ending in endings)


def find(inputs):
    """`finding.find` of all formats."""
    return finding.find(inputs, extensions())


def open_image(path):
    """The image of a file. Large ones stay in the file, or in a temporary one, until their pixels are used.

    Args:
      path: of a PNG, JPEG, TIFF, WebP or NPY file.
    Returns:
      `Image`.
    Raises:
      InputError: no such file, one that cannot be read, is named like another format, or holds what is not an image of one,
        three or four channels of uint8, uint16 or floats.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"There is no image at {path}. Give the path of a file ({', '.join(extensions())}).")
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        raise InputError(f"{path} is empty.")
    found = [name for name, (_, beginnings, _) in _FORMATS.items() if start.startswith(beginnings)]
    if not found:
        raise InputError(f"{path} is not an image of a known format ({', '.join(_FORMATS)}).")
    if path.suffix.lower() not in _FORMATS[found[0]][2]:
        raise InputError(
            f"{path} holds a {found[0]} image, which its name does not say: rename it to {_FORMATS[found[0]][2][0]}."
        )
    try:
        image = _FORMATS[found[0]][0].read(path)
    except (InputError, OSError, MemoryError) as error:
        if isinstance(error, InputError) or getattr(error, "filename", None) is not None:
            raise
        raise InputError(f"{path} cannot be read ({_in_short(error)}).") from None
    except Exception as error:  # the decoders each raise their own, of damaged files also ZeroDivisionError and the like
        raise InputError(f"{path} cannot be read as a {found[0]} image ({_in_short(error)}).") from None
    _check(path, image.pixels)
    return image


def write(path, image, pixels):
    """Writes a file like the one that an image came from, with other pixels, whole or not at all.

    Args:
      path: where; the name ends as that of the image's file.
      image: `Image`.
      pixels: of the shape and dtype of image.pixels.
    """
    with atomic.replacing(path) as temporary:
        _FORMATS[image.format][0].write(temporary, image, pixels)


def read(path):
    """The one picture of a file as [H, W, C] float32, [0, 1] scale; whole numbers stand for parts of their type's largest.

    Raises:
      InputError: as `open_image`, and several pages, or values that are not finite.
    """
    pixels = open_image(path).pixels
    if len(pixels) != 1:
        raise InputError(f"{path} must hold one picture. Received: {len(pixels)} pages")
    picture = np.asarray(pixels[0])
    largest = np.iinfo(picture.dtype).max if picture.dtype.kind == "u" else 1
    picture = picture.astype(np.float32) / np.float32(largest)
    if not np.isfinite(picture).all():
        raise InputError(f"{path} holds NaN or infinity.")
    return picture


def _check(path, pixels):
    if 0 in pixels.shape:
        raise InputError(f"{path} holds no pixels. Received: shape {pixels.shape}")
    if pixels.dtype.kind not in "uf" or pixels.dtype.itemsize > 8 or pixels.dtype in (np.uint32, np.uint64):
        raise InputError(f"{path} must hold uint8, uint16 or floats. Received: {pixels.dtype}")
    if pixels.shape[-1] not in (1, 3):
        raise InputError(f"{path} must be gray or RGB, with transparency or without. Received: {pixels.shape[-1]} channels")


def _in_short(error):
    return " ".join(str(error).split())[:100] or type(error).__name__
