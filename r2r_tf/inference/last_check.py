"""The last look at an estimate: what was taken away may nowhere be far stronger than the noise is said to be.

Noise that is taken away whole has the mean square sigma^2, whatever the picture; halos of bright stars, filled areas and patterns
that a network takes for noise have more. There the picture stays as it came. Single pixels count no more than three standard
deviations, so that impulses and the tails of few counts do not.
"""

import numpy as np
import scipy.ndimage

WIDTH, RADIUS = 3.0, 9  # of the mean around a pixel, and how far it reaches: of noise alone it is 1 +- 0.13
_TAIL = 3.0  # standard deviations
# mean squares, in units of the variance, from which on the estimate counts less, and from which on not at all. Noise that is
# twice as strong as it is said to be, as in the corners of a picture, has 3.2 at most
_LESS, _NOTHING = 3.5, 5.0


def weights(correction, sigma):
    """How much of a correction counts, for each pixel.

    Args:
      correction: f(y) - y, [H, W, C].
      sigma: standard deviation of the noise in y, above 0.
    Returns:
      [H, W, 1] float32, 0 to 1; None where all of it counts everywhere.
    """
    power = np.minimum(np.square(correction / sigma), _TAIL**2).mean(axis=-1, keepdims=True)
    if power.max() <= _LESS:
        return None
    around = scipy.ndimage.gaussian_filter(power, (WIDTH, WIDTH, 0), radius=(RADIUS, RADIUS, 0))
    return np.clip((_NOTHING - around) / (_NOTHING - _LESS), 0, 1).astype(np.float32) if around.max() > _LESS else None
