"""White Gaussian noise, of one level or of a range from which each picture has its own."""

import dataclasses

from r2r_tf.errors import InputError
from r2r_tf.noise.model import AdditiveGaussian

GREY_LEVELS = 255.0


@dataclasses.dataclass(frozen=True)
class Gaussian(AdditiveGaussian):
    """White Gaussian noise, n ~ N(0, sigma^2 I): a `NoiseModel` and the `ImageNoise` of each picture alike.

    Attributes:
      sigma: standard deviation on the [0, 1] scale; a number, or an array or tensor that broadcasts against the image
        (such as [B, 1, 1, 1], one level per image).
    """

    sigma: float

    family, levels, white, estimator, reach = "gaussian", "one", True, None, 0
    polynomial = None

    def draw(self, u):
        """Itself."""
        del u
        return self

    def at(self, y):
        """Itself."""
        del y
        return self

    def with_level(self, y, sigma):
        """That of the level sigma."""
        del y
        return Gaussian(sigma)

    def inside(self, sigma):
        """sigma itself: whoever asks has estimated it."""
        return sigma

    def scaled(self, factor):
        """The same noise, `factor` times as strong."""
        return Gaussian(self.sigma * factor)

    def to_json(self):
        """The model as a dict."""
        return {"name": "gaussian", "sigma": float(self.sigma)}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(float(spec["sigma"]))

    @classmethod
    def from_text(cls, parameters):
        """`from_grey_levels` of the parameter sigma."""
        return from_grey_levels(parameters.get("sigma"))

    def from_normal(self, z):
        """n = sigma z."""
        return self.sigma * z

    def level(self):
        """sigma."""
        return self.sigma

    def mean_variance(self):
        """sigma^2."""
        return self.sigma**2

    def binned(self, k):
        """White noise of sigma / k."""
        return self.scaled(1.0 / k)

    def crop(self, rows, columns):
        """Itself."""
        del rows, columns
        return self

    @staticmethod
    def of_patches(noises, take):
        """One level a patch, [B, 1, 1, 1]."""
        levels = take.numbers([noise.sigma for noise in noises])
        return lambda corners: Gaussian(levels(corners))


@dataclasses.dataclass(frozen=True)
class GaussianRange:
    """White Gaussian noise whose level differs from picture to picture, uniformly distributed.

    Attributes:
      low, high: lowest and highest standard deviation, [0, 1] scale.
    """

    low: float
    high: float

    family, levels, white, estimator, reach = "gaussian", "range", True, "white", 0
    polynomial = None

    def draw(self, u):
        """`Gaussian`, the noise of one picture."""
        return Gaussian(self.low + (self.high - self.low) * u)

    def at(self, y):
        """A range is not the noise of an image: `draw` from it, or say the level.

        Raises:
          InputError: always.
        """
        del y
        raise InputError("A range of noise levels is not the noise of one image: give sigma.")

    def with_level(self, y, sigma):
        """`Gaussian` of the level sigma."""
        del y
        return Gaussian(sigma)

    def inside(self, sigma):
        """sigma, moved into the range."""
        return min(max(sigma, self.low), self.high)

    def scaled(self, factor):
        """The same range, `factor` times as strong."""
        return GaussianRange(self.low * factor, self.high * factor)

    def to_json(self):
        """The model as a dict."""
        return {"name": "gaussian_range", "low": float(self.low), "high": float(self.high)}

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""
        return cls(float(spec["low"]), float(spec["high"]))


def covering(model, other):
    """The `GaussianRange` that covers two of them; the first model where one of the two is something else."""
    if not (isinstance(model, GaussianRange) and isinstance(other, GaussianRange)):
        return model
    return GaussianRange(min(model.low, other.low), max(model.high, other.high))


FAMILIES = {"gaussian": Gaussian, "gaussian_range": GaussianRange}


def from_grey_levels(sigma):
    """The noise model of a flag: '25' is a `Gaussian`, '5-55' a `GaussianRange`, in grey levels of 255.

    Raises:
      InputError: neither one level nor two rising ones; the message ends "Received: sigma=...".
    """
    low, dash, high = str(sigma).partition("-")
    if not (low and dash) or low.endswith("e"):  # 1e-1 is one number
        return gaussian_from_grey_levels(sigma)
    low, high = (gaussian_from_grey_levels(level).sigma for level in (low, high))
    if low >= high:
        raise InputError(
            f"sigma must be a level or a range from a lower to a higher one, such as 5-55. Received: sigma={sigma!r}"
        )
    return GaussianRange(low, high)


def gaussian_from_grey_levels(sigma):
    """`Gaussian` from a standard deviation in grey levels of 255, the unit of papers and flags.

    Args:
      sigma: a number above 0, at most 255.
    Raises:
      InputError: not such a number; the message ends "Received: sigma=...".
    """
    try:
        level = float(sigma)
    except (TypeError, ValueError):
        level = 0.0
    if not 0.0 < level <= GREY_LEVELS:
        raise InputError(f"sigma must be a number of grey levels above 0, at most 255. Received: sigma={sigma!r}")
    return Gaussian(level / GREY_LEVELS)
