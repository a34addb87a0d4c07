"""Means over blocks of pixels, whose noise `noise.ImageNoise.binned` knows."""

import numpy as np
import skimage.transform


def binned(image, factor):
    """The means of blocks of pixels; rows and columns that do not fill a block are left out.

    Args:
      image: [H, W, C].
      factor: side k of a block.
    Returns:
      [H // k, W // k, C], of the same dtype.
    """
    rows, columns = (side // factor * factor for side in image.shape[:2])
    means = skimage.transform.downscale_local_mean(image[:rows, :columns].astype(np.float64), (factor, factor, 1))
    return means.astype(image.dtype)
