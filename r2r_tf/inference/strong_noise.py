"""The level of strong noise, from all that a denoiser takes away where a picture is flat.

Estimators that look at the finest coefficients miss noise that is a little coarser than a pixel, and noise that is cut off at the
ends of the range. A denoiser that is told more takes away all of it: where its estimate is flat, the mean square of
y - f(y) is the variance, whatever its spectrum. That is so on a plateau of levels. Where there is no plateau, since more and more
structure goes, what it grows by from one level to the next tells how much structure is in it.
"""

import numpy as np

from r2r_tf.estimation import calm_blocks, calm_window
from r2r_tf.inference import passes, weak_noise

_SIDE, _BLOCK = 384, 16  # of the window, and of the blocks
_FLAT, _FEWEST = 0.2, 8  # part of the blocks, and how many at least
_CLIPPED = 0.3  # part of a block's pixels that may be at the ends of the range, where there are enough such blocks
_FIRST, _LOW, _HIGH = 2.0, 1.5, 2.5  # what is told, in units of the level so far
_GROWTH = 1.5  # how much structure there is in what is taken away, in units of what that grows by
# noise whose dark tail is longer than its bright one, as that of the logarithm of speckle: from this skewness on, and how much
# more is told for each unit of it
_SKEWED, _MORE = 0.3, 0.7


def refined(denoiser, y, level):
    """The level of strong white noise in a picture; the one that was found where that is weak, or not too low.

    Args:
      denoiser: homogeneous `denoisers.Denoiser` for white noise of any level.
      y: [H, W, C] noisy picture as the network sees it.
      level: what was found otherwise.
    """
    if level <= weak_noise.MOST or min(y.shape[:2]) < _BLOCK:
        return level
    y = y[calm_window.calm_window(y, _SIDE)]
    pixels = calm_blocks.block_pixels(y, _BLOCK)
    whole = np.mean((pixels == y.min()) | (pixels == y.max()), axis=1) <= _CLIPPED
    whole = whole if whole.sum() >= _FEWEST else True

    def taken(told):
        """(root mean square of what is taken away where the estimate is flat, its skewness)."""
        estimate = passes.apply(denoiser, y[None], told)[0].astype(np.float64)
        flat = calm_blocks.flattest(calm_blocks.block_pixels(estimate, _BLOCK), _FLAT, _FEWEST, whole)
        noise = calm_blocks.block_pixels(y - estimate, _BLOCK)[flat]
        deviation = np.sqrt(np.median(np.square(noise).mean(axis=1)))
        centred = noise - noise.mean(axis=1, keepdims=True)
        return deviation, np.mean(centred**3) / np.mean(centred**2) ** 1.5

    around = max(level, taken(_FIRST * level)[0])
    (low, skewness), (high, _) = taken(_LOW * around), taken(_HIGH * around)
    sigma = max(level, low - _GROWTH * (high - low))
    return float(sigma * (1 - _MORE * skewness)) if skewness < -_SKEWED else float(sigma)
