"""Noisy image files to train on: one kind of pixels, one value range; on disk where they do not fit into memory."""

import itertools
import pathlib
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from r2r_tf import image_files
from r2r_tf.data.datasets import Picture
from r2r_tf.errors import InputError
from r2r_tf.image_files import content, scratch, value_range

# pixels on a side of the parts that larger pictures are cut into
_SIDE = 4096
# parts of a single picture, some of them to validate on
_PARTS = 5


class OwnImages(NamedTuple):
    """Image files as training data.

    Attributes:
      pictures: list of `datasets.Picture`, noisy, on the [0, 1] scale of the range.
      values: `ValueRange`.
      dtype: name of the files' dtype, such as 'uint16', whatever their byte order.
    """

    pictures: list
    values: value_range.ValueRange
    dtype: str


def load(inputs, single=False, shelf=None):
    """Reads the images that files, folders and patterns stand for; pages count as images.

    Files are read twice: what they hold, then their pixels.

    Args:
      inputs: list of strings, as for `image_files.find`.
      single: they are one picture, which is cut into parts.
      shelf: `scratch.Shelf` for the pictures; None for one of their own.
    Returns:
      `OwnImages`.
    Raises:
      InputError: files that are no images, or of different dtypes or channels; all are constant.

    Pixels that are no values (NaN, no-data, hot ones) are filled from their neighbours. Constant pages are left out.
    """
    shelf = shelf or scratch.Shelf()
    paths = image_files.find(inputs, print)
    pages, samples = _look(paths)
    if not pages:
        raise InputError(f"`images` must show something. Received: {len(paths)} file(s) that are constant")
    first, *others = pages
    for page in others:
        if page.kind != first.kind:
            raise InputError(
                f"`images` must all have the same channels and bits: {first.name} has {_said(first)}, {page.name} has "
                f"{_said(page)}."
            )
    if single and others:
        raise InputError(f"`single_image` is for one picture. Received: {len(pages)}")
    scale = value_range.of_samples(samples, first.kind[0])
    folder = pathlib.Path(paths[0]).parent.name
    pictures = []
    for name, part, known in tqdm(_parts_of(pages, single), unit=" pictures", desc="reading", delay=2):
        values = np.asarray(part, np.float64)
        noisy = shelf.keep(scale.to_unit(content.filled(values, content.holes(values, known), known)))
        pictures.append(Picture(name, None, noisy, f"images/{folder}", len(pictures)))
    return OwnImages(pictures, scale, first.kind[0].name)


class _Page(NamedTuple):
    """A page that shows something: where it is, its `content.Content`, and (dtype, channels)."""

    path: pathlib.Path
    number: int
    name: str
    known: content.Content
    kind: tuple


def _look(paths):
    """(list of `_Page`, list of what `value_range.sample` takes of each)."""
    pages, samples = [], []
    for path in tqdm(paths, unit=" files", desc="looking", delay=2):
        image = image_files.open_image(path)
        for number, page in enumerate(image.pixels):
            known = content.of_page(page, image.details.get("no_data"))
            if known.high > known.low:
                name = f"{path} page {number}" if len(image.pixels) > 1 else str(path)
                pages.append(_Page(path, number, name, known, (page.dtype, page.shape[-1])))
                samples.append(value_range.sample(page, len(paths) * len(image.pixels)))
    return pages, samples


def _parts_of(pages, single):
    """Yields (name, pixels, what is known of their page): pages as they are, or parts of a single one or of large ones."""
    for path, group in itertools.groupby(pages, key=lambda page: page.path):
        pixels = image_files.open_image(path).pixels
        for page in group:
            own = pixels[page.number]
            counts = [-(-side // _SIDE) for side in own.shape[:2]]
            if single:
                longer = int(own.shape[1] > own.shape[0])
                counts[longer] = max(_PARTS, counts[longer])
            bands = [part for band in np.array_split(own, counts[0]) for part in np.array_split(band, counts[1], axis=1)]
            for number, part in enumerate(bands):
                yield (f"{page.name} part {number}" if len(bands) > 1 else page.name), part, page.known


def _said(page):
    return f"{page.kind[1]} channel(s) of {page.kind[0]}"
