"""Smooth Gaussian noise: white noise, blurred, as demosaicking, resizing and registration leave it; alike in all directions.

Its amplitude falls with the frequency f, in cycles a pixel, as exp(-(2 pi^2 b^2 f^2)^(p / 2)) for a blur of b pixels and the
order p. Order 2 is a Gaussian bell: the correlation between pixels a distance d apart is about exp(-d^2 / (4 b^2)), 0.68 to the
next pixel at 0.8. Higher orders fall later and more steeply, as in pictures that were enlarged. A share w of the variance may be
white, as in real noise, where some of it comes after the blur.
"""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.noise.camera import filtered
from r2r_tf.noise.gaussian import from_grey_levels
from r2r_tf.noise.model import AdditiveGaussian

_RADIUS = 8  # of the filter
_GRID = 64  # pixels; more than the filter's reach from edge to edge, so that it does not meet itself
# of --noise: what each parameter is where it is not given, and its limits
_PARAMETERS = {"sigma": (0.0, None), "blur": (-1.0, (0.0, 2.0)), "white": (0.0, (0.0, 0.9)), "order": (2.0, (2.0, 6.0))}
_EXAMPLE = "such as blurred,sigma=5-55,blur=0-1.5 or blurred,sigma=25,blur=0-2,white=0-0.9,order=2-6, where those are the limits"


@functools.cache
def _kernel(blur, white, order, channels):
    """[17, 17, C, C], the filter of channels that share no noise; its squares sum to 1."""
    along = np.fft.fftfreq(_GRID)
    power = np.exp(-2 * (2 * np.square(np.pi * blur * np.hypot(along[:, None], along))) ** (order / 2))
    response = np.fft.ifft2(np.sqrt((1 - white) * power / power.mean() + white)).real
    taps = np.roll(response, (_RADIUS, _RADIUS), (0, 1))[: 2 * _RADIUS + 1, : 2 * _RADIUS + 1]
    taps /= np.sqrt(np.square(taps).sum())
    return taps.astype(np.float32)[..., None, None] * np.eye(channels, dtype=np.float32)


@dataclasses.dataclass(frozen=True)
class Blurred(AdditiveGaussian):
    """Smooth noise of one level and one spectrum, or of ranges from which each picture has its own, uniformly distributed.

    Of one level and one spectrum it is a `NoiseModel` and the `ImageNoise` of each picture alike.

    Attributes:
      sigma: (low, high) standard deviations, [0, 1] scale.
      blur: (low, high) blurs, of a bell its standard deviation, pixels.
      white_part: (low, high) shares of the variance that are white.
      order: (low, high) orders, 2 for a bell.
      channels: of the picture that it is the noise of.
    """

    sigma: tuple
    blur: tuple
    white_part: tuple = (0.0, 0.0)
    order: tuple = (2.0, 2.0)
    channels: int = 1

    family, white, estimator, reach, margin = "blurred", False, "smooth", 0, 2 * _RADIUS
    polynomial = None

    @property
    def _ranges(self):
        return self.sigma, self.blur, self.white_part, self.order

    @property
    def levels(self):
        """'one' or 'range'."""
        return "one" if all(low == high for low, high in self._ranges) else "range"

    def draw(self, u):
        """That of one picture; groups of four digits of u choose its level and its spectrum."""
        parts = (u, *((u * 1e4**number + 0.5) % 1.0 for number in (1, 2, 3)))
        return Blurred(*((low + (high - low) * part,) * 2 for (low, high), part in zip(self._ranges, parts, strict=True)))

    def at(self, y):
        """Itself, for that many channels.

        Raises:
          InputError: ranges are not the noise of one image.
        """
        if self.levels == "range":
            raise InputError("A range of noise levels is not the noise of one image: give sigma and blur.")
        return dataclasses.replace(self, channels=y.shape[-1])

    def with_level(self, y, sigma):
        """That of the level sigma and, of ranges, the middle spectrum."""
        del y
        return Blurred((sigma, sigma), *((sum(own) / 2,) * 2 for own in self._ranges[1:]))

    def inside(self, sigma):
        """sigma, moved into the range."""
        low, high = self.sigma
        return min(max(sigma, low), high) if low < high else sigma

    def scaled(self, factor):
        """The same noise, `factor` times as strong."""
        return dataclasses.replace(self, sigma=tuple(level * factor for level in self.sigma))

    def to_json(self):
        """The model as a dict."""
        return {"name": "blurred"} | {key: list(map(float, value)) for key, value in zip(_PARAMETERS, self._ranges, strict=True)}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(*(tuple(spec.get(key, (rest, rest))) for key, (rest, _) in _PARAMETERS.items()))

    @classmethod
    def from_text(cls, parameters):
        """From sigma in grey levels, blur in pixels, white, a share of the variance, and order, each a number or a range."""
        given = ",".join(["blurred", *(f"{key}={value}" for key, value in parameters.items())])
        _, *spectrum = (_range(parameters.get(key, str(rest))) for key, (rest, _) in _PARAMETERS.items())
        limits = [limit for _, limit in _PARAMETERS.values()][1:]
        inside = all(least <= low <= high <= most for (low, high), (least, most) in zip(spectrum, limits, strict=True))
        if not (inside and {"sigma", "blur"} <= set(parameters) <= set(_PARAMETERS)):
            raise InputError(f"blurred noise has sigma and blur, and may have white and order, {_EXAMPLE}. Received: {given}")
        model = from_grey_levels(parameters["sigma"])
        return cls((model.sigma, model.sigma) if model.levels == "one" else (model.low, model.high), *spectrum)

    def _filter(self, channels):
        return _kernel(self.blur[0], self.white_part[0], self.order[0], channels)

    def from_normal(self, z):
        """n [..., H, W, C] from standard normal draws [..., H + margin, W + margin, C]."""
        return np.float32(self.sigma[0]) * filtered(z, self._filter(z.shape[-1]))

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
        filters = take.filters([noise._filter(noise.channels) for noise in noises])
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
