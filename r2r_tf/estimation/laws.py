"""Which noise a picture has, from itself alone: white, or such that it has to be made white first.

Counting noise is weak in the dark and strong where it is bright, `speckle` even more so; noise of resized or compressed pictures
is smooth. A law says how to see such a picture so that its noise is white and of one level, and how to come back.
"""

from typing import NamedTuple

import numpy as np

from r2r_tf.estimation import smoothness, speckle, variance_law, white
from r2r_tf.noise import anscombe, blocks

_LEAST_SMOOTH = 4.0 / 255  # of the range: weaker smooth noise is not told from a photograph's own grain
KINDS = POISSON, GAMMA = "poisson", "gamma"  # of noise that is stronger where it is brighter
_LIKELY = 10.0  # standard errors by which a gain that is not sure is above 0 to be thought of
_ENDS = (0.5, 99.5)  # percentiles that are the ends of the range


class Law(NamedTuple):
    """Noise of variance gain m + constant at brightness m, in the units of the picture.

    Attributes:
      gain, constant: of the variance; 0 and the variance for noise that is as strong at any brightness.
      gain_error: standard error of the gain; 0 where it was told.
      smooth: its `smoothness.Smoothness`, of unit variance; None for noise that is independent from pixel to pixel.
    """

    gain: float
    constant: float
    gain_error: float = 0.0
    smooth: smoothness.Smoothness | None = None

    def variance(self, brightness):
        """The variance at a brightness, 0 where the line is below."""
        return np.maximum(self.gain * np.asarray(brightness, np.float64) + self.constant, 0.0)

    def stabilised(self, y):
        """Values whose noise has unit variance."""
        if self.gain > 0:
            return anscombe.stabilised(y, self.gain, self.constant)
        return np.asarray(y, np.float64) / np.sqrt(self.constant)

    def unstabilised(self, t):
        """The means that estimates of stabilised values stand for."""
        if self.gain > 0:
            return anscombe.unstabilised(t, self.gain, self.constant)
        return np.asarray(t, np.float64) * np.sqrt(self.constant)

    def __str__(self):
        """Such as 'counting noise, variance 2.03 m - 201', in the units of the picture."""
        kind = "counting noise" if self.gain > 0 else "noise of one level"
        smooth = ", smooth" if self.smooth else ""
        sign = "-" if self.constant < 0 else "+"
        line = f", variance {self.gain:.3g} m {sign} {abs(self.constant):.3g}" if self.gain > 0 else ""
        return f"{kind}{smooth}{line}"

    def scaled(self, zero, unit):
        """The same law for values (y - zero) / unit."""
        constant = (self.constant + self.gain * zero) / unit**2
        return self._replace(gain=self.gain / unit, constant=constant, gain_error=self.gain_error / unit)

    @property
    def counting(self):
        """Whether it is that of counting noise."""
        return self.gain > 0

    @property
    def grows(self):
        """Whether noise is stronger where it is brighter."""
        return self.gain > 0

    def settled(self, pages):
        """Itself: it takes nothing else from the pages."""
        del pages
        return self

    def smoothed(self, smooth):
        """The law of noise whose finest scale this one was found at, given its `Smoothness` there."""
        return Law(*(part * smooth.variance for part in self[:3]), smooth.scaled(smooth.variance**-0.5))


def of_polynomial(polynomial):
    """The law of noise whose variance is q m^2 + g m + c, given as (q, g, c): `speckle.Speckle` for q alone, else a `Law`."""
    square, *line = polynomial
    return speckle.Speckle(1 / square) if square else Law(*line)


def of_pages(pages, kind=None):
    """The laws that the pages of a recording may have; none for white noise, or where they do not tell or do not agree.

    Args:
      pages: list of [H, W, C] noisy values in any unit, NaN where there are none. Only those of one channel have a law.
      kind: one of `KINDS`: what the noise is taken for whatever the pages say, as long as it grows with brightness.
    Returns:
      List of laws. The first is that of white noise, of gain 0, where others are not sure; speckle is the last, where the pages
      would show it much like counting noise.
    """
    if pages[0].shape[-1] != 1:
        return []
    channels, filled = [page[..., 0] for page in pages], without_holes(pages)
    first, found = _independent(channels, filled, kind)
    smooth = first and smoothness.of_channels([first.stabilised(page) for page in filled])
    if not smooth:
        return found
    # the finest scales have little of smooth noise, which means over blocks show better
    law = _independent([blocks.binned(page, 2)[..., 0] for page in pages], filled, kind)[0] or first
    smooth = smoothness.of_channels([law.stabilised(page) for page in filled]) or smooth
    law = law.smoothed(smooth)
    if law.grows:
        return [law]
    if sum(smoothness.is_noise(law.stabilised(page), law.smooth) for page in filled) <= len(filled) / 2:
        return found
    low, high = np.percentile(filled[0], _ENDS)
    return [law] if np.sqrt(law.constant) >= _LEAST_SMOOTH * (high - low) else []


def of_kind(pages, kind):
    """The law of pages that are too small, or too cut off, to show how their noise grows: from nothing at 0.

    Args:
      pages, kind: as in `of_pages`.
    Returns:
      A list of it; empty for pages that are constant, of a mean below 0, or of several channels.
    """
    pages = [page for page in pages if page.shape[-1] == 1 and min(page.shape[:2]) >= white.SMALLEST_SIDE]
    variance = float(np.mean([white.white_level(page) ** 2 for page in pages])) if pages else 0.0
    mean = float(np.mean([np.nanmean(page) for page in pages])) if pages else 0.0
    if not (variance > 0 and mean > 0):
        return []
    law = Law(variance / mean, 0.0) if kind == POISSON else speckle.Speckle(mean**2 / variance)
    return [law.settled(without_holes(pages))]


def without_holes(pages):
    """[H, W] of pages of one channel, their median where they have no value."""
    return [np.where(np.isnan(page[..., 0]), np.nanmedian(page[..., 0]), page[..., 0]) for page in pages]


def _independent(channels, filled, kind):
    """(the likeliest law of noise that is smooth or not, None for none; [laws of noise that is not smooth]).

    Args:
      channels, filled: list of [H, W], NaN where they have no values, and without holes.
      kind: as in `of_pages`.
    """
    found = variance_law.of_channels(channels)
    if found is None:
        return None, []
    mean = float(np.mean([page.mean() for page in filled]))
    level = found.gain * mean + found.constant
    white_law = Law(0.0, level) if level > 0 else None
    if not found.gain > 0:
        return white_law, []
    grains = None if kind == POISSON else speckle.of_law(found, mean, told=kind == GAMMA)
    rising = [law.settled(filled) for law in (Law(found.gain, found.constant, found.gain_error), grains) if law]
    if kind:
        return rising[-1], rising[-1:]
    rising = [law for law in rising if not found.cells.refute(law)]
    if not rising:
        return white_law, []
    first = rising[0] if found.rises else white_law
    if found.rises and found.shows_noise:
        return first, rising
    if found.gain <= _LIKELY * found.gain_error or white_law is None:
        return first, []
    levels = [white.white_level(channel[..., None]) for channel in channels]
    return first, [Law(0.0, float(np.mean(np.square(levels)))) if all(levels) else white_law, *rising]
