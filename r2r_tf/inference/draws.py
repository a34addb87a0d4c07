"""Random fields without borders: any window can be drawn alone, and is the same whatever else is drawn.

A field is made of blocks that have seeds of their own, so the noise at a pixel depends on its position, not on the tile in which
a large image is worked on.
"""

from typing import NamedTuple

import numpy as np

from r2r_tf.noise.quantiles import Quantiles

BLOCK = 64


class _Field(NamedTuple):
    key: tuple
    rows: tuple
    columns: tuple
    channels: int
    sign: int = 1


class FieldDraws(Quantiles, _Field):
    """`noise.Draws` of a window of an image.

    Attributes:
      key: tuple of whole numbers, at least 0, that names the field.
      rows, columns: the window, (start, stop), at least 0.
      channels: C.
      sign: 1, or -1 for the antithetic twin.
    """

    def normal(self, margin=0):
        """Standard normal, [H + margin, W + margin, C] float32."""
        rows, columns = ((start, stop + margin) for start, stop in (self.rows, self.columns))
        z = window(self.key, rows, columns, self.channels)
        return z if self.sign > 0 else -z

    def uniform(self, number=0):
        """Uniform in [0, 1), [H, W, C] float32."""
        u = window(self.key, self.rows, self.columns, self.channels, stream=1 + number)
        return u if self.sign > 0 else np.float32(1.0) - u

    def mirrored(self):
        """The antithetic twin."""
        return self._replace(sign=-self.sign)


def window(key, rows, columns, channels, stream=0):
    """A window of the field that the key names.

    Args:
      key: tuple of whole numbers, at least 0.
      rows, columns: (start, stop), at least 0.
      channels: C; fields of other C are others.
      stream: 0 for standard normal draws, other numbers for uniform ones in [0, 1).
    Returns:
      [rows, columns, C] float32.
    """
    result = np.empty((rows[1] - rows[0], columns[1] - columns[0], channels), np.float32)
    for i in range(rows[0] // BLOCK, -(-rows[1] // BLOCK)):
        for j in range(columns[0] // BLOCK, -(-columns[1] // BLOCK)):
            shape = (BLOCK, BLOCK, channels)
            if stream:
                block = np.random.default_rng([*key, i, j, stream]).random(shape, np.float32)
            else:
                block = np.random.default_rng([*key, i, j]).standard_normal(shape, np.float32)
            (to_rows, of_rows), (to_columns, of_columns) = _overlap(rows, i), _overlap(columns, j)
            result[to_rows, to_columns] = block[of_rows, of_columns]
    return result


def _overlap(span, number):
    """(slice of the window, slice of the block) where a block along one axis lies in the window."""
    start, stop = max(span[0], number * BLOCK), min(span[1], (number + 1) * BLOCK)
    return slice(start - span[0], stop - span[0]), slice(start - number * BLOCK, stop - number * BLOCK)
