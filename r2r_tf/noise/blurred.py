"""Smooth Gaussian noise: white noise, blurred, as demosaicking, resizing and registration leave it; alike in all directions.

The correlation between pixels a distance d apart is exp(-d^2 / (4 b^2)) for a blur of b pixels: 0.37 to the next
pixel at 0.5, 0.78 at 1.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.noise.camera import filtered
from r2r_tf.noise.gaussian import from_grey_levels
from r2r_tf.noise.model import AdditiveGaussian

MOST_BLUR = 2.0  # pixels
_RADIUS = 8  # of the filter
_EXAMPLE = "such as blurred,sigma=5-55,blur=0-1.5"


@functools.cache
def _kernel(blur, channels):
    """[17, 17, C, C], the filter of channels that share no noise: a Gaussian bell of `blur` pixels whose squares sum to 1."""
    bell = np.exp(-np.square(np.arange(-_RADIUS, _RADIUS + 1) / max(blur, 1e-3)) / 2)
    taps = np.outer(bell, bell)
    return (taps / np.sqrt(np.square(taps).sum())).astype(np.float32)[..., None, None] * np.eye(channels, dtype=np.float32)


@dataclasses.dataclass(frozen=True)
class Blurred(AdditiveGaussian):
    """Smooth noise of one level and one blur, or of ranges from which each picture has its own, uniformly distributed.

    Of one level and blur it is a `NoiseModel` and the `ImageNoise` of each picture alike.

    Attributes:
      sigma: (low, high) standard deviations, [0, 1] scale.
      blur: (low, high) standard deviations of the bell, pixels.
      channels: of the picture that it is the noise of.
    """

    sigma: tuple
    blur: tuple
    channels: int = 1

    family, white, estimator, reach, margin = "blurred", False, "smooth", 0, 2 * _RADIUS
    polynomial = None

    @property
    def levels(self):
        """'one' or 'range'."""
        return "one" if self.sigma[0] == self.sigma[1] and self.blur[0] == self.blur[1] else "range"

    def draw(self, u):
        """That of one picture; the digits of u after the fourth choose the blur."""
        (low, high), (sharp, smooth) = self.sigma, self.blur
        sigma, blur = low + (high - low) * u, sharp + (smooth - sharp) * ((u * 1e4 + 0.5) % 1.0)
        return Blurred((sigma, sigma), (blur, blur))

    def at(self, y):
        """Itself, for that many channels.

        Raises:
          InputError: ranges are not the noise of one image.
        """
        if self.levels == "range":
            raise InputError("A range of noise levels is not the noise of one image: give sigma and blur.")
        return dataclasses.replace(self, channels=y.shape[-1])

    def with_level(self, y, sigma):
        """That of the level sigma and, of a range, the middle blur."""
        del y
        return Blurred((sigma, sigma), (sum(self.blur) / 2,) * 2)

    def inside(self, sigma):
        """sigma, moved into the range."""
        low, high = self.sigma
        return min(max(sigma, low), high) if low < high else sigma

    def scaled(self, factor):
        """The same noise, `factor` times as strong."""
        return dataclasses.replace(self, sigma=tuple(level * factor for level in self.sigma))

    def to_json(self):
        """The model as a dict."""
        return {"name": "blurred", "sigma": list(map(float, self.sigma)), "blur": list(map(float, self.blur))}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(tuple(spec["sigma"]), tuple(spec["blur"]))

    @classmethod
    def from_text(cls, parameters):
        """From sigma in grey levels and blur in pixels, each a number or a range."""
        given = ",".join(["blurred", *(f"{key}={value}" for key, value in parameters.items())])
        low, dash, high = parameters.get("blur", "").partition("-")
        try:
            blur = float(low), float(high if dash else low)
        except ValueError:
            blur = (-1.0, -1.0)
        if set(parameters) != {"sigma", "blur"} or not 0 <= blur[0] <= blur[1] <= MOST_BLUR:
            raise InputError(f"blurred noise has sigma and blur, 0 to {MOST_BLUR:g} pixels, {_EXAMPLE}. Received: {given}")
        model = from_grey_levels(parameters["sigma"])
        sigma = (model.sigma, model.sigma) if model.levels == "one" else (model.low, model.high)
        return cls(sigma, blur)

    def from_normal(self, z):
        """n [..., H, W, C] from standard normal draws [..., H + margin, W + margin, C]."""
        return np.float32(self.sigma[0]) * filtered(z, _kernel(self.blur[0], z.shape[-1]))

    def level(self):
        """sigma."""
        return self.sigma[0]

    def mean_variance(self):
        """sigma^2."""
        return self.sigma[0] ** 2

    def binned(self, k):
        """Smooth noise does not fall by k.

        Raises:
          InputError: always.
        """
        del k
        raise InputError("`binning` is for white noise, and blurred noise is not. Leave it out.")

    def crop(self, rows, columns):
        """Itself."""
        del rows, columns
        return self

    @staticmethod
    def of_patches(noises, take):
        """`BlurredPatches`."""
        levels = take.numbers([noise.sigma[0] for noise in noises])
        filters = take.filters([_kernel(noise.blur[0], noise.channels) for noise in noises])
        return lambda corners: BlurredPatches(levels(corners), filters(corners))


@dataclasses.dataclass(frozen=True)
class BlurredPatches(AdditiveGaussian):
    """`Blurred` for a batch of patches.

    Attributes:
      sigma: [B, 1, 1, 1].
      filter: function of z [B, p + margin, p + margin, C] that returns [B, p, p, C].
    """

    sigma: object
    filter: Callable

    margin = 2 * _RADIUS

    def from_normal(self, z):
        """n [B, p, p, C]."""
        return self.sigma * self.filter(z)

    def level(self):
        """[B, 1, 1, 1]."""
        return self.sigma

    def mean_variance(self):
        """sigma^2."""
        return self.sigma**2

    def scaled(self, factor):
        """The same noise, `factor` times as strong."""
        return dataclasses.replace(self, sigma=self.sigma * factor)


FAMILIES = {"blurred": Blurred}
