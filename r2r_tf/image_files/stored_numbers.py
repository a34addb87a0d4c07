"""Numbers as files of instruments store them, and their values: slope number + offset; one number may stand for none."""

from typing import NamedTuple

import numpy as np

from r2r_tf.image_files import value_range


class Numbers(NamedTuple):
    """How values are stored.

    Attributes:
      dtype: of the stored numbers.
      slope, offset: of the values.
      none: the stored number that stands for no value, or None.
    """

    dtype: np.dtype
    slope: float = 1.0
    offset: float = 0.0
    none: int | None = None

    @property
    def as_they_are(self):
        """Whether values are the stored numbers."""
        return self.slope == 1 and self.offset == 0

    @property
    def values_dtype(self):
        """The dtype of values: that of the numbers, unsigned ones for signed and back where the offset says so, else float64."""
        return self.dtype if self.as_they_are else self._other_sign or np.dtype(np.float64)

    @property
    def no_data(self):
        """The value that stands for none, or None; among scaled values NaN does."""
        whole = self.none is not None and self.values_dtype.kind in "ui"
        return self.none + int(self.offset) if whole else None

    def values(self, numbers):
        """The values of stored numbers, of `values_dtype`."""
        if self.as_they_are:
            return numbers
        if self._other_sign:
            return _of_other_sign(numbers.astype(self.dtype.newbyteorder("=")))
        values = np.asarray(numbers, np.float64) * self.slope + self.offset
        return values if self.none is None else np.where(numbers == self.none, np.nan, values)

    def stored(self, values, before):
        """The numbers of values. None of these becomes that which stands for none, unless it was none before.

        Args:
          values, before: of `values_dtype`, now and as they were read.
        """
        if self.as_they_are:
            numbers, empty = values, before == self.none
        elif self._other_sign:
            numbers, empty = _of_other_sign(values), before == self.no_data
        else:
            empty = np.isnan(values)
            found = (values - self.offset) / self.slope
            # NaN is no whole number
            numbers = value_range.to_dtype(np.where(empty, 0, found) if self.dtype.kind in "ui" else found, self.dtype)
        return numbers if self.none is None else told_from_none(numbers, empty, self.none)

    @property
    def _other_sign(self):
        """The dtype of the other sign that an offset of half the range makes of whole numbers; None for another offset."""
        half = 1 << (8 * self.dtype.itemsize - 1)
        if self.dtype.kind not in "ui" or self.slope != 1 or self.offset != (half if self.dtype.kind == "i" else -half):
            return None
        return np.dtype(f"{'u' if self.dtype.kind == 'i' else 'i'}{self.dtype.itemsize}")


def told_from_none(numbers, empty, none):
    """Whole numbers in which `none` stands where `empty` says so, and nowhere else: others that are equal to it move by one."""
    neighbour = none + 1 if none < np.iinfo(numbers.dtype).max else none - 1
    return np.where(empty, numbers.dtype.type(none), np.where(numbers == none, numbers.dtype.type(neighbour), numbers))


def _of_other_sign(numbers):
    size = numbers.dtype.itemsize
    flipped = numbers.view(f"u{size}") ^ np.array(1 << (8 * size - 1), f"u{size}")
    return flipped.view(f"{'u' if numbers.dtype.kind == 'i' else 'i'}{size}")
