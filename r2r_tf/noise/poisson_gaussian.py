"""Poisson noise with Gaussian read noise: y = g p + r n, p ~ P(x / g), n ~ N(0, 1).

There is no exact way to split y. Gaussian recorruption with the variance of each pixel, s^2 = g m + r^2, is uncorrelated for any
unbiased m. With m = b y + (1 - b) pilot, the target's noise t and the input's u have the third moment

  E[t u^2] = g^2 x - (2 - alpha^2) b g (g x + r^2),

which vanishes for b = g x / (g x + r^2) / (2 - alpha^2); the pilot stands for x, and what it holds of the pixel itself is taken
into account.
"""

import dataclasses
import math

import numpy as np

from r2r_tf import recorruption
from r2r_tf.errors import InputError
from r2r_tf.noise import blocks, thinning


@dataclasses.dataclass(frozen=True)
class PoissonGaussian(thinning.OfOneStrength):
    """Poisson-Gaussian noise of one gain and read noise.

    Attributes:
      gain: g, what one count is worth on the [0, 1] scale.
      read_noise: r, standard deviation on the same scale.
    """

    gain: float
    read_noise: float

    family = "poisson_gaussian"

    @property
    def polynomial(self):
        """(0, g, r^2)."""
        return 0.0, self.gain, self.read_noise**2

    def at(self, y):
        """`PoissonGaussianImage`, whose levels follow the image, smoothed."""
        mean = float(np.mean(y, dtype=np.float64))
        return PoissonGaussianImage(self.gain, self.read_noise, thinning.brightness(y), mean)

    def with_level(self, y, sigma):
        """The same law, as strong as to have the mean variance sigma^2 over an image."""
        return self.scaled(sigma / max(self.at(y).mean_variance(), 1e-12) ** 0.5)

    def scaled(self, factor):
        """That of factor^2 times the variance."""
        return PoissonGaussian(self.gain * factor**2, self.read_noise * factor)

    def to_json(self):
        """The model as a dict."""
        return {"name": "poisson_gaussian", "gain": float(self.gain), "read_noise": float(self.read_noise)}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(float(spec["gain"]), float(spec["read_noise"]))

    @classmethod
    def from_text(cls, parameters):
        """From gain or peak = 1 / gain, and read_noise in counts."""
        others = {key: value for key, value in parameters.items() if key != "read_noise"}
        name, low, high = thinning.parameter(
            others, ("gain", "peak"), "poisson_gaussian", "poisson_gaussian,peak=30,read_noise=2"
        )
        _, read_noise, most = thinning.parameter(
            {"read_noise": parameters.get("read_noise", "")}, ("read_noise",), "poisson_gaussian", "read_noise=2", zero=True
        )
        if (low, read_noise) != (high, most):
            raise InputError(f"poisson_gaussian noise has one gain and one read_noise. Received: {parameters}")
        gain = low if name == "gain" else 1 / low
        return cls(gain, gain * read_noise)


@dataclasses.dataclass(frozen=True)
class PoissonGaussianImage(thinning.OfImage):
    """Poisson-Gaussian noise of one image, one window, or a batch of patches.

    Attributes:
      gain, read_noise: g and r; numbers, or [B, 1, 1, 1].
      brightness: the pilot, which the level follows, [..., H, W, 1].
      mean: of y over the whole image.
    """

    gain: float
    read_noise: float
    brightness: np.ndarray
    mean: float

    def sample(self, x, draws):
        """y = g p + r n."""
        return self.gain * draws.poisson(np.maximum(x, 0.0) / self.gain) + self.read_noise * draws.normal()

    def recorrupt(self, y, draws, alpha):
        """`recorruption.recorrupt` with Gaussian noise of the variance that y and the pilot tell."""
        counted = self.gain * self.brightness
        own = counted / (counted + self.read_noise**2) / (2.0 - alpha**2)
        own = (own - thinning.OWN_WEIGHT) / (1.0 - thinning.OWN_WEIGHT)
        variance = self.gain * (own * y + (1.0 - own) * self.brightness) + self.read_noise**2
        return recorruption.recorrupt(y, ((variance + abs(variance)) / 2.0) ** 0.5 * draws.normal(), alpha)

    def level(self):
        """sqrt(g brightness + r^2), [..., H, W, 1]."""
        return (self.gain * self.brightness + self.read_noise**2) ** 0.5

    def mean_variance(self):
        """g times the mean of y, and r^2: unbiased for the variance."""
        return self.gain * self.mean + self.read_noise**2

    def target_variance(self, alpha):
        """`recorruption.target_noise_variance` of this noise."""
        return recorruption.target_noise_variance(self.mean_variance(), alpha)

    def scaled(self, factor):
        """That of factor^2 times the variance."""
        return dataclasses.replace(self, gain=self.gain * factor**2, read_noise=self.read_noise * factor)

    def binned(self, k):
        """Means over blocks have gain g / k^2 and read noise r / k."""
        return dataclasses.replace(self.scaled(1.0 / k), brightness=blocks.binned(self.brightness, k))

    @classmethod
    def of_patches(cls, noises, take):
        """One gain and read noise a patch."""
        gains, reads = (take.numbers([getattr(noise, name) for noise in noises]) for name in ("gain", "read_noise"))
        maps = take.maps([noise.brightness for noise in noises])
        return lambda corners: cls(gains(corners), reads(corners), maps(corners), math.nan)


FAMILIES = {"poisson_gaussian": PoissonGaussian}
