"""Patches of whole images: evenly spread tiles, and stitching by averaging the overlaps.

NumPy only. Images are [H, W, C]; a batch of patches is [B, p, p, C].
"""

import numpy as np

from r2r_tf.errors import InputError


def tile_starts(length, patch_size, stride):
    """Start positions of equal tiles that cover an axis, spread evenly (rounded), the first at 0, the last at the end.

    Args:
      length: pixels of the axis, at least patch_size.
      patch_size: pixels of a tile.
      stride: largest distance between neighbouring starts, 1 to patch_size.
    Returns:
      [n] int64, rising, n = 1 + ceil((length - patch_size) / stride).
    Raises:
      InputError: the axis is shorter than a tile, or the stride leaves gaps.
    """
    if length < patch_size:
        raise InputError(f"An image side must be at least the patch size, {patch_size} pixels. Received: {length}")
    if not 1 <= stride <= patch_size:
        raise InputError(f"stride must be between 1 and the patch size, {patch_size}. Received: stride={stride}")
    steps = -(-(length - patch_size) // stride)
    return np.round(np.linspace(0, length - patch_size, steps + 1)).astype(np.int64)


def extract(image, corners, patch_size):
    """The patches whose upper left corners are given.

    Args:
      image: [H, W, C].
      corners: [B, 2] rows of (top, left).
      patch_size: side of a patch.
    Returns:
      [B, patch_size, patch_size, C], a copy.
    """
    return np.stack([image[top : top + patch_size, left : left + patch_size] for top, left in corners])


def stitch(patches, corners, shape):
    """The image whose pixels are the means of all patches that cover them.

    Args:
      patches: [B, p, p, C].
      corners: [B, 2] rows of (top, left).
      shape: (H, W, C) of the image; every pixel must be covered.
    Returns:
      [H, W, C] float32.
    """
    total, count = np.zeros(shape, np.float64), np.zeros(shape[:2] + (1,), np.float64)
    size = patches.shape[1]
    for patch, (top, left) in zip(patches, corners, strict=True):
        window = np.s_[top : top + size, left : left + size]
        total[window] += patch
        count[window] += 1
    return (total / count).astype(np.float32)


def reflected(side, multiple):
    """Indices that lengthen a side to a multiple of some pixels by reflection at its end (an index below 0 becomes 0).

    Args:
      side: pixels.
      multiple: what the length is to be a multiple of.
    Returns:
      [ceil(side / multiple) multiple] int array.
    """
    index = np.arange(-(-side // multiple) * multiple)
    return np.maximum(0, side - 1 - abs(side - 1 - index))
