"""Binned copies: the means of blocks of a noisy image are a noisy image of their own, whose noise is weaker.

With y = x + n, n white of standard deviation sigma, and D the mean over blocks of k x k pixels, D y = D x + D n is a picture of
the same scene at 1/k of the resolution with white noise of sigma / k. Recorrupted with an alpha that raises its input's noise to
that of whole images, its target has little: at alpha 0.5 and k = 2 a variance of 0.31 sigma^2 instead of 5 sigma^2.
Images are [H, W, C], [0, 1] scale. Nothing but the noisy image is used.
"""

import numpy as np

from r2r_tf.image_files import scratch
from r2r_tf.noise.blocks import binned


def with_copies(images, factors, shelf=None):
    """The same images, followed by a binned copy of each for each factor.

    Args:
      images: list of `frozen_images.FrozenImage`.
      factors: tuple of sides of blocks, or None for no copies.
      shelf: `scratch.Shelf` for the copies; None for one of their own.
    Returns:
      List of `FrozenImage` whose `binned_by` tells the factor of each, 1 for whole images.
    Raises:
      InputError: the noise of the means is not of the same family.
    Source: not in the R2R paper. Ours; training on several resolutions of clean images is usual (Zhang et al., DnCNN, 2017).
    """
    shelf = shelf or scratch.Shelf()
    return images + [_copy(image, factor, shelf) for factor in factors or () for image in images]


def _copy(image, factor, shelf):
    arrays = {name: shelf.keep(binned(value, factor)) for name, value in image._asdict().items() if isinstance(value, np.ndarray)}
    return image._replace(**arrays, noise=shelf.keep_parts(image.noise.binned(factor)), binned_by=factor)
