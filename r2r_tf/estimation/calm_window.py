"""The window of a picture that shows the most of its noise alone, for what is too slow to look at the whole."""

import itertools

import numpy as np
import scipy.ndimage

from r2r_tf.estimation import calm_blocks

_BLOCK, _FLAT = 16, 0.1  # side of the blocks, and part of them that counts
_SMOOTHED = 1.5  # pixels, the standard deviation of what takes most of the noise from the choice
_MOST_CUT = 0.05  # part of a block's pixels that may be at the ends of the range, where noise is cut off


def calm_window(y, side):
    """Slices of the window whose flattest blocks vary the least, once smoothed; of windows alike the one in the middle.

    Args:
      y: [H, W, C] noisy image.
      side: of the window, in pixels; shorter axes are taken whole.
    """
    smooth = scipy.ndimage.gaussian_filter(y, (_SMOOTHED, _SMOOTHED, 0))
    cut = (y == y.min()) | (y == y.max())

    def texture(window):
        variances = calm_blocks.block_pixels(smooth[window], _BLOCK).var(axis=1)
        spoilt = calm_blocks.block_pixels(cut[window], _BLOCK).mean(axis=1) > _MOST_CUT
        return np.sort(np.where(spoilt, np.inf, variances))[: max(1, int(_FLAT * len(variances)))].mean()

    return min(_windows(y.shape, side), key=texture)


def _windows(shape, side):
    """Slices of the window in the middle and of others that cover an image, each half over the next."""
    slices = []
    for length in shape[:2]:
        own = min(side, length)
        starts = np.linspace(0, length - own, max(1, -(-2 * length // own) - 1)).round().astype(int)
        slices.append([slice(start, start + own) for start in ((length - own) // 2, *starts)])
    return list(itertools.product(*slices))
