"""How noise is correlated between neighbouring pixels and channels, from windows that show it alone."""

import functools

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.estimation.flat_windows import PLANES, SIZE

REACH = 4  # largest lag, in pixels; farther ones are taken for uncorrelated
FEWEST = 200


def autocovariance(windows):
    """Covariance of the noise of a pixel with that of another, by lag and channels, relative to its variance.

    The plane that a window is freed of takes some of the noise with it: what is left has covariance Q Sigma Q, Q the projection.
    For a stationary Sigma that is a linear map of its lags, which is inverted, so the estimate is unbiased for noise that is
    stationary and correlated over at most 4 pixels.

    Args:
      windows: `flat_windows.Windows`.
    Returns:
      [9, 9, C, C]; [4 + i, 4 + j, c, d] is the correlation of channel c at a pixel with channel d at the pixel i rows below and
      j columns to the right; 1 at [4, 4, c, c].
    Raises:
      InputError: too few windows.
    """
    if len(windows.means) < FEWEST:
        raise InputError(
            f"The pictures show their noise alone in {len(windows.means)} places; {FEWEST} are needed to tell its correlation. "
            "Give more pictures, or ones with smooth areas."
        )
    # each window counts alike, whatever its level, and one that holds more than noise does not outweigh the others
    own = np.sqrt(np.maximum(windows.variances().mean(axis=1), 1e-12))
    lags = _window_lags(windows.residuals / own[:, None, None])
    channels = lags.shape[-1]
    covariance = np.linalg.solve(_plane_operator(), lags.reshape(-1, channels * channels)).reshape(lags.shape)
    covariance = (covariance + np.transpose(covariance[::-1, ::-1], (0, 1, 3, 2))) / 2
    deviations = np.sqrt(np.diagonal(covariance[REACH, REACH]))
    return covariance / np.outer(deviations, deviations)


def lost_with_planes(covariance):
    """What `Windows.variances` has to be multiplied by: planes take more of smooth noise than of white noise. [C]."""
    channels = covariance.shape[-1]
    lags = (_plane_operator() @ covariance.reshape(-1, channels * channels)).reshape(covariance.shape)
    return (1 - len(PLANES) / SIZE**2) / np.diagonal(lags[REACH, REACH])


def covariance_of(kernel):
    """[9, 9, C, C], the covariance of white noise that a kernel [k, k, C, C] has filtered, as `autocovariance` has it."""
    size = 2 * len(kernel) + 2 * REACH
    spectrum = np.fft.fft2(kernel, s=(size, size), axes=(0, 1))  # of channel c from draw d: [d, c]
    lags = np.fft.ifft2(np.einsum("ijdc,ijde->ijce", np.conj(spectrum), spectrum), axes=(0, 1)).real
    places = np.arange(-REACH, REACH + 1)
    return lags[np.ix_(places, places)]


def _window_lags(residuals):
    """Mean product of two pixels of a window, by lag, [9, 9, C, C]: by Fourier transforms of windows amid zeros."""
    count, _, channels = residuals.shape
    total = np.zeros((2 * SIZE, 2 * SIZE, channels, channels), np.complex128)
    for start in range(0, count, 1000):
        part = residuals[start : start + 1000].reshape(-1, SIZE, SIZE, channels)
        spectra = np.fft.fft2(part, s=(2 * SIZE, 2 * SIZE), axes=(1, 2))
        total += np.einsum("nijc,nijd->ijcd", np.conj(spectra), spectra)
    sums = np.fft.ifft2(total, axes=(0, 1)).real / count
    places = np.arange(-REACH, REACH + 1)
    pairs = SIZE - np.abs(places)
    return sums[np.ix_(places, places)] / np.outer(pairs, pairs)[:, :, None, None]


@functools.cache
def _plane_operator():
    """[81, 81]: how the lags of stationary noise become those of a window without its plane."""
    projection = np.eye(SIZE * SIZE) - PLANES.T @ PLANES
    index = np.arange(SIZE * SIZE).reshape(SIZE, SIZE)
    places = range(-REACH, REACH + 1)

    def pairs(row, column):
        """The window's pixels that have a partner at this lag, and the partners."""
        ends = [(slice(max(0, -lag), SIZE - max(0, lag)), slice(max(0, lag), SIZE - max(0, -lag))) for lag in (row, column)]
        return tuple(index[rows, columns].ravel() for rows, columns in zip(*ends, strict=True))

    partners = [pairs(row, column) for row in places for column in places]
    operator = np.empty((len(partners), len(partners)))
    for j, (first, second) in enumerate(partners):
        image = projection[:, first] @ projection[second]
        operator[:, j] = [image[a, b].mean() for a, b in partners]
    return operator
