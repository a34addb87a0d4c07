"""Image files: their pixels as they are, and files like them with other pixels, metadata kept. See `formats` for the formats."""

import pathlib

import numpy as np

from r2r_tf import atomic
from r2r_tf.errors import InputError, in_short
from r2r_tf.image_files import finding, formats, value_range
from r2r_tf.image_files.image import Image

__all__ = ["Image", "extensions", "find", "names", "open_image", "read", "write", "write_new"]

_SAID = 100  # characters of what a decoder says
_START = 512  # bytes that tell formats apart


def extensions():
    """How the names of image files end, lower case."""
    return formats.endings()


def find(inputs, on_left_out=None):
    """`finding.find` of all formats."""
    return finding.find(inputs, extensions(), on_left_out)


def names(inputs, on_left_out=None, results=None):
    """`finding.names` of all formats."""
    return finding.names(inputs, extensions(), on_left_out, results)


def open_image(path):
    """The image of a file. Large ones stay in the file, or in a temporary one, until their pixels are used.

    Args:
      path: of a file of one of the `formats`.
    Returns:
      `Image`.
    Raises:
      InputError: no such file, one that cannot be read, is named like another format, needs a package that is not installed,
        or holds what is not an image of whole numbers or floats.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise InputError(f"There is no image at {path}. Give the path of a file ({', '.join(extensions())}).")
    with path.open("rb") as file:
        start = file.read(_START)
    if not start:
        raise InputError(f"{path} is empty.")
    ending = finding.split(path.name, extensions())[1]
    found = formats.of_start(start, ending)
    if found is None:
        known = f"{path} is not an image of a known format ({', '.join(formats.MODULES)})."
        raise InputError(finding.foreign(path) or known)
    if ending.lower() not in formats.form_of(found).endings:
        raise InputError(
            f"{path} holds a {found} image, which its name does not say: rename it to {formats.form_of(found).endings[0]}."
        )
    try:
        image = formats.MODULES[found].read(path)
    except (InputError, OSError, MemoryError) as error:
        if isinstance(error, InputError) or getattr(error, "filename", None) is not None:
            raise
        raise InputError(f"{path} cannot be read ({in_short(error, _SAID)}).") from None
    except Exception as error:  # the decoders each raise their own, of damaged files also ZeroDivisionError and the like
        raise InputError(f"{path} cannot be read as a {found} image ({in_short(error, _SAID)}).") from None
    _check(path, image.pixels)
    return image


def write(path, image, pixels):
    """Writes a file like the one that an image came from, with other pixels, whole or not at all.

    Args:
      path: where; the name ends as that of the image's file, or as `formats.result_ending` says.
      image: `Image`.
      pixels: of the shape and dtype of image.pixels.
    Raises:
      InputError: the format's encoder fails; OSError, as of a full disk, is passed on.
    """
    try:
        with atomic.replacing(path) as temporary:
            formats.MODULES[image.format].write(temporary, image, pixels)
    except (InputError, OSError, MemoryError):
        raise
    except Exception as error:  # as of the decoders, each encoder's own
        raise InputError(f"{path} cannot be written as a {image.format} image ({in_short(error, _SAID)}).") from None


def write_new(path, pixels):
    """Writes a new PNG or TIFF file, whole or not at all.

    Args:
      path: where; its ending says the format.
      pixels: [N, H, W, C], C 1 or 3.
    """
    name = formats.of_ending(pathlib.Path(path).suffix)
    write(path, Image(name, pixels, None, formats.MODULES[name].new_details(pixels)), pixels)


def read(path):
    """The one picture of a file as [H, W, C] float32, [0, 1] scale; whole numbers stand for parts of their type's largest.

    Raises:
      InputError: as `open_image`, and several pages, or values that are not finite.
    """
    pixels = open_image(path).pixels
    if len(pixels) != 1:
        raise InputError(f"{path} must hold one picture. Received: {len(pixels)} pages")
    picture = np.asarray(pixels[0])
    picture = picture.astype(np.float32) / np.float32(value_range.largest(picture.dtype))
    if not np.isfinite(picture).all():
        raise InputError(f"{path} holds NaN or infinity.")
    return picture


def _check(path, pixels):
    if 0 in pixels.shape:
        raise InputError(f"{path} holds no pixels. Received: shape {pixels.shape}")
    if pixels.dtype.kind not in "uif" or pixels.dtype.itemsize > 8:
        raise InputError(f"{path} must hold whole numbers or floats of at most 64 bits. Received: {pixels.dtype}")
    if pixels.shape[-1] not in (1, 3):
        raise InputError(f"{path} must be gray or RGB, with transparency or without. Received: {pixels.shape[-1]} channels")
