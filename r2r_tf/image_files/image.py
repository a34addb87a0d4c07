"""What is known of an image file."""

from typing import NamedTuple

import numpy as np


class Format(NamedTuple):
    """How the files of a format begin, and how their names end (lower case)."""

    beginnings: tuple
    endings: tuple


class Image(NamedTuple):
    """The image of a file.

    Attributes:
      format: 'PNG', 'JPEG', 'TIFF', 'WebP' or 'NPY'.
      pixels: [N, H, W, C], N pages, C 1 or 3, as they are in the file.
      alpha: [N, H, W, 1], transparency, kept aside; None if there is none.
      details: dict of what else the format's writer wants to know.
    """

    format: str
    pixels: np.ndarray
    alpha: np.ndarray | None
    details: dict

    def with_alpha(self, pixels):
        """Other pixels, with the transparency behind them."""
        return pixels if self.alpha is None else np.concatenate([pixels, self.alpha], axis=-1)


def split_alpha(array):
    """(pixels, alpha or None) of [..., C]: the last of two or four channels is transparency."""
    return (array[..., :-1], array[..., -1:]) if array.shape[-1] in (2, 4) else (array, None)


def to_pages(array, colours):
    """[N, H, W, C] of [..., H, W, C]; channels that are no colours become pages, [N C, H, W, 1]."""
    if not colours:
        array = np.moveaxis(array, -1, -3)[..., None]
    return array.reshape(int(np.prod(array.shape[:-3])), *array.shape[-3:])


def from_pages(pages, shape):
    """Undoes `to_pages`, whose array had that shape."""
    if pages.shape[-1] != shape[-1]:
        pages = np.moveaxis(pages.reshape(*shape[:-3], shape[-1], *shape[-3:-1]), -3, -1)
    return pages.reshape(shape)
