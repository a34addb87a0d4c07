"""Strong noise of colours, as pictures of dark scenes have that are developed from a sensor's raw values, or saved as JPEG.

Each pixel of a sensor sees one colour. What fills in the others, white balance and colour correction make noise that is strong in
differences of colours, more so at coarse scales, while those of a scene are weak and smooth.
"""

import dataclasses

import numpy as np

from r2r_tf.estimation import spectrum
from r2r_tf.noise.camera import CameraNoise

_UNIT = 7.0 / 255  # weaker colours may be those of a scene
_EDGES = (0.06, 0.1, 0.15, 0.2, 0.3)  # cycles a pixel
# largest part of a window's pixels at the ends of the range, where less leaves too few: noise is weaker there, but dark scenes
# have few windows without any
_CLIPPED = (0.5, 1.0)
_COLOURFUL = 0.4  # differences of colours beside brightness, at least
_FALLS = (0.33, 0.7)  # their finest band beside the coarsest: less is of a scene, or weak noise in a JPEG file; 1 is white
_TOLD = 0.25  # what `camera` is to be told, in units of the noise at coarse scales


def law_of(y):
    """The noise of a picture whose colours show that it is strong, for the weights `camera`; None for other pictures.

    Of 192 simulated pictures of phones with noise of 6 to 45 grey levels (dark scenes, Bayer filter, Malvar's interpolation,
    white balance, colour matrix, gamma) it was found in nine of ten, in all from 15 grey levels on; and where photographs were
    saved as JPEG after white noise of 25 or more was added. It was in none of 150 Berkeley photographs without noise, as JPEG or
    not, of 150 with white noise, and of PolyU. What the network is told was chosen on the simulated ones.

    Args:
      y: [H, W, 3] noisy image, [0, 1] scale.
    Returns:
      `CameraNoise` of one level at all brightnesses, or None.
    """
    unit = CameraNoise(np.array([0.5]), np.full((1, 3), _UNIT), None)
    calm = next(filter(None, (spectrum.calm_windows(y, unit, clipped) for clipped in _CLIPPED)), None)
    if calm is None:
        return None
    squares, _ = calm
    brightness, colours = _levels(squares[..., :1]), _levels(squares[..., 1:])
    coarse = np.sqrt(colours[0] * colours[1])
    colourful = coarse > 1 and coarse > _COLOURFUL * np.sqrt(brightness[0] * brightness[1])
    if not (colourful and _FALLS[0] < colours[-1] / colours[0] < _FALLS[1]):
        return None
    kernel, deviations = spectrum.kernel_of(spectrum.power_of(squares))
    told = _TOLD * np.sqrt(coarse * np.median(brightness) / np.mean(np.square(deviations)))
    return dataclasses.replace(unit, sigma=_UNIT * deviations[None], kernel=kernel, told=float(told))


def _levels(squares):
    """[bands] standard deviations of noise in windows' coefficients [n, SIZE, SIZE, K], all K alike, in the bands of `_EDGES`."""
    count = squares.shape[-1] * spectrum.coefficients(_EDGES)
    return np.sqrt(spectrum.noise_alone(spectrum.bands(squares.mean(axis=-1), _EDGES), count))
