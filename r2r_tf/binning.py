"""Binned copies: the means of blocks of a noisy image are a noisy image of their own, whose noise is weaker.

With y = x + n, n white of standard deviation sigma, and D the mean over blocks of k x k pixels, D y = D x + D n is a picture of
the same scene at 1/k of the resolution with white noise of sigma / k. Recorrupted with an alpha that raises its input's noise to
that of whole images, its target has little: at alpha 0.5 and k = 2 a variance of 0.31 sigma^2 instead of 5 sigma^2.
Images are [H, W, C], [0, 1] scale. Nothing but the noisy image is used.
"""

import numpy as np

from r2r_tf import noise as noise_models
from r2r_tf.errors import InputError


def binned(image, factor):
    """The means of blocks of pixels; rows and columns that do not fill a block are left out.

    Args:
      image: [H, W, C].
      factor: side k of a block.
    Returns:
      [H // k, W // k, C], of the same dtype.
    """
    height, width, channels = image.shape
    rows, columns = height // factor, width // factor
    blocks = image[: rows * factor, : columns * factor].reshape(rows, factor, columns, factor, channels)
    return np.mean(blocks, axis=(1, 3), dtype=np.float64).astype(image.dtype)


def with_copies(images, factors):
    """The same images, followed by a binned copy of each for each factor.

    Args:
      images: `frozen.Images` with white noise.
      factors: tuple of sides of blocks, or None for no copies.
    Returns:
      `frozen.Images` whose `binning` tells the factor of each, 1 for whole images.
    Raises:
      InputError: the noise is correlated, so that means over blocks do not divide its level by k.
    Source: not in the R2R paper. Ours; training on several resolutions of clean images is usual (Zhang et al., DnCNN, 2017).
    """
    if not factors:
        return images
    if not all(isinstance(own, noise_models.Gaussian) for own in images.noises):
        raise InputError("--binning is for white noise, and this is a camera's, which is correlated. Leave --binning out.")
    whole = {name: values for name, values in images._asdict().items() if isinstance(values, list)}
    lists = {name: list(values) for name, values in whole.items()} | {"binning": [1] * len(images.noisy)}
    for factor in factors:
        for name, values in whole.items():
            lists[name] += [own.scaled(1.0 / factor) if name == "noises" else binned(own, factor) for own in values]
        lists["binning"] += [factor] * len(images.noisy)
    return images._replace(**lists)
