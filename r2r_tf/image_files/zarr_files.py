"""Image files as Zarr volumes and back, page by page, so that neither is ever held in memory."""

import math
import pathlib

import numpy as np

from r2r_tf import atomic, image_files
from r2r_tf.errors import InputError
from r2r_tf.image_files import finding, formats, scratch, volume_sample, zarr_stores

_CHUNK = 1024  # rows and columns of a chunk


def to_zarr(source, target):
    """Writes the pages of an image file as a Zarr array [..., Y, X] with names of its axes; colours become an axis c.

    Args:
      source: path of an image file, as in `image_files.open_image`.
      target: path of the array, which is there whole or not at all.
    Raises:
      InputError: the source cannot be read, or there is something at the target.
    """
    target, image = _free(target, finding.ZARR), image_files.open_image(source)
    pages = np.moveaxis(image.pixels, -1, 1)  # [N, C, H, W]
    lead, names = _lead_axes(image)
    shape = (*lead, *pages.shape[-2:])
    with atomic.replacing(target) as temporary:
        chunks = (*(1 for _ in lead), *(min(_CHUNK, side) for side in shape[-2:]))
        options = {"chunks": chunks, "dtype": image.pixels.dtype, "dimension_names": [*names, "y", "x"]}
        array = zarr_stores.load().create_array(str(temporary), shape=shape, **options)
        for number, page in enumerate(own for group in pages for own in group):
            array[tuple(int(own) for own in np.unravel_index(number, lead)) if lead else ...] = page


def to_file(source, target, like=None):
    """Writes a Zarr volume, of an OME-Zarr image the finest level, as a TIFF file or as one like another.

    Args:
      source: path of the volume.
      target: path of the file.
      like: path of the image file that the volume came from, whose layout and metadata the new one gets; None for plain pages.
    Raises:
      InputError: the volume does not have the shape and dtype of the other file, or there is something at the target.
    """
    target = _free(target, formats.result_ending(finding.split(str(like), formats.endings())[1]) if like else ".tif")
    volume = zarr_stores.open_volume(source)
    array = volume.array()
    read, shape = volume_sample.pages_of(array, None, 0)
    image = image_files.open_image(like) if like else None
    if image and (math.prod(image.pixels.shape) != math.prod(array.shape) or image.pixels.dtype != array.dtype):
        raise InputError(
            f"{like} must hold as many values as {source}. Received: {image.pixels.shape} {image.pixels.dtype} and {array.shape} "
            f"{array.dtype}"
        )
    channels = image.pixels.shape[-1] if image else 1
    pixels = scratch.zeros((shape[0] // channels, *shape[1:], channels), array.dtype)
    for number in range(shape[0]):
        pixels[number // channels, ..., number % channels] = read(number, slice(None), slice(None))
    image_files.write(target, image, pixels) if image else image_files.write_new(target, pixels)


def _free(path, ending):
    path = pathlib.Path(path)
    if not path.name.lower().endswith(ending.lower()):
        raise InputError(f"{path} must end in {ending}.")
    if path.exists():
        raise InputError(f"There is something at {path}: remove it, or give another name.")
    return path


def _lead_axes(image):
    """(lengths, names) of the axes before rows and columns, in the order of the pages and their channels."""
    count, *_, channels = image.pixels.shape
    axes, lengths = image.details.get("axes") or "", image.details.get("shape") or ()
    known = dict(zip(axes, lengths, strict=True)) if len(axes) == len(lengths) else {}
    lead = {name.lower(): length for name, length in known.items() if name not in "YXS"}
    inner = count * channels // max(1, math.prod(lead.values()))
    if math.prod(lead.values()) * inner != count * channels:
        lead, inner = {"n": count}, channels
    if inner > 1:
        lead["c" if "c" not in lead else "s"] = inner
    return list(lead.values()), list(lead)
