"""Noisy image files to train on: one kind of pixels, one value range, windows where the whole does not fit into memory."""

import pathlib
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from r2r_tf import image_files
from r2r_tf.data.datasets import Picture
from r2r_tf.errors import InputError
from r2r_tf.image_files import content, value_range

# more than this many values are not held in memory: evenly spread windows then stand for the images
MOST_VALUES, WINDOW_SIDE = 1 << 28, 512
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


def load(inputs, single=False):
    """Reads the images that files, folders and patterns stand for; pages count as images.

    Args:
      inputs: list of strings, as for `image_files.find`.
      single: they are one picture, which is cut into parts.
    Returns:
      `OwnImages`.
    Raises:
      InputError: files that are no images, or of different dtypes or channels; all are constant.

    Pixels that are no values (NaN, no-data, hot ones) are filled from their neighbours. Constant pages are left out.
    """
    paths = image_files.find(inputs, print)
    pages, known = {}, {}
    for path in tqdm(paths, unit=" files", desc="reading", delay=2):
        image = image_files.open_image(path)
        for number, page in enumerate(image.pixels):
            own = content.of_page(page, image.details.get("no_data"))
            if own.high > own.low:
                name = f"{path} page {number}" if len(image.pixels) > 1 else str(path)
                pages[name], known[name] = page, own
    if not pages:
        raise InputError(f"`images` must show something. Received: {len(paths)} file(s) that are constant")
    first, *others = pages.items()
    for name, page in others:
        if (page.dtype, page.shape[-1]) != (first[1].dtype, first[1].shape[-1]):
            raise InputError(
                f"`images` must all have the same channels and bits: {first[0]} has {_kind(first[1])}, {name} has {_kind(page)}."
            )
    if single and others:
        raise InputError(f"`single_image` is for one picture. Received: {len(pages)}")
    scale = value_range.of_pixels(list(pages.values()))
    # (name, page, what is known of it)
    parts = [(name, page, known[name]) for name, page in pages.items()]
    if single:
        parts = _parts(*parts[0])
    parts = _windows(parts)
    folder = pathlib.Path(paths[0]).parent.name
    pictures = []
    for index, (name, page, own) in enumerate(parts):
        values = np.asarray(page, np.float64)
        noisy = scale.to_unit(content.filled(values, content.holes(values, own), own))
        pictures.append(Picture(name, None, noisy, f"images/{folder}", index))
    return OwnImages(pictures, scale, first[1].dtype.name)


def _parts(name, page, known):
    """Bands of a picture across its longer side."""
    axis = int(page.shape[1] > page.shape[0])
    return [(f"{name} part {number}", part, known) for number, part in enumerate(np.array_split(page, _PARTS, axis=axis))]


def _windows(pages):
    """The pages, or, where they hold too many values, windows that are evenly spread over all of them."""
    total = sum(page.size for _, page, _ in pages)
    if total <= MOST_VALUES:
        return pages
    windows = [
        (f"{name} at {top}, {left}", page[top : top + WINDOW_SIDE, left : left + WINDOW_SIDE], known)
        for name, page, known in pages
        for top in range(0, max(1, page.shape[0] - WINDOW_SIDE + 1), WINDOW_SIDE)
        for left in range(0, max(1, page.shape[1] - WINDOW_SIDE + 1), WINDOW_SIDE)
    ]
    count = max(2, int(len(windows) * MOST_VALUES / sum(window.size for _, window, _ in windows)))
    return [windows[round(place)] for place in np.linspace(0, len(windows) - 1, min(count, len(windows)))]


def _kind(page):
    return f"{page.shape[-1]} channel(s) of {page.dtype}"
