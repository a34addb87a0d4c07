"""Noise in the cells of a picture: its variance over brightness in calm ones, and what the brightest ones have at most.

The variance is the mean square of the finest diagonal wavelet coefficients. Cells are chosen by coefficients that for white noise
are independent of these, as in `calm_blocks`.
"""

from typing import NamedTuple

import numpy as np
import scipy.ndimage

from r2r_tf.estimation.calm_blocks import cells

SMALLEST_SIDE = 64
_CELL = 4  # coefficients on a side: 8 pixels
_BINS, _CELLS_OF_BIN = 12, 60  # of brightness, and how many cells one should have
_CALM, _FEWEST = 0.25, 20  # part of a bin's cells, and how many at least
# part of the cells, and part of a law's noise there: with less power they refute it (104 photographs with counting noise: 0.82 of
# the law that is found at the least; laws that faint stars suggest: 0.15 to 0.39)
_BRIGHTEST, _TOO_LITTLE = 0.01, 0.5
_ROOM = 2.0  # standard deviations of noise that a cell is below the ceiling at least, to show all of it
# times as many pixels at the lower and upper end of the range as at the next value, and part of all: clipping. Few counts have
# many zeros.
_SPIKES, _SPIKE_PART = (5.0, 1.5), 1e-3
_MOST_CLIPPED = 0.05  # part of a cell's pixels
_FEWEST_WHOLE = 0.2  # part of the cells that are not clipped: below, dark is not told from clipped


class Points(NamedTuple):
    """Noise at some brightnesses, darkest first, [K] each.

    Attributes:
      brightness: mean of the pixels.
      variance: of the noise there.
      count: how many coefficients it is the mean square of.
      structure: how many times as much power the next coarser scale has: half or so for noise alone, more in texture.
    """

    brightness: np.ndarray
    variance: np.ndarray
    count: np.ndarray
    structure: np.ndarray


class Cells(NamedTuple):
    """Cells that show noise, [K] each.

    Attributes:
      brightness: mean of the pixels.
      power: mean square of the finest coefficients.
      structure: that of the coefficients which tell calm cells.
      ceiling: the largest value that there can be, infinite where none is cut off there.
    """

    brightness: np.ndarray
    power: np.ndarray
    structure: np.ndarray
    ceiling: np.ndarray

    def points(self):
        """The `Points` of the calmest, darkest first."""
        bins = min(_BINS, max(2, len(self.power) // _CELLS_OF_BIN))
        result = []
        for own in np.array_split(np.argsort(self.brightness, kind="stable"), bins):
            calm = own[np.argsort(self.structure[own], kind="stable")[: max(_FEWEST, int(_CALM * len(own)))]]
            variance = self.power[calm].mean()
            relative = self.structure[calm].mean() / max(variance, 1e-300)
            result.append((self.brightness[calm].mean(), variance, len(calm) * _CELL**2, relative))
        return Points(*np.array(result).T)

    def refute(self, law):
        """Whether the brightest are far calmer than a law has it: what they show adds to their noise and takes nothing away.

        Points are of calm cells, and those of a dark sky are dark: what faint stars add there seems to rise, and steeply. Cells
        so bright that noise is cut off at the ceiling do not count.

        Args:
          law: has a method `variance` of the brightness.
        """
        below = self.brightness + _ROOM * np.sqrt(law.variance(self.brightness)) <= self.ceiling
        order = np.argsort(self.brightness, kind="stable")
        bright = (order[below[order]] if below.sum() >= _FEWEST else order)[-max(_FEWEST, int(_BRIGHTEST * len(self.power))) :]
        return bool(self.power[bright].mean() < _TOO_LITTLE * law.variance(self.brightness[bright]).mean())


def points_of(y):
    """The `Points` of one channel, which is as for `cells_of`; None where that gives none."""
    found = cells_of(y)
    return None if found is None else found.points()


def cells_of(y):
    """The `Cells` of one channel [H, W], at least 64 pixels a side, NaN where it has no values; None for a constant one."""
    y = np.asarray(y, np.float64)
    missing = np.isnan(y)
    low, high = np.min(y[~missing], initial=np.inf), np.max(y[~missing], initial=-np.inf)
    if not high > low:
        return None
    cut_off = _clipped(y, high, y[y < high].max(), _SPIKES[1])
    ceiling = high if cut_off.any() else np.inf
    spoilt = missing | _clipped(y, low, y[y > low].min(), _SPIKES[0]) | cut_off
    # constant areas are margins, or, at the lower end, places without a single count
    spoilt |= (scipy.ndimage.maximum_filter(y, 3) == scipy.ndimage.minimum_filter(y, 3)) & (y > low)
    y = np.where(missing, low, y)
    grid, (pixels, spoilt, missing), fine, others, _ = cells(_CELL, y, spoilt, missing)
    whole = spoilt.mean(axis=1) <= _MOST_CLIPPED
    if whole.mean() < _FEWEST_WHOLE:
        whole = missing.mean(axis=1) <= _MOST_CLIPPED
    # a cell at the rim of a margin is in part as constant as that
    constant = (np.ptp(pixels, axis=1) == 0).reshape(grid)
    for left_out in (constant, scipy.ndimage.binary_dilation(constant, np.ones((3, 3)))):
        varied = whole & ~left_out.ravel()
        whole = varied if varied.mean() > _FEWEST_WHOLE else whole
    if whole.sum() < 2 * _FEWEST:
        return None
    structure = sum(np.square(own[whole]).mean(axis=1) for own in others) / len(others)
    return Cells(pixels[whole].mean(axis=1), np.square(fine[whole]).mean(axis=1), structure, np.full(whole.sum(), ceiling))


def _clipped(y, end, following, spike):
    """Whether pixels are at an end of the range and clipped there: many are, and far fewer at the value next to it."""
    there = y == end
    count = there.sum()
    return there if count > _SPIKE_PART * y.size and count > spike * np.sum(y == following) else np.zeros_like(there)
