"""White Gaussian fields without borders: any window can be drawn alone, and is the same whatever else is drawn.

A field is made of blocks that have seeds of their own, so the noise at a pixel depends on its position, not on the tile in which
a large image is worked on.
"""

import numpy as np

BLOCK = 64


def window(key, rows, columns, channels):
    """A window of the field that the key names.

    Args:
      key: tuple of whole numbers, at least 0.
      rows, columns: (first, behind the last), at least 0.
      channels: C; fields of other C are others.
    Returns:
      [rows, columns, C] float32 standard normal draws.
    """
    result = np.empty((rows[1] - rows[0], columns[1] - columns[0], channels), np.float32)
    for i in range(rows[0] // BLOCK, -(-rows[1] // BLOCK)):
        for j in range(columns[0] // BLOCK, -(-columns[1] // BLOCK)):
            block = np.random.default_rng([*key, i, j]).standard_normal((BLOCK, BLOCK, channels), np.float32)
            (to_rows, of_rows), (to_columns, of_columns) = _overlap(rows, i), _overlap(columns, j)
            result[to_rows, to_columns] = block[of_rows, of_columns]
    return result


def _overlap(span, number):
    """(slice of the window, slice of the block) where a block along one axis lies in the window."""
    start, stop = max(span[0], number * BLOCK), min(span[1], (number + 1) * BLOCK)
    return slice(start - span[0], stop - span[0]), slice(start - number * BLOCK, stop - number * BLOCK)
