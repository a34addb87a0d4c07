"""What a picture holds, whatever its units: where its values lie, and which of its pixels are none.

A bias-free network commutes with contrast, f(c y, c sigma) = c f(y, sigma), but not with an offset: it learnt photographs, which
are above zero. So a picture is moved to where photographs are: zero lies a tenth of the picture's range below its darkest parts.
Then denoise(a y + c) = a denoise(y) + c for any a > 0 and c. (On 20 Berkeley photographs of the training part with 5 to 50 grey
levels of noise this is 0.00 to 0.03 dB better than leaving them where they are, 0.05 dB worse at most.) Pixels that are no values
(NaN, no-data, hot pixels) do not count, are filled from their neighbours for the network, and come back as they were.
"""

from typing import NamedTuple

import numpy as np
import scipy.ndimage

# what is known of a picture comes from the whole, or from this many windows of this side, spread over it
_WINDOWS, _WINDOW_SIDE = 4, 512
_BLOCK = 4  # pixels on a side; the median of a block is blind to single extreme pixels
_ENDS = (0.5, 99.5)  # percentiles of the blocks that are the ends of the range
# those between which most of a picture lies, and how far the range goes beyond them, in units of what is between
_CORE, _MOST_BEYOND = (10, 90), 8.0
_BELOW = 0.1  # of the range: how far below its darkest parts a picture has its zero
_LEAST_RANGE = 4.0  # times the noise: the range of a flat picture
# ranges, and times the noise, beyond which a single pixel or a constant area is no value
_FAR, _FAR_OF_NOISE = 2.0, 15.0
_MEDIAN = 5  # pixels on a side of what a single pixel is compared with
_FILL_WIDTH, MARGIN = 2.0, 8  # of the neighbours from which a hole is filled
# areas that were filled in: the side of the squares that they are made of, their least part of a picture, and how many values
# they can have; how wide a rim is, how many pixels it has at least, which count, and how far they are, in units of `spread`
_SQUARE, _LEAST_FILLED, _MOST_FILLS = 5, 0.003, 4
_RIM, _FEWEST_OF_RIM, _MOST_OF_RIM, _JUMP = 2, 20, (0.1, 0.9), 6.0


class Content(NamedTuple):
    """Where the values of a picture lie.

    Attributes:
      low, high: ends of its range, in its own units; NaN for a picture without values.
      spread: how far pixels are from their blocks' medians, as a standard deviation.
      no_data: the value that stands for none, or None.
      fills: values of areas that were filled in, as around a picture that was turned: see `_fills`.
    """

    low: float
    high: float
    spread: float = 0.0
    no_data: float | None = None
    fills: tuple = ()

    def zero_and_unit(self, sigma=0.0):
        """What stands for 0 and how large 1 is, for a picture with noise of sigma."""
        unit = max(self.high - self.low, _LEAST_RANGE * sigma)
        return self.low - _BELOW * unit, unit


