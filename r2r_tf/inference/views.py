"""Pictures, and how a network is shown one whose noise is not white: stabilised, if need be filtered, and brought back."""

from typing import NamedTuple

import numpy as np

from r2r_tf.estimation import smoothness
from r2r_tf.estimation.laws import Law
from r2r_tf.image_files import content

_STEP = 1e-3  # of a standard deviation, for the slope
# how many times as strong smooth noise is as what is found of it: at the coarsest scales pictures hide it, and where calm areas
# are dark it is stronger elsewhere
_HIDDEN = 1.1


class Picture(NamedTuple):
    """One page, or one channel of one.

    Attributes:
      pixels: [H, W, C] of any dtype, in memory or mapped.
      no_data: the value that stands for none, or None.
      mask: [H, W, C] boolean, which pixels are none, or None.
    """

    pixels: np.ndarray
    no_data: float | None = None
    mask: np.ndarray | None = None
    beyond = 0  # how many pixels around a window `finished` looks at

    def values(self, rows, columns):
        """A window, given as (start, stop), as float64; NaN where the mask says so."""
        values = np.asarray(self.pixels[slice(*rows), slice(*columns)], np.float64)
        return values if self.mask is None else np.where(self.mask[slice(*rows), slice(*columns)], np.nan, values)

    def finished(self, estimate):
        """A window's estimate, before what is around it is cut off."""
        return estimate

    def back(self, values):
        """What estimates of `values` stand for, in the values of the file."""
        return values

    def deviation(self, spread, values):
        """What a small spread of estimates of `values` is, in the values of the file."""
        del values
        return spread


class View(NamedTuple):
    """A `Picture` whose noise a law makes of one level, and white unless it is smooth and may stay so.

    Attributes:
      picture: `Picture`.
      known: its `content.Content`.
      law: `Law`.
      keeps_smooth: whether noise that is smooth is left so, for a network that has learnt it.
    """

    picture: Picture
    known: content.Content
    law: Law
    keeps_smooth: bool = False
    no_data = mask = None

    @property
    def pixels(self):
        """Those of the picture."""
        return self.picture.pixels

    @property
    def level(self):
        """Standard deviation of the noise of `values`."""
        if not self.law.smooth:
            return 1.0
        return _HIDDEN * self.law.smooth.variance**0.5 if self.keeps_smooth else self.law.smooth.level

    @property
    def beyond(self):
        """How many pixels around a window `finished` looks at."""
        return smoothness.RADIUS if self._filters else 0

    def values(self, rows, columns):
        """A window of the stabilised picture, NaN in its holes."""
        wide, inside = around(rows, columns, self.pixels.shape, content.MARGIN + self.beyond)
        values = self.picture.values(*wide)
        bad = content.holes(values, self.known)
        values = self.law.stabilised(content.filled(values, bad, self.known))
        if self._filters:
            values = smoothness.filtered(values, self.law.smooth.whitening())
        return np.where(bad, np.nan, values)[inside]

    def finished(self, estimate):
        """As smooth as the picture."""
        return smoothness.filtered(estimate, self.law.smooth.back()) if self._filters else estimate

    def back(self, values):
        """Means in the values of the file."""
        return self.law.unstabilised(values)

    def deviation(self, spread, values):
        """By the slope of `back`."""
        return spread * (self.back(values + _STEP) - self.back(values - _STEP)) / (2 * _STEP)

    @property
    def _filters(self):
        return self.law.smooth and not self.keeps_smooth


def around(rows, columns, shape, margin):
    """(a window with more around it, (start, stop) of rows and columns; index of the window in that)."""
    spans = list(zip((rows, columns), shape[:2], strict=True))
    wide = tuple((max(0, start - margin), min(side, stop + margin)) for (start, stop), side in spans)
    return wide, tuple(slice(own[0] - more[0], own[1] - more[0]) for own, more in zip((rows, columns), wide, strict=True))
