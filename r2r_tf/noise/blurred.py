"""Smooth Gaussian noise: white noise, blurred, as demosaicking, resizing and registration leave it; alike in all directions.

The correlation between pixels a distance d apart is about exp(-d^2 / (4 b^2)) for a blur of b pixels: 0.68 to the
next pixel at 0.8, 0.78 at 1. Where a share w of the variance is white, as real noise has it, it is 1 - w times that.
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
MOST_WHITE = 0.9  # of the variance; white noise has no blur
_RADIUS = 8  # of the filter
_GRID = 64  # pixels; more than the filter's reach from edge to edge, so that it does not meet itself
_KEYS = ("sigma", "blur", "white")
_EXAMPLE = "such as blurred,sigma=5-55,blur=0-1.5 or blurred,sigma=25,blur=0.8,white=0.1"


@functools.cache
def _kernel(blur, white, channels):
    """[17, 17, C, C], the filter of channels that share no noise; its squares sum to 1.

    A Gaussian bell of `blur` pixels or, with a white part, the filter whose spectrum is the square root of both parts' sum.
    """
    bell = np.exp(-np.square(np.arange(-_RADIUS, _RADIUS + 1) / max(blur, 1e-3)) / 2)
    taps = np.outer(bell, bell) / np.square(bell).sum()
    if white:
        spectrum = np.abs(np.fft.rfft2(taps, (_GRID, _GRID))) ** 2
        response = np.fft.irfft2(np.sqrt((1 - white) * spectrum + white), (_GRID, _GRID))
        taps = np.roll(response, (_RADIUS, _RADIUS), (0, 1))[: len(bell), : len(bell)]
        taps /= np.sqrt(np.square(taps).sum())
    return taps.astype(np.float32)[..., None, None] * np.eye(channels, dtype=np.float32)


@dataclasses.dataclass(frozen=True)
class Blurred(AdditiveGaussian):
    """Smooth noise of one level and one blur, or of ranges from which each picture has its own, uniformly distributed.

    Of one level, blur and white part it is a `NoiseModel` and the `ImageNoise` of each picture alike.

    Attributes:
      sigma: (low, high) standard deviations, [0, 1] scale.
      blur: (low, high) standard deviations of the bell, pixels.
      white_part: (low, high) shares of the variance that are white.
      channels: of the picture that it is the noise of.
    """

    sigma: tuple
    blur: tuple
    white_part: tuple = (0.0, 0.0)
    channels: int = 1

    family, white, estimator, reach, margin = "blurred", False, "smooth", 0, 2 * _RADIUS
    polynomial = None

    @property
    def _ranges(self):
        return self.sigma, self.blur, self.white_part

    @property
    def levels(self):
        """'one' or 'range'."""
        return "one" if all(low == high for low, high in self._ranges) else "range"

    def draw(self, u):
        """That of one picture; the digits of u after the fourth choose the blur, those after the eighth the white part."""
        sigma, blur, white = (
            low + (high - low) * part
            for (low, high), part in zip(self._ranges, (u, (u * 1e4 + 0.5) % 1.0, (u * 1e8 + 0.5) % 1.0), strict=True)
        )
        return Blurred((sigma, sigma), (blur, blur), (white, white))

    def at(self, y):
        """Itself, for that many channels.

        Raises:
          InputError: ranges are not the noise of one image.
        """
        if self.levels == "range":
            raise InputError("A range of noise levels is not the noise of one image: give sigma and blur.")
        return dataclasses.replace(self, channels=y.shape[-1])

    def with_level(self, y, sigma):
        """That of the level sigma and, of ranges, the middle blur and white part."""
        del y
        return Blurred((sigma, sigma), (sum(self.blur) / 2,) * 2, (sum(self.white_part) / 2,) * 2)

    def inside(self, sigma):
        """sigma, moved into the range."""
        low, high = self.sigma
        return min(max(sigma, low), high) if low < high else sigma

    def scaled(self, factor):
        """The same noise, `factor` times as strong."""
        return dataclasses.replace(self, sigma=tuple(level * factor for level in self.sigma))

    def to_json(self):
        """The model as a dict."""
        return {"name": "blurred"} | {key: list(map(float, value)) for key, value in zip(_KEYS, self._ranges, strict=True)}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(*(tuple(spec.get(key, (0.0, 0.0))) for key in _KEYS))

    @classmethod
    def from_text(cls, parameters):
        """From sigma in grey levels, blur in pixels and white, a share of the variance, each a number or a range."""
        given = ",".join(["blurred", *(f"{key}={value}" for key, value in parameters.items())])
        blur, white = (_range(parameters.get(key, default)) for key, default in (("blur", ""), ("white", "0")))
        known = {"sigma", "blur"} <= set(parameters) <= set(_KEYS)
        if not (known and 0 <= blur[0] <= blur[1] <= MOST_BLUR and 0 <= white[0] <= white[1] <= MOST_WHITE):
            raise InputError(
                f"blurred noise has sigma, blur, 0 to {MOST_BLUR:g} pixels, and, if any is, white, 0 to {MOST_WHITE:g} of the "
                f"variance, {_EXAMPLE}. Received: {given}"
            )
        model = from_grey_levels(parameters["sigma"])
        return cls((model.sigma, model.sigma) if model.levels == "one" else (model.low, model.high), blur, white)

    def from_normal(self, z):
        """n [..., H, W, C] from standard normal draws [..., H + margin, W + margin, C]."""
        return np.float32(self.sigma[0]) * filtered(z, _kernel(self.blur[0], self.white_part[0], z.shape[-1]))

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
        filters = take.filters([_kernel(noise.blur[0], noise.white_part[0], noise.channels) for noise in noises])
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


def _range(text):
    """(low, high) of 'low-high' or of one number; (-1, -1), which no parameter is, of other text."""
    low, dash, high = text.partition("-")
    try:
        return float(low), float(high if dash else low)
    except ValueError:
        return -1.0, -1.0


FAMILIES = {"blurred": Blurred}