def middle(shape, side):
    """Index of the window of this side in the middle of an image [H, W, ...]; the whole of shorter axes."""
    starts = [max(0, (length - side) // 2) for length in shape[:2]]
    return tuple(slice(start, start + side) for start in starts)


def sample(read, shape):
    """The whole of a small image, or windows that are spread over a large one, side by side.

    Args:
      read: function of rows and columns, each (start, stop), that returns that window.
      shape: [H, W, C] of the image.
    """
    starts = [
        [round(start) for start in np.linspace(0, side - _WINDOW_SIDE, _WINDOWS)] if side > _WINDOWS * _WINDOW_SIDE else [0]
        for side in shape[:2]
    ]
    height, width = (_WINDOW_SIDE if len(own) > 1 else side for own, side in zip(starts, shape[:2], strict=True))
    rows = [np.concatenate([read((top, top + height), (left, left + width)) for left in starts[1]], axis=1) for top in starts[0]]
    return np.concatenate(rows, axis=0)


def of_sample(values, no_data=None):
    """`Content` of a picture from a sample of it.

    Args:
      values: [H, W, C] float64.
      no_data: the value that stands for none, or None.
    """
    valid = np.isfinite(values) if no_data is None else np.isfinite(values) & (values != no_data)
    if not valid.any():
        return Content(np.nan, np.nan, 0.0, no_data)
    blocks, distances = _block_medians(values, valid)
    if fills := _fills(values, valid, _deviation(distances)):
        rest = valid & ~np.isin(values, fills)
        valid = rest if rest.any() else valid
        blocks, distances = _block_medians(values, valid)
    low, *core, high = (float(value) for value in np.percentile(blocks, (_ENDS[0], *_CORE, _ENDS[1])))
    # a lamp in a scene is as bright as it is
    beyond = _MOST_BEYOND * (core[1] - core[0])
    low, high = (max(low, core[0] - beyond), min(high, core[1] + beyond)) if beyond > 0 else (low, high)
    if not high > low:
        # few things on an empty field, such as photons counted one by one
        low, high = (float(value) for value in (values[valid].min(), values[valid].max()))
    return Content(low, high, _deviation(distances), no_data, fills)


def of_page(page, no_data=None):
    """`Content` of a page [H, W, C] of any dtype, in memory or mapped."""
    return of_sample(sample_of_page(page), no_data)


def sample_of_page(page):
    """`sample` of a page [H, W, C] of any dtype, in memory or mapped, as float64."""
    return sample(lambda rows, columns: np.asarray(page[slice(*rows), slice(*columns)], np.float64), page.shape)


def holes(values, content):
    """Which pixels are no values: [H, W, C] boolean.

    Those that are not finite or no-data; and those far outside the range that are alone, as hot pixels are, or in a constant
    area, as no-data areas without a name are. So are areas that were filled in. Bright things of several pixels stay.
    """
    bad = ~np.isfinite(values)
    if content.no_data is not None:
        bad |= values == content.no_data
    if content.fills:
        bad |= scipy.ndimage.maximum_filter(_constant(values), (_SQUARE, _SQUARE, 1)) & np.isin(values, content.fills)
    reach = max(_FAR * (content.high - content.low), _FAR_OF_NOISE * content.spread)
    far = ~bad & ((values < content.low - reach) | (values > content.high + reach))
    if reach > 0 and far.any():
        calm = np.where(bad, content.low, values)
        size = (_MEDIAN, _MEDIAN, 1)
        middle = scipy.ndimage.median_filter(calm, size)
        alone = (middle >= content.low - reach) & (middle <= content.high + reach)
        # the corners of a bright thing belong to it
        alone &= ~scipy.ndimage.binary_dilation(far & ~alone, np.ones((3, 3, 1)))
        constant = scipy.ndimage.maximum_filter(calm, (3, 3, 1)) == scipy.ndimage.minimum_filter(calm, (3, 3, 1))
        # a constant area's rim is as constant as its inside
        constant = scipy.ndimage.binary_dilation(constant, np.ones((3, 3, 1))) & far
        bad |= far & (alone | constant)
    return bad


def filled(values, bad, content):
    """The values [H, W, C], those of holes replaced by a mean of their neighbours, or by the range's lower end far from any."""
    if not bad.any():
        return values
    good = np.where(bad, 0.0, values - content.low)
    width, radius = (_FILL_WIDTH, _FILL_WIDTH, 0), (MARGIN, MARGIN, 0)
    weight = scipy.ndimage.gaussian_filter((~bad).astype(np.float64), width, radius=radius, mode="constant")
    mean = scipy.ndimage.gaussian_filter(good, width, radius=radius, mode="constant") / np.maximum(weight, 1e-12)
    return np.where(bad, np.where(weight > 1e-9, mean, 0.0) + content.low, values)


def _constant(values):
    """Which pixels of [H, W, C] lie in squares of `_SQUARE` pixels a side that are constant."""
    size = (_SQUARE, _SQUARE, 1)
    inner = scipy.ndimage.maximum_filter(values, size) == scipy.ndimage.minimum_filter(values, size)
    return scipy.ndimage.maximum_filter(inner, size)


def _fills(values, valid, spread):
    """The values of constant areas in a noisy picture whose rims jump: nearly all that lies next to them is far from them.

    So do the corners of a turned picture, and what is around a round one. Where light is cut off, or nothing is counted, the rim
    is near.
    """
    if not spread > 0:
        return ()
    areas = _constant(np.where(valid, values, np.nan)) & valid
    if areas.mean() < _LEAST_FILLED:
        return ()
    found, counts = np.unique(values[areas], return_counts=True)
    many = found[np.argsort(-counts, kind="stable")][: np.sum(counts > _LEAST_FILLED * values.size)][:_MOST_FILLS]
    return tuple(float(own) for own in many if _jump(values, valid, areas & (values == own), own) > _JUMP * spread)


def _jump(values, valid, area, value):
    """How far nearly all of the rim of an area is from its value."""
    size = (2 * _RIM + 1, 2 * _RIM + 1, 1)
    rim = values[scipy.ndimage.maximum_filter(area, size) & ~area & valid]
    low, high = np.quantile(rim, _MOST_OF_RIM) if rim.size >= _FEWEST_OF_RIM else (value, value)
    return max(low - value, value - high)


def _deviation(distances):
    """Standard deviation of noise with these distances, from their median or, where that is 0 as of few counts, larger ones."""
    middle, high = np.quantile(distances, (0.5, 0.9))
    return float(middle / 0.6745 or high / 1.6449)


def _block_medians(values, valid):
    """Of blocks that are not constant: their medians, smoothed over 3x3 of them, and the distances of their pixels from these."""
    rows, columns = (side // _BLOCK for side in values.shape[:2])
    if min(rows, columns) < 3 or not valid.all():
        # holes are as no values at all
        values = np.where(valid, values, np.median(values[valid]))
    if min(rows, columns) < 3:
        return values[valid], np.abs(values[valid] - np.median(values[valid]))
    part = values[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, _BLOCK, columns, _BLOCK, -1)
    part = part.swapaxes(1, 2).reshape(rows, columns, _BLOCK * _BLOCK, -1)
    medians, varied = np.median(part, axis=2), np.ptp(part, axis=2) > 0
    if not varied.any():
        return medians.ravel(), np.zeros(1)
    # a block at the rim of a constant area may hold both
    inner = varied & ~scipy.ndimage.binary_dilation(~varied, np.ones((3, 3, 1)))
    varied = inner if inner.any() else varied
    distances = np.abs(part - medians[:, :, None]).swapaxes(2, 3)[varied]
    weight = scipy.ndimage.uniform_filter(varied.astype(np.float64), (3, 3, 0))
    offset = np.median(medians[varied])  # small numbers lose nothing in sums
    smooth = scipy.ndimage.uniform_filter(np.where(varied, medians - offset, 0.0), (3, 3, 0))
    return smooth[varied] / weight[varied] + offset, distances
