"""The blocks of a volume that tasks work on: whole chunks, so that no two write to the same file, a few of them side by side."""

import math
from typing import NamedTuple

from r2r_tf.errors import InputError
from r2r_tf.image_files import zarr_stores

# pixels that a block has along rows and columns, about, the first that memory holds: what is around it is read and denoised too
_SIDES = (1024, 512, 1)
_COPIES = 4  # of a block that are held: read, denoised, in float64


class Grid(NamedTuple):
    """How an array is cut into blocks.

    Attributes:
      shape: of the array.
      unit: of a block.
    """

    shape: tuple
    unit: tuple

    @property
    def counts(self):
        """How many blocks there are along each axis."""
        return tuple(-(-side // own) for side, own in zip(self.shape, self.unit, strict=True))

    @property
    def count(self):
        """How many blocks there are."""
        return math.prod(self.counts)

    def block(self, number):
        """A block, (start, stop) along each axis."""
        place = []
        for count in reversed(self.counts):
            number, own = divmod(number, count)
            place.append(own)
        return tuple(
            (own * unit, min((own + 1) * unit, side))
            for own, unit, side in zip(reversed(place), self.unit, self.shape, strict=True)
        )


def grid_of(array, max_memory_gb):
    """The `Grid` of an array to write: blocks of chunks side by side, fewer where many pages share a chunk.

    Raises:
      InputError: a single chunk takes more than the memory.
    """
    for side in _SIDES:
        unit = list(zarr_stores.unit_of(array))
        for axis in (-2, -1):
            unit[axis] = min(unit[axis] * max(1, side // unit[axis]), array.shape[axis])
        need = math.prod(unit) * max(8, array.dtype.itemsize) * _COPIES / 1e9
        if need <= max_memory_gb:
            return Grid(array.shape, tuple(unit))
    raise InputError(
        f"The chunks of {array.store_path} are too large: {'x'.join(map(str, unit))} values take {need:.3g} GB to work on. Raise "
        f"`max_memory_gb`, or write the volume with smaller chunks. Received: max_memory_gb={max_memory_gb:g}"
    )
