"""Poisson noise, as of counted photons: y = g p, p ~ P(x / g), of one gain g, or of a range of which each picture has its own."""

import dataclasses
import math

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.noise import blocks, thinning


@dataclasses.dataclass(frozen=True)
class Poisson(thinning.OfOneStrength):
    """Poisson noise of one gain.

    Attributes:
      gain: g, what one count is worth on the [0, 1] scale; 1 / g is the peak, the counts of white.
    """

    gain: float

    family = "poisson"

    @property
    def polynomial(self):
        """(0, g, 0)."""
        return 0.0, self.gain, 0.0

    def at(self, y):
        """`PoissonImage`, whose levels follow the image, smoothed."""
        return PoissonImage(self.gain, thinning.brightness(y), float(np.mean(y, dtype=np.float64)))

    def with_level(self, y, sigma):
        """That whose variance has the mean sigma^2 over an image."""
        return Poisson(sigma**2 / max(float(np.mean(y)), 1e-6))

    def scaled(self, factor):
        """That of factor^2 times the gain."""
        return Poisson(self.gain * factor**2)

    def to_json(self):
        """The model as a dict."""
        return {"name": "poisson", "gain": float(self.gain)}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(float(spec["gain"]))

    @classmethod
    def from_text(cls, parameters):
        """From gain or peak = 1 / gain; a range of peaks, such as 5-100, is a `PoissonRange`."""
        name, low, high = thinning.parameter(parameters, ("gain", "peak"), "poisson", "poisson,peak=30")
        low, high = (low, high) if name == "gain" else (1 / high, 1 / low)
        return cls(low) if low == high else PoissonRange(low, high)


@dataclasses.dataclass(frozen=True)
class PoissonRange:
    """Poisson noise whose gain differs from picture to picture; its logarithm is uniformly distributed.

    Attributes:
      low, high: lowest and highest gain.
    """

    low: float
    high: float

    family, levels, white, estimator, reach = "poisson", "range", False, "counting", thinning.PILOT_RADIUS
    polynomial = None

    def draw(self, u):
        """`Poisson`, the noise of one picture."""
        return Poisson(self.low * (self.high / self.low) ** u)

    def at(self, y):
        """A range is not the noise of an image.

        Raises:
          InputError: always.
        """
        del y
        raise InputError("A range of gains is not the noise of one image: give the gain.")

    def with_level(self, y, sigma):
        """`Poisson` of that level."""
        return Poisson(1.0).with_level(y, sigma)

    def inside(self, sigma):
        """sigma itself: which gain it is depends on the image."""
        return sigma

    def scaled(self, factor):
        """The same range of factor^2 times the gains."""
        return PoissonRange(self.low * factor**2, self.high * factor**2)

    def to_json(self):
        """The model as a dict."""
        return {"name": "poisson_range", "low": float(self.low), "high": float(self.high)}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(float(spec["low"]), float(spec["high"]))


@dataclasses.dataclass(frozen=True)
class PoissonImage(thinning.OfImage):
    """Poisson noise of one image, one window, or a batch of patches.

    Attributes:
      gain: g; a number, or [B, 1, 1, 1].
      brightness: what the level follows, [..., H, W, 1].
      mean: of y over the whole image.
    """

    gain: float
    brightness: np.ndarray
    mean: float

    def sample(self, x, draws):
        """y = g p."""
        return self.gain * draws.poisson(np.maximum(x, 0.0) / self.gain)

    def recorrupt(self, y, draws, alpha):
        """By thinning: each count goes to the target with probability a."""
        counts = (y / self.gain + 0.5) // 1.0
        return thinning.pair(self.gain * counts, self.gain * draws.binomial(counts, thinning.share(alpha)), alpha)

    def level(self):
        """sqrt(g brightness), [..., H, W, 1]."""
        return (self.gain * self.brightness) ** 0.5

    def mean_variance(self):
        """g times the mean of y: unbiased for the variance."""
        return self.gain * self.mean

    def scaled(self, factor):
        """That of factor^2 times the gain."""
        return dataclasses.replace(self, gain=self.gain * factor**2)

    def binned(self, k):
        """Means over blocks of counts are counts of gain g / k^2."""
        return dataclasses.replace(self.scaled(1.0 / k), brightness=blocks.binned(self.brightness, k))

    @staticmethod
    def of_patches(noises, take):
        """One gain a patch."""
        gains, maps = take.numbers([noise.gain for noise in noises]), take.maps([noise.brightness for noise in noises])
        return lambda corners: PoissonImage(gains(corners), maps(corners), math.nan)


FAMILIES = {"poisson": Poisson, "poisson_range": PoissonRange}
