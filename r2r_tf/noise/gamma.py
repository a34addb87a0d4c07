"""Gamma noise, as of speckle averaged over looks: y = x m, m ~ Gamma(L) / L, a noise of a part of the brightness."""

import dataclasses
import math

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.noise import thinning


@dataclasses.dataclass(frozen=True)
class Gamma(thinning.OfOneStrength):
    """Gamma noise.

    Attributes:
      looks: L, the shape; the standard deviation is x / sqrt(L).
    """

    looks: float

    family = "gamma"

    @property
    def polynomial(self):
        """(1 / L, 0, 0)."""
        return 1 / self.looks, 0.0, 0.0

    def at(self, y):
        """`GammaImage`, whose levels follow the image, smoothed."""
        return GammaImage(self.looks, thinning.brightness(y), float(np.mean(np.square(y, dtype=np.float64))))

    def with_level(self, y, sigma):
        """That whose variance has the mean sigma^2 over an image."""
        return Gamma(max(float(np.mean(np.square(y))) / sigma**2 - 1, 1e-3))

    def scaled(self, factor):
        """That of L / factor^2 looks."""
        return Gamma(self.looks / factor**2)

    def to_json(self):
        """The model as a dict."""
        return {"name": "gamma", "looks": float(self.looks)}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(float(spec["looks"]))

    @classmethod
    def from_text(cls, parameters):
        """From looks."""
        _, low, high = thinning.parameter(parameters, ("looks",), "gamma", "gamma,looks=50")
        if low != high:
            raise InputError(f"gamma noise has one number of looks, such as gamma,looks=50. Received: {low:g}-{high:g}")
        return cls(low)


@dataclasses.dataclass(frozen=True)
class GammaImage(thinning.OfImage):
    """Gamma noise of one image, one window, or a batch of patches.

    Attributes:
      looks: L; a number, or [B, 1, 1, 1].
      brightness: what the level follows, [..., H, W, 1].
      mean_square: of y over the whole image.
    """

    looks: float
    brightness: np.ndarray
    mean_square: float

    def sample(self, x, draws):
        """y = x m."""
        return x * draws.gamma(self.looks) / self.looks

    def recorrupt(self, y, draws, alpha):
        """By thinning: the part w ~ Beta(L a, L (1 - a)) goes to the target."""
        a = thinning.share(alpha)
        return thinning.pair(y, y * draws.beta(self.looks * a, self.looks * (1.0 - a)), alpha)

    def level(self):
        """brightness / sqrt(L), [..., H, W, 1]."""
        return self.brightness / self.looks**0.5

    def mean_variance(self):
        """The mean of y^2 over L + 1: unbiased for the variance x^2 / L, since E[y^2] = x^2 (L + 1) / L."""
        return self.mean_square / (self.looks + 1.0)

    def scaled(self, factor):
        """That of L / factor^2 looks."""
        return dataclasses.replace(self, looks=self.looks / factor**2)

    def binned(self, k):
        """Means of Gamma variables of other brightness are none.

        Raises:
          InputError: always.
        """
        del k
        raise InputError("`binning` is for noise whose means are of its own family, and gamma noise is not. Leave it out.")

    @staticmethod
    def of_patches(noises, take):
        """One number of looks a patch."""
        looks, maps = take.numbers([noise.looks for noise in noises]), take.maps([noise.brightness for noise in noises])
        return lambda corners: GammaImage(looks(corners), maps(corners), math.nan)


FAMILIES = {"gamma": Gamma}
