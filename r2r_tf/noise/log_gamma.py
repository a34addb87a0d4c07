"""Speckle made white: the logarithm of a value that is the mean m times a Gamma variable, and the mean brought back.

y = m G with G ~ Gamma(L) / L, so log y = log m + log G: noise of one level, whatever m. Near 0, where a logarithm is steep and
values are rounded or clipped, a floor is added first; noise there comes out weaker than 1.
"""

import numpy as np
import scipy.special


def stabilised(y, looks, floor):
    """log(y + floor), in standard deviations of log G.

    Args:
      y: noisy values, 0 for nothing; less is taken for 0.
      looks: L, above 0; 1 for the speckle of a single look.
      floor: above 0, far below the mean of y.
    Returns:
      float64 array whose noise has variance 1 where y is far above the floor.
    """
    return np.log(np.maximum(np.asarray(y, np.float64), 0.0) + floor) / _deviation(looks)


def unstabilised(t, looks, floor):
    """The mean m for which `stabilised` has the expectation t: exact without a floor, where E[log G] = digamma(L) - log(L).

    The plain inverse would be too low: the logarithm of a mean is above the mean of logarithms.

    Args:
      t: denoised values, estimates of E[stabilised(y)].
      looks, floor: as in `stabilised`.
    """
    bias = scipy.special.digamma(looks) - np.log(looks)
    return np.exp(np.asarray(t, np.float64) * _deviation(looks) - bias) - floor


def _deviation(looks):
    """Of log G."""
    return float(np.sqrt(scipy.special.polygamma(1, looks)))
