"""Noise models: how a noisy image y = x + n arises from a clean image x, and how much noise there is.

A model turns given standard normal draws into noise by plain arithmetic, so the same code runs on NumPy arrays, in a tf.data
map and on tensors of any Keras backend. Images are [..., H, W, C] float32 on the [0, 1] scale, neither clipped nor rounded.
"""

from typing import NamedTuple

from r2r_tf import camera_noise
from r2r_tf.errors import InputError

GREY_LEVELS = 255.0


class Gaussian(NamedTuple):
    """White Gaussian noise, n ~ N(0, sigma^2 I).

    Attributes:
      sigma: standard deviation on the [0, 1] scale; a number, or an array or tensor that broadcasts against the image
        (such as [B, 1, 1, 1], one level per image).
    """

    sigma: float

    margin = 0  # z is as large as the noise

    def sample(self, z):
        """Noise from standard normal draws, n = sigma z.

        Args:
          z: standard normal draws, [..., H, W, C].
        Returns:
          n, shaped like z.
        """
        return self.sigma * z

    def of_image(self, u):
        """The noise of one image: the same for all."""
        del u
        return self

    def of_window(self, read, rows, columns, shape):
        """The noise of a window of an image: the same for all."""
        del read, rows, columns, shape
        return self

    def of_patch(self, rows, columns):
        """The noise of a patch, given as slices: the same for all."""
        del rows, columns
        return self

    def level(self):
        """Standard deviation of the noise, what a network is told: one number for all pixels."""
        return self.sigma

    def scaled(self, factor):
        """The same noise, so many times as strong."""
        return Gaussian(self.sigma * factor)

    def mean_variance(self):
        """Noise variance of a pixel, averaged over pixels: trace(Sigma) / number of pixels."""
        return self.sigma**2

    def to_json(self):
        """The model as a dict that `from_json` reads back."""
        return {"name": "gaussian", "sigma": float(self.sigma)}


class GaussianRange(NamedTuple):
    """White Gaussian noise whose level differs from image to image, uniformly distributed.

    Attributes:
      low, high: lowest and highest standard deviation, [0, 1] scale.
    """

    low: float
    high: float

    def of_image(self, u):
        """`Gaussian`, the noise of one image, from a uniform draw u in [0, 1)."""
        return Gaussian(self.low + (self.high - self.low) * u)

    def to_json(self):
        """The model as a dict that `from_json` reads back."""
        return {"name": "gaussian_range", "low": float(self.low), "high": float(self.high)}


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


def from_json(spec):
    """The noise model that `to_json` wrote.

    Raises:
      InputError: the name is unknown.
    """
    if spec.get("name") == "gaussian":
        return Gaussian(float(spec["sigma"]))
    if spec.get("name") == "gaussian_range":
        return GaussianRange(float(spec["low"]), float(spec["high"]))
    if spec.get("name") == "camera":
        return camera_noise.from_json(spec)
    raise InputError(
        f"This version knows the noise models gaussian, gaussian_range and camera. Received: name={spec.get('name')!r}"
    )
