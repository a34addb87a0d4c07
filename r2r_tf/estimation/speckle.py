"""Speckle: noise in proportion to brightness, as of radar, ultrasound and lasers, and how a picture shows that it has it."""

from typing import NamedTuple

import numpy as np

from r2r_tf.estimation import smoothness, variance_law
from r2r_tf.noise import log_gamma

_FLOOR = 0.03  # of the mean brightness, see `log_gamma`
_OUTLIER = 0.125  # relative distance from the line at which a point counts less
_ZERO = 0.35  # part of the mean brightness within which the deviations of speckle are 0; those of counts are so at -0.8 or so


class Speckle(NamedTuple):
    """Noise of standard deviation (m - zero) / sqrt(looks) at brightness m; the twin of `laws.Law`, with the same methods.

    Attributes:
      looks: L of its Gamma law.
      zero: the value of nothing, in the units of the picture.
      floor: what is added before the logarithm; None until `settled`.
      smooth: as in `laws.Law`.
    """

    looks: float
    zero: float = 0.0
    floor: float | None = None
    smooth: smoothness.Smoothness | None = None

    counting, grows = False, True

    def variance(self, brightness):
        """The variance at a brightness."""
        return np.square(np.maximum(np.asarray(brightness, np.float64) - self.zero, 0.0)) / self.looks

    def stabilised(self, y):
        """Values whose noise has unit variance."""
        return log_gamma.stabilised(np.asarray(y, np.float64) - self.zero, self.looks, self.floor)

    def unstabilised(self, t):
        """The means that estimates of stabilised values stand for."""
        return self.zero + log_gamma.unstabilised(t, self.looks, self.floor)

    def __str__(self):
        """Such as 'speckle of 48.2 looks, standard deviation 0.144 m'."""
        offset = f" (m - {self.zero:.3g})" if self.zero else " m"
        smooth = ", smooth" if self.smooth else ""
        return f"speckle of {self.looks:.3g} looks{smooth}, standard deviation {self.looks**-0.5:.3g}{offset}"

    def scaled(self, zero, unit):
        """The same law for values (y - zero) / unit."""
        return self._replace(zero=(self.zero - zero) / unit, floor=self.floor and self.floor / unit)

    def settled(self, pages):
        """With a floor that fits what the pages show, a list of arrays."""
        mean = float(np.mean([np.mean(np.asarray(page, np.float64) - self.zero) for page in pages]))
        return self._replace(floor=self.floor or _FLOOR * max(mean, 1e-300))

    def smoothed(self, smooth):
        """The law of noise whose finest scale this one was found at, given its `Smoothness` there."""
        return self._replace(looks=self.looks / smooth.variance, smooth=smooth.scaled(smooth.variance**-0.5))


def of_law(law, mean, told=False):
    """The `Speckle` of the points of a `variance_law.VarianceLaw`; None where speckle would not show them.

    Args:
      law: `VarianceLaw`.
      mean: brightness of the pictures.
      told: whether it is known to be speckle.
    """
    points = law.points
    deviation = np.sqrt(np.maximum(points.variance, 1e-300))
    design = np.stack([points.brightness, np.ones_like(points.brightness)], axis=1)
    (slope, constant), *_ = variance_law.line_of(points, deviation, design, _OUTLIER)
    (through_zero,), *_ = variance_law.line_of(points, deviation, design[:, :1], _OUTLIER)
    may_be = told or (slope > 0 and abs(constant) < _ZERO * slope * mean)
    return Speckle(float(through_zero) ** -2) if mean > 0 and through_zero > 0 and may_be else None
