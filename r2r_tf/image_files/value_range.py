"""From the values of image files to the [0, 1] scale and back."""

from typing import NamedTuple

import numpy as np

from r2r_tf.image_files import content

# what uses less of its type's range than this is of a camera with fewer bits, or on a pedestal
_LITTLE = 0.25
_PERCENTILES = (0.1, 99.9)
# for percentiles: values of all images, and pages of each
_SAMPLES, _PAGES = 1 << 20, 16


class ValueRange(NamedTuple):
    """What stands for 0 and for 1. Values outside are kept; nothing is clipped.

    Attributes:
      low, high: in the values of the file.
    """

    low: float
    high: float

    def to_unit(self, values):
        """[...] float32 on the [0, 1] scale."""
        with np.errstate(over="ignore", invalid="ignore"):  # no value, or one that float32 does not hold
            return ((np.asarray(values, np.float64) - self.low) / (self.high - self.low)).astype(np.float32)

    def from_unit(self, array, dtype):
        """Undoes `to_unit`; whole numbers are rounded, and clipped to what their type holds."""
        return to_dtype(np.asarray(array, np.float64) * (self.high - self.low) + self.low, dtype)


def to_dtype(values, dtype):
    """Values as pixels of a dtype; whole numbers are rounded, and clipped to what their type holds."""
    dtype = np.dtype(dtype)
    if dtype.kind in "ui":
        limits = np.iinfo(dtype)
        # floats next to the largest of 64 bits are larger than it
        highest = float(limits.max) if int(float(limits.max)) <= limits.max else np.nextafter(float(limits.max), 0)
        values = np.round(np.clip(values, float(limits.min), highest))
    return values.astype(dtype)


def largest(dtype):
    """What stands for 1 where nothing else is known: the largest of whole numbers, 1 of floats."""
    dtype = np.dtype(dtype)
    return float(np.iinfo(dtype).max) if dtype.kind in "ui" else 1.0


def of_pixels(pixels_of_images):
    """`ValueRange` of some images of one dtype.

    Whole numbers use their type's range above 0, floats [0, 1]; but where there is much less in them (12 bits in uint16, 1,000
    counts on a pedestal) or more (floats that count photons, whole numbers below 0), the range is from the 0.1th to the 99.9th
    percentile of all values. Pixels that are no values (NaN, no-data, hot ones) do not count.

    Args:
      pixels_of_images: list of arrays, [..., H, W, C].
    """
    dtype, count = pixels_of_images[0].dtype, len(pixels_of_images)
    return of_samples([sample(pixels, count) for pixels in pixels_of_images], dtype)


def of_samples(samples, dtype):
    """`ValueRange` of images of a dtype from what `sample` takes of each."""
    values = np.concatenate(samples)
    full = ValueRange(0.0, largest(dtype))
    if dtype == np.uint8 or not values.size:
        return full
    low, high = (float(value) for value in np.percentile(values, _PERCENTILES))
    inside = low >= 0 if dtype.kind in "ui" else -0.25 <= low and high <= 1.25
    fits = _LITTLE * full.high <= high - low and inside
    if fits or high == low:
        return full
    return ValueRange(low, high)


def sample(pixels, images):
    """Values of [..., H, W, C] that stand for it among so many images, evenly spread over a few of its pages."""
    if pixels.dtype == np.uint8:
        return np.empty(0)  # its range is known
    count = max(1, _SAMPLES // images)
    pages = pixels.reshape(-1, *pixels.shape[-3:])
    found = [_valid(page) for page in pages[:: -(-len(pages) // _PAGES)]]
    return np.concatenate([own[:: max(1, own.size * len(found) // count)] for own in found])


def _valid(page):
    """The values of [H, W, C], or of windows of a large one, that are values."""
    values = content.sample_of_page(page)
    return values[~content.holes(values, content.of_sample(values))]
