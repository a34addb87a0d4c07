"""What stabilisation leaves of counting noise: independent from pixel to pixel, weaker where counts are few.

Images are [H, W, C] float32 NumPy arrays.
"""

import dataclasses

import numpy as np

from r2r_tf.noise import blocks
from r2r_tf.noise.model import AdditiveGaussian


@dataclasses.dataclass(frozen=True)
class Stabilised(AdditiveGaussian):
    """Noise of one image or of a batch of patches: n = sigma z.

    A network is told the level of many counts everywhere, since that is all it will be told of other pictures.

    Attributes:
      sigma: standard deviation of each pixel, [..., H, W, C].
      many: that of many counts; a number, or [B, 1, 1, 1].
    """

    sigma: np.ndarray
    many: float

    levels = "map"

    def at(self, y):
        """Itself: it is known for its own image alone."""
        del y
        return self

    def from_normal(self, z):
        """n = sigma z."""
        return self.sigma * z

    def level(self):
        """That of many counts."""
        return self.many

    def mean_variance(self):
        """Mean of sigma^2."""
        return float(np.mean(np.square(self.sigma), dtype=np.float64))

    def scaled(self, factor):
        """The same noise, `factor` times as strong."""
        return Stabilised(self.sigma * factor, self.many * factor)

    def binned(self, k):
        """The variance of a mean over k x k pixels is that of their mean variance, over k^2."""
        return Stabilised(np.sqrt(blocks.binned(np.square(self.sigma), k)) / np.float32(k), self.many / k)

    def crop(self, rows, columns):
        """The noise of a part of the image, given as slices."""
        return dataclasses.replace(self, sigma=self.sigma[rows, columns])

    @staticmethod
    def of_patches(noises, take):
        """A map and a level for each patch."""
        sigmas, levels = take.maps([noise.sigma for noise in noises]), take.numbers([noise.many for noise in noises])
        return lambda corners: Stabilised(sigmas(corners), levels(corners))
