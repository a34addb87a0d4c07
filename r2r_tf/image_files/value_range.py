"""From the values of image files to the [0, 1] scale and back."""

from typing import NamedTuple

import numpy as np

# whole numbers that use less of their type's range than this are of a camera with fewer bits
_LITTLE = 0.25
_PERCENTILES = (0.1, 99.9)
# of an image's values, for percentiles
_SAMPLES = 1 << 20


class ValueRange(NamedTuple):
    """What stands for 0 and for 1. Values outside are kept; nothing is clipped.

    Attributes:
      low, high: in the values of the file.
    """

    low: float
    high: float

    def to_unit(self, values):
        """[...] float32 on the [0, 1] scale."""
        return ((np.asarray(values, np.float32) - np.float32(self.low)) / np.float32(self.high - self.low)).astype(np.float32)

    def from_unit(self, array, dtype):
        """Undoes `to_unit`; whole numbers are rounded, and clipped to what their type holds."""
        return to_dtype(np.asarray(array, np.float64) * (self.high - self.low) + self.low, dtype)


def to_dtype(values, dtype):
    """Values as pixels of a dtype; whole numbers are rounded, and clipped to what their type holds."""
    if np.dtype(dtype).kind in "ui":
        values = np.round(np.clip(values, np.iinfo(dtype).min, np.iinfo(dtype).max))
    return values.astype(dtype)


def of_pixels(pixels_of_images):
    """`ValueRange` of some images of one dtype.

    uint8 and uint16 use their type's whole range, floats [0, 1]; but where there is much less in them (12 bits in uint16) or more
    (floats that count photons), the range is from the 0.1th to the 99.9th percentile of all values.

    Args:
      pixels_of_images: list of arrays of any shape.
    """
    dtype = pixels_of_images[0].dtype
    full = ValueRange(0.0, float(np.iinfo(dtype).max) if dtype.kind == "u" else 1.0)
    if dtype == np.uint8:
        return full
    share = max(1, _SAMPLES // len(pixels_of_images))
    values = np.concatenate([_thinned(pixels, share) for pixels in pixels_of_images])
    values = values[np.isfinite(values)]
    if not values.size:
        return full
    low, high = (float(value) for value in np.percentile(values, _PERCENTILES))
    fits = _LITTLE * full.high < high and (dtype.kind == "u" or (high <= 1.25 and low >= -0.25))
    if fits or high == low:
        return full
    return ValueRange(low, high)


def _thinned(pixels, count):
    """About `count` values, evenly spread."""
    flat = pixels.reshape(-1)
    return np.asarray(flat[:: max(1, flat.size // count)], np.float64)
