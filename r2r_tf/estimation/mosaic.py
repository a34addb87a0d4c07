"""Raw frames of colour cameras: a filter of red, green and blue before the pixels, each with its own brightness, by turns."""

import numpy as np

from r2r_tf.estimation import two_values
from r2r_tf.image_files import content

_SIDE, _BLOCK = 512, 8  # of what is looked at, and of blocks of each of the four kinds of pixels
# standard errors by which red and blue together differ from twice the green, and in which part of the blocks; photographs have
# that in none of a hundred
_APART, _PART = 6.0, 0.4
_FEWEST = 16  # blocks

PHASES = [(row, column) for row in (0, 1) for column in (0, 1)]


def is_mosaic(y):
    """Whether every second pixel of a gray picture is of another kind, in both directions.

    Gradients differ from one kind of pixels to the next, too, but not across both: m00 - m01 - m10 + m11 is free of them.

    Args:
      y: [H, W], NaN where it has no values.
    """
    y = np.asarray(y[content.middle(y.shape, _SIDE)], np.float64)
    rows, columns = (side // (2 * _BLOCK) for side in y.shape)
    if rows * columns < _FEWEST or two_values.level_of(y[..., None]) is not None:  # as ordered dither has
        return False
    y = y[: 2 * rows * _BLOCK, : 2 * columns * _BLOCK]
    kinds = np.stack([y[row::2, column::2] for row, column in PHASES])
    kinds = kinds.reshape(4, rows, _BLOCK, columns, _BLOCK).swapaxes(2, 3)
    noise = np.square(np.diff(kinds, 2, axis=-1)).mean(axis=(0, -2, -1)) / 6
    across = np.array([1, -1, -1, 1]) @ kinds.mean(axis=(-2, -1)).reshape(4, -1)
    error = np.sqrt(4 * noise.ravel() / _BLOCK**2)
    return bool(np.mean(np.abs(across) > _APART * np.maximum(error, 1e-9 * np.nanmax(np.abs(y), initial=1e-30))) > _PART)
