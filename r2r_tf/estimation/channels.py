"""The noise of colours beside that of brightness: whether it may be white, and how much of it all channels share."""

from typing import NamedTuple

import numpy as np

from r2r_tf.estimation import spectrum
from r2r_tf.image_files import content
from r2r_tf.noise.camera import CameraNoise

_WHITE = 0.04  # smallest part of the colours' power at coarse scales that white noise has at fine ones
_FINE = 0.3  # cycles a pixel, from which on channels are compared
_QUANTILE = 0.1  # of the windows, those with the least texture in brightness
_MIDDLE = 384  # pixels a side at most, where all windows count


class ColourNoise(NamedTuple):
    """What the noise of a picture's colours is like.

    Attributes:
      white: whether it may be white: whether colours are noisy at fine scales, not at coarse ones alone. Cameras smooth colours,
        and JPEG halves their resolution. In PolyU's noisy crops colours have 0.3 to 1.8 % of the power at fine scales that they
        have at coarse ones; in photographs with white noise of 2 grey levels or more 10 to 100 %, since photographs have colours
        at coarse scales, too. True for gray pictures and for those that have too few windows.
      excess: how many times as much noise brightness has as differences of colours, at fine scales where texture is least. Noise
        that is independent from channel to channel and as strong in all has about 1; of correlation r, (1 + 2 r) / (1 - r). In
        24 photographs with noise of 10 grey levels or more it is 0.9 to 1.3 without correlation, nine times out of ten, 1.6 to
        2.2 at 0.2; texture makes it more where noise is weak. Where noise is cut off everywhere at the ends of the range, all
        windows count. Infinite for pictures without colour, None for those of one channel or smaller than a window.
    """

    white: bool
    excess: float | None


def colour_noise(y):
    """`ColourNoise` of a noisy image [H, W, C]."""
    channels = y.shape[-1]
    if channels == 1 or min(y.shape[:2]) < spectrum.SIZE:
        return ColourNoise(True, None)
    calm = spectrum.calm_windows(y, CameraNoise(np.array([0.5]), np.ones((1, channels)), None))
    if calm is None:
        windows = spectrum.windows_of(y[content.middle(y.shape, _MIDDLE)])
        squares = spectrum.cosine_squares(windows.reshape(-1, channels, spectrum.SIZE, spectrum.SIZE))
        return ColourNoise(True, _excess(squares))
    return ColourNoise(_may_be_white(calm[0]), _excess(calm[0]))


def _may_be_white(squares):
    power, frequency = squares[..., 1:].mean(axis=(0, -1), dtype=np.float64), spectrum.frequencies()
    fine, coarse = power[frequency >= 0.2].mean(), power[(frequency >= spectrum.COARSEST) & (frequency < 0.15)].mean()
    return bool(fine >= _WHITE * coarse)


def _excess(squares):
    powers = squares[:, spectrum.frequencies() >= _FINE].mean(axis=1, dtype=np.float64)
    brightness, colours = powers[:, 0], powers[:, 1:].mean(axis=1)
    seen = colours > np.finfo(np.float32).tiny
    return float(np.quantile(brightness[seen] / colours[seen], _QUANTILE)) if seen.any() else np.inf
