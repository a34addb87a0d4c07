"""Whether the noise of colours is independent: a network for three together takes it for that."""

import numpy as np

from r2r_tf.estimation import spectrum
from r2r_tf.noise.camera import CameraNoise

_FINE = 0.3  # cycles a pixel, from which on
_QUANTILE = 0.1  # of the windows, those with the least texture in brightness
_MIDDLE = 384  # pixels a side at most


def brightness_excess(y):
    """How many times as much noise brightness has as differences of colours, at fine scales where texture is least.

    Noise that is independent from channel to channel and as strong in all has about 1; of correlation r, (1 + 2 r) / (1 - r). In
    24 photographs with noise of 10 grey levels or more it is 0.9 to 1.3 without correlation, nine times out of ten, 1.6 to 2.2 at
    0.2; texture makes it more where noise is weak. Where noise is cut off everywhere at the ends of the range, all windows count.

    Args:
      y: [H, W, 3] noisy image, [0, 1] scale.
    Returns:
      A float, infinite for pictures without colour; None for pictures smaller than a window.
    """
    if min(y.shape[:2]) < spectrum.SIZE:
        return None
    flat = CameraNoise(np.array([0.5]), np.ones((1, y.shape[-1])), None)
    calm = spectrum.calm_windows(y, flat)
    squares = spectrum.cosine_squares(_windows(y)) if calm is None else calm[0]
    powers = squares[:, spectrum.frequencies() >= _FINE].mean(axis=1, dtype=np.float64)
    brightness, colours = powers[:, 0], powers[:, 1:].mean(axis=1)
    seen = colours > np.finfo(np.float32).tiny
    return float(np.quantile(brightness[seen] / colours[seen], _QUANTILE)) if seen.any() else np.inf


def _windows(y):
    """[n, C, SIZE, SIZE] of the middle of a picture."""
    rows, columns = (slice(max(0, side - _MIDDLE) // 2, (side + min(side, _MIDDLE)) // 2) for side in y.shape[:2])
    step = spectrum.SIZE // 2
    windows = np.lib.stride_tricks.sliding_window_view(y[rows, columns], (spectrum.SIZE, spectrum.SIZE), axis=(0, 1))
    return windows[::step, ::step].reshape(-1, y.shape[-1], spectrum.SIZE, spectrum.SIZE)
