"""What a noise model is: the two protocols that every family satisfies, and what Gaussian families share.

A model is the noise that pictures have: of one level, of a range, or of a law by which the level follows brightness. For one
picture it gives the noise of that image, which recorrupts it. Both are plain values. The randomness comes from `Draws`, which are
keyed and stateless, so the same code runs on NumPy arrays, in a tf.data map and on tensors of any Keras backend. Images are
[..., H, W, C] float32 on the [0, 1] scale, neither clipped nor rounded.
"""

from typing import NamedTuple, Protocol

import numpy as np

from r2r_tf import recorruption
from r2r_tf.noise.quantiles import Quantiles


class Draws(Protocol):
    """The random numbers of one image, one window of it, or one batch of patches; the same whenever they are asked for."""

    def normal(self, margin=0):
        """Standard normal, [..., H + margin, W + margin, C]."""

    def uniform(self, number=0):
        """Uniform in [0, 1), [..., H, W, C]; other numbers are other draws."""

    def poisson(self, mean):
        """Poisson counts of these means [..., H, W, C], as floats."""

    def binomial(self, counts, probability):
        """How many of so many counts [..., H, W, C] are taken, each with this probability, as floats."""

    def gamma(self, shape):
        """Gamma of scale 1, [..., H, W, C]; shape is a number, or [B, 1, 1, 1]."""

    def beta(self, first, second):
        """Beta, [..., H, W, C]; parameters as in `gamma`."""

    def mirrored(self):
        """The antithetic twin: -z for each z of `normal`, 1 - u for each u of `uniform`. In a tf.data map, draws of `poisson`,
        `binomial`, `gamma` and `beta` of the twin are independent ones."""


class _Seeded(NamedTuple):
    seed: tuple
    shape: tuple
    sign: int = 1


class SeededDraws(Quantiles, _Seeded):
    """`Draws` of NumPy's generator.

    Attributes:
      seed: tuple of whole numbers.
      shape: (..., H, W, C).
      sign: 1, or -1 for the antithetic twin.
    """

    def normal(self, margin=0):
        """Standard normal, float32."""
        *batch, height, width, channels = self.shape
        shape = (*batch, height + margin, width + margin, channels)
        return np.float32(self.sign) * np.random.default_rng(self.seed).standard_normal(shape, np.float32)

    def uniform(self, number=0):
        """Uniform in [0, 1), float32."""
        u = np.random.default_rng([*self.seed, 1 + number]).random(self.shape, np.float32)
        return u if self.sign > 0 else np.float32(1.0) - u

    def mirrored(self):
        """The antithetic twin."""
        return self._replace(sign=-self.sign)


class NoiseModel(Protocol):
    """The noise that pictures have.

    Attributes:
      family: name that a model has in common with those that differ in their parameters alone.
      levels: 'one' for all pixels of all pictures, a 'range' from which each picture has its own, or a 'map': the level differs
        from pixel to pixel.
      white: whether it is Gaussian and independent from pixel to pixel with one level for a picture.
      estimator: how `estimation.of_image` finds the strength in a noisy image; None: it is known.
      reach: how many pixels around a pixel `at` looks at.
      polynomial: (q, g, c) of noise whose variance is q x^2 + g x + c and independent from pixel to pixel, of which `anscombe`,
        or for q alone `log_gamma`, makes white noise; None for other noise.
    """

    family: str
    levels: str
    white: bool
    estimator: str | None
    reach: int
    polynomial: tuple | None

    def draw(self, u):
        """The model of one picture, from a uniform draw u in [0, 1); itself unless levels are a range."""

    def at(self, y):
        """`ImageNoise` of one image [H, W, C]; a law that depends on brightness reads it off the image."""

    def with_level(self, y, sigma):
        """The same law, as strong as to have the root mean square sigma over an image [H, W, C]."""

    def inside(self, sigma):
        """The level nearest to sigma that the model covers."""

    def scaled(self, factor):
        """The same law, `factor` times as strong."""

    def to_json(self):
        """The model as a dict that `noise.from_json` reads back; its 'name' is the key in the family's `FAMILIES`."""

    @classmethod
    def from_json(cls, spec):
        """Undoes `to_json`."""

    @classmethod
    def from_text(cls, parameters):
        """The model that a flag names, from a dict of texts; see `noise.from_text`."""


class ImageNoise(Protocol):
    """The noise of one image, of one window, or of a batch of patches."""

    def sample(self, x, draws):
        """A noisy version y of a clean image x."""

    def recorrupt(self, y, draws, alpha):
        """The pair (y_hat, y_tilde) whose noises are independent; alpha is a number, or a tensor with one for each patch."""

    def level(self):
        """Standard deviation of the noise, which a network is told: a number, [B, 1, 1, 1], or a map [..., H, W, 1]."""

    def mean_variance(self):
        """Noise variance of a pixel, averaged over pixels and channels."""

    def target_variance(self, alpha):
        """Noise variance of a pixel of y_tilde, averaged: what the loss on pairs exceeds the true mean squared error by."""

    def scaled(self, factor):
        """The same noise, `factor` times as strong; y_hat has it `recorruption.input_gain(alpha)` times as strong as y."""

    def binned(self, k):
        """The noise of means over blocks of k x k pixels.

        Raises:
          InputError: that is not of this family.
        """

    def crop(self, rows, columns):
        """The noise of a part of the image, given as slices."""

    @staticmethod
    def of_patches(noises, take):
        """Function from corners to the noise of a batch of patches.

        Args:
          noises: list with the noise of each image, all of this class.
          take: `data.patch_noise.Take`, which turns lists over images into functions from corners to tensors over patches.
        """


class AdditiveGaussian:
    """What noise n = S z with z ~ N(0, I) has in common, whatever S: y = x + n, and pairs with A = alpha S, B = S / alpha.

    A class that inherits from it has `from_normal(z)`, which returns S z, and `mean_variance`.
    """

    margin = 0  # how many more rows and columns z has than the noise

    def sample(self, x, draws):
        """y = x + n."""
        return x + self.from_normal(draws.normal(self.margin))

    def recorrupt(self, y, draws, alpha):
        """`recorruption.recorrupt` with a draw of this noise."""
        return recorruption.recorrupt(y, self.from_normal(draws.normal(self.margin)), alpha)

    def target_variance(self, alpha):
        """`recorruption.target_noise_variance` of this noise."""
        return recorruption.target_noise_variance(self.mean_variance(), alpha)


def mean_level(noise):
    """Root mean square of the level of an `ImageNoise` over its pixels, a float."""
    level = noise.level()
    return float(np.sqrt(np.mean(np.square(level), dtype=np.float64))) if np.ndim(level) else float(level)
