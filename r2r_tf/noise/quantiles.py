"""Draws of other laws from uniform ones, by their quantile functions: 1 - u in place of u is the antithetic twin."""

import numpy as np
import scipy.special
import scipy.stats

_EDGE = 2.0**-25  # uniform float32 draws may be 0, and their mirror images 1


class Quantiles:
    """Mixin for `noise.Draws` that have `uniform(number)` as NumPy arrays."""

    def poisson(self, mean):
        """Poisson counts of these means, float32."""
        return np.float32(scipy.stats.poisson.ppf(self._inner(), np.asarray(mean, np.float64)))

    def binomial(self, counts, probability):
        """How many of so many counts are taken, each with this probability, float32."""
        return np.float32(scipy.stats.binom.ppf(self._inner(), np.asarray(counts, np.float64), probability))

    def gamma(self, shape):
        """Gamma of scale 1, float32."""
        return np.float32(scipy.special.gammaincinv(shape, self._inner()))

    def beta(self, first, second):
        """Beta, float32."""
        return np.float32(scipy.special.betaincinv(first, second, self._inner()))

    def _inner(self):
        return np.clip(np.asarray(self.uniform(), np.float64), _EDGE, 1 - _EDGE)
