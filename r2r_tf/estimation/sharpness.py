"""How sharp a picture is: how much of its structure is as fine as its pixels.

Pictures as a camera takes them are soft: what is finer than some two pixels is noise, and may go. Photographs that were made
smaller afterwards have structure there.
"""

import numpy as np

from r2r_tf.estimation import spectrum

_COARSE, _FINE = (0.06, 0.15), (0.25, 0.4)  # cycles a pixel
_STRUCTURE, _FEWEST = 0.05, 4  # part of the windows, those with the most structure, and how many at least
_CALM = 0.1  # quantile of the windows, of those that show noise alone


def sharpness(y):
    """Power of fine structure over that of coarse structure, in the windows that have the most of the latter.

    Noise is far weaker there, and what the calmest windows have of it at fine frequencies is taken off. Of PolyU's noisy
    training pictures nine in ten have 0.001 to 0.016; Berkeley photographs have 0.022 to 0.09, with noise of a camera of 3 to 11
    grey levels as without; the same doubled in size 0.003 to 0.01.

    Args:
      y: [H, W, C] noisy image.
    Returns:
      A float; 0 for pictures that are smaller than a window.
    """
    if min(y.shape[:2]) < spectrum.SIZE:
        return 0.0
    windows = spectrum.windows_of(y.mean(axis=-1)).reshape(-1, 1, spectrum.SIZE, spectrum.SIZE)
    squares = spectrum.cosine_squares(windows)[..., 0]
    coarse, fine = (spectrum.bands(squares, band)[:, 0].astype(np.float64) for band in (_COARSE, _FINE))
    most = np.argsort(coarse, kind="stable")[-max(_FEWEST, int(_STRUCTURE * len(coarse))) :]
    power = coarse[most].mean()
    return float(max(0.0, fine[most].mean() - np.quantile(fine, _CALM)) / power) if power > 0 else 0.0
