"""What is known of an image file."""

from typing import NamedTuple

import numpy as np

from r2r_tf import __version__

# a line for histories, labels and descriptions of results
SAID = f"Denoised with r2r_tf {__version__} (Recorrupted-to-Recorrupted)"


class Format(NamedTuple):
    """How the files of a format begin, and how their names end.

    Attributes:
      beginnings: bytes, of which a file has one.
      endings: of names, lower case; the first is the usual one.
      at: where in the file a beginning stands.
      sure: whether no other files begin like that; else the name has to say it, too.
      results: the ending of results' names; None: that of their sources.
    """

    beginnings: tuple
    endings: tuple
    at: int = 0
    sure: bool = True
    results: str | None = None


class Image(NamedTuple):
    """The image of a file.

    Attributes:
      format: its name, such as 'PNG'; one of `formats.MODULES`.
      pixels: [N, H, W, C], N pages, C 1 or 3, as they are in the file.
      alpha: [N, H, W, 1], transparency, kept aside; None if there is none.
      details: dict of what else the format's writer wants to know; 'no_data', if it is there, is the value that stands for none.
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
