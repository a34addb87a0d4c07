"""Noise models: how a noisy image y = x + n arises from a clean image x, and how much noise there is.

A model turns given standard normal draws into noise by plain arithmetic, so the same code runs on NumPy arrays, in a tf.data
map and on tensors of any Keras backend. Images are [..., H, W, C] float32 on the [0, 1] scale, neither clipped nor rounded.
"""

from typing import NamedTuple

from r2r_tf.errors import InputError

GREY_LEVELS = 255.0


class Gaussian(NamedTuple):
    """White Gaussian noise, n ~ N(0, sigma^2 I).

    Attributes:
      sigma: standard deviation on the [0, 1] scale; a number, or an array or tensor that broadcasts against the image
        (such as [B, 1, 1, 1], one level per image).
    """

    sigma: float

    def sample(self, z):
        """Noise from standard normal draws, n = sigma z.

        Args:
          z: standard normal draws, [..., H, W, C].
        Returns:
          n, shaped like z.
        """
        return self.sigma * z

    def mean_variance(self):
        """Noise variance of a pixel, averaged over pixels: trace(Sigma) / number of pixels."""
        return self.sigma**2

    def to_json(self):
        """The model as a dict that `from_json` reads back."""
        return {"name": "gaussian", "sigma": float(self.sigma)}


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
    raise InputError(f"This version knows the noise model 'gaussian' only. Received: name={spec.get('name')!r}")
