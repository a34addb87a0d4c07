"""Which noise a picture has, from itself alone: white, or such that it has to be made white first.

Counting noise is weak in the dark and strong where it is bright; noise of resized or compressed pictures is smooth. A `Law` says
how to see such a picture so that its noise is white and of one level, and how to come back.
"""

from typing import NamedTuple

import numpy as np

from r2r_tf.estimation import smoothness, variance_law
from r2r_tf.noise import anscombe, blocks

_LEAST_SMOOTH = 4.0 / 255  # of the range: weaker smooth noise is not told from a photograph's own grain
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


def of_pages(pages, *, counting=False):
    """The one `Law` of the pages of a recording; None for white noise, or where they do not tell or do not agree.

    Args:
      pages: list of [H, W, C] noisy values in any unit, NaN where there are none. Only those of one channel have a law.
      counting: True takes the noise for counting noise whatever the pages say, as long as its gain comes out above 0.
    """
    if pages[0].shape[-1] != 1:
        return None
    channels = [page[..., 0] for page in pages]
    filled = [np.where(np.isnan(channel), np.nanmedian(channel), channel) for channel in channels]
    law, shows_noise = _first_law(variance_law.of_channels(channels), filled, counting)
    smooth = law and smoothness.of_channels([law.stabilised(page) for page in filled])
    if smooth is None:
        return law if law and law.gain > 0 and shows_noise else None
    # the finest scales have little of smooth noise, which means over blocks show better
    coarser, _ = _first_law(variance_law.of_channels([blocks.binned(page, 2)[..., 0] for page in pages]), filled, counting)
    law = coarser or law
    smooth = smoothness.of_channels([law.stabilised(page) for page in filled]) or smooth
    law = Law(*(part * smooth.variance for part in law[:3]), smooth.scaled(smooth.variance**-0.5))
    low, high = np.percentile(filled[0], _ENDS)
    if law.gain == 0 and np.sqrt(law.constant) < _LEAST_SMOOTH * (high - low):
        return None
    return law


def _first_law(found, pages, counting):
    """(`Law` of independent noise, None for none; whether it is noise that was seen) from a `variance_law.VarianceLaw`."""
    if found is None:
        return None, False
    if found.gain > 0 if counting else found.rises:
        return Law(found.gain, found.constant, found.gain_error), found.shows_noise or counting
    level = found.gain * float(np.mean([page.mean() for page in pages])) + found.constant
    return (Law(0.0, level) if level > 0 else None), False
