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
