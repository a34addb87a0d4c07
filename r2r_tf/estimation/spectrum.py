"""The power spectrum of the noise, from the calmest windows of noisy images, and the filter that gives noise of that spectrum.

The cosine transform over rows, columns and channels takes brightness apart from colour, coarse from fine. In camera noise its
coefficients are nearly uncorrelated and of very different strength: colours are noisy at coarse scales alone. Windows are large,
so that such noise is seen whole.
"""

import functools

import numpy as np
import scipy.fft
import scipy.ndimage
import scipy.stats

from r2r_tf.noise.camera import activity

SIZE = 24
_STEP = SIZE // 2
_CALM = 0.15  # of the windows: those with the least structure
_FEWEST, MOST = 8, 2000  # windows
_CONSTANT = 0.1  # largest part of a window's pixels in constant areas
_CLIPPED = 0.01  # largest part of a window's pixels at the ends of the range, 0 or 1 exactly
COARSEST = 0.03  # cycles a pixel: below, the picture's own slopes are stronger than the noise
_SMOOTHING = 0.8  # of the logarithm of the spectrum, in coefficients
_RADIUS = 12  # of the kernel
_GRID = 64  # of its spectrum
_PRIOR = 0.5  # standard deviation of the logarithm of the level of a picture
EDGES = (COARSEST, 0.06, 0.1, 0.15, 0.2, 0.3, 0.8)  # of bands of frequencies


def power(y, model):
    """Mean square of the cosine transform's coefficients over the calmest windows of a picture.

    In brightness, a few windows with texture lift the mean, so each band of frequencies is as strong as in the window in the
    middle. Colours have little texture, and in many pictures much of their noise is in a small part of the windows: their mean is
    taken as it is.

    Args:
      y: [H, W, C] noisy image, [0, 1] scale.
      model: `CameraNoise`, whose level in flat areas is the unit; its kernel is ignored.
    Returns:
      ([SIZE, SIZE, C] power, in units of the channels' mean level; [C] what the channels' levels are in that unit), or None for
      pictures that have too few windows.
    """
    calm = calm_windows(y, model)
    if calm is None:
        return None
    squares, channels = calm
    return power_of(squares), channels


def power_of(squares):
    """The power of `power` [SIZE, SIZE, C] from the squares of the coefficients of calm windows [n, SIZE, SIZE, C]."""
    result, by_window, frequency = squares.mean(axis=0, dtype=np.float64), bands(squares[..., 0]), frequencies()
    typical = np.median(by_window, axis=0) / np.maximum(by_window.mean(axis=0), 1e-12)
    result[..., 0] *= typical[np.maximum(np.digitize(frequency, EDGES), 1) - 1]
    next_to_coarsest = (frequency >= COARSEST) & (frequency < 1.5 * COARSEST)
    result[frequency < COARSEST] = result[next_to_coarsest].mean(axis=0)
    return result


def kernel_of(power):
    """A filter that turns white noise into noise of (nearly) this spectrum.

    It is the same to all sides: a power spectrum of cosines cannot tell one diagonal from the other, nor an uneven filter.

    Args:
      power: [SIZE, SIZE, C], as from `power`.
    Returns:
      ([25, 25, C, C] float32: noise[c] = sum over d of kernel[:, :, d, c] convolved with z[d], of unit variance in each channel;
      [C] standard deviations that the channels have in the unit of the power).
    """
    smooth = scipy.ndimage.gaussian_filter(np.log(np.maximum(power, 1e-6)), (_SMOOTHING, _SMOOTHING, 0), mode="nearest")
    # the spectrum at the frequencies of the grid, whose amplitude is the filter's
    places = np.minimum(2 * SIZE * np.abs(np.fft.fftfreq(_GRID)), SIZE - 1)
    grid = np.stack(np.meshgrid(places, places, indexing="ij"))
    amplitude = np.stack([scipy.ndimage.map_coordinates(np.exp(own / 2), grid, order=1) for own in np.moveaxis(smooth, -1, 0)])
    around = np.arange(-_RADIUS, _RADIUS + 1)
    taper = np.cos(np.pi * around / (2 * _RADIUS + 2))
    taps = np.fft.ifft2(amplitude).real[np.ix_(range(len(amplitude)), around, around)] * np.outer(taper, taper)
    # neither smoothing nor tapering takes anything of the variance
    taps *= np.sqrt(power.mean(axis=(0, 1)) / np.square(taps).sum(axis=(1, 2)))[:, None, None]
    basis = channel_basis(power.shape[-1])
    kernel = np.einsum("oij,od,oc->ijdc", taps, basis, basis)
    deviations = np.sqrt(np.square(kernel).sum(axis=(0, 1, 2)))
    return (kernel / deviations).astype(np.float32), deviations


def expected_power(kernel):
    """[SIZE, SIZE, C]: what `power` expects of white noise that a kernel [k, k, C, C] has filtered."""
    side = len(kernel) + SIZE
    spectrum = np.fft.fft2(
        np.einsum("ijdc,oc->ijdo", kernel, channel_basis(kernel.shape[-1])), s=(2 * side, 2 * side), axes=(0, 1)
    )
    lags = np.fft.ifft2(np.square(np.abs(spectrum)).sum(axis=2), axes=(0, 1)).real
    around = np.arange(1 - SIZE, SIZE)
    return np.einsum("mnc,im,jn->ijc", lags[np.ix_(around, around)], _autocorrelations(), _autocorrelations())


def level_ratio(y, model):
    """How many times as strong as the model's the noise of one picture is.

    Too weak is cheap, too strong is dear, so texture must not count: the strength of a band of frequencies is its lower quartile
    over the calm windows. Of the bands the one in the middle counts: texture makes some stronger, what a camera smooths
    away makes others weaker. The more they differ the less is known, and the nearer to 1 is the estimate: its logarithm is the
    mean of a normal distribution whose prior has a factor of 1.6 for its standard deviation, and whose measurement has the range
    of the bands.

    Args:
      y: [H, W, C] noisy image, [0, 1] scale.
      model: `CameraNoise`.
    Returns:
      A float, None for pictures that have too few windows.
    """
    found = band_levels(y, model)
    if found is None:
        return None
    found = found[1:]  # the coarsest band has most of the structure
    return float(np.exp(np.median(found) / (1 + (np.ptp(found) / _PRIOR) ** 2)))


def band_levels(y, model):
    """[bands] logarithms of how many times as strong as the model's the noise is in each band of brightness, or None."""
    calm = calm_windows(y, model)
    if calm is None:
        return None
    squares, channels = calm
    expected = expected_power(model.kernel * channels.astype(np.float32))[..., 0]
    powers = noise_alone(bands(squares[..., 0]), coefficients()) / bands(expected)
    return np.log(np.maximum(powers, 1e-12)) / 2


def noise_alone(powers, count, quantile=0.25):
    """Power of the noise [bands] from that of windows [n, bands], some of which have texture: by a quantile of them.

    count is how many squares of nearly independent Gaussian coefficients each is the mean of, [bands].
    """
    return np.quantile(powers, quantile, axis=0) / (scipy.stats.chi2.ppf(quantile, count) / count)


def frequencies():
    """[SIZE, SIZE], of the coefficients, cycles a pixel."""
    along = np.arange(SIZE) / (2 * SIZE)
    return np.hypot(along[:, None], along)


def coefficients(edges=EDGES):
    """[bands] how many coefficients there are in each band."""
    return np.bincount(np.digitize(frequencies(), edges).ravel())[1 : len(edges)]


def bands(power, edges=EDGES):
    """Means of a power [..., SIZE, SIZE] over the bands of frequencies between the edges, [..., bands]."""
    band = np.digitize(frequencies(), edges)
    return np.stack([power[..., band == number].mean(axis=-1) for number in range(1, len(edges))], axis=-1)


def cosine_squares(windows):
    """Squares of the cosine transform's coefficients [n, SIZE, SIZE, C] of windows [n, C, SIZE, SIZE]."""
    return np.square(scipy.fft.dctn(np.moveaxis(windows, 1, -1), axes=(1, 2, 3), norm="ortho"))


def windows_of(values):
    """[rows, columns, ..., SIZE, SIZE], the windows of [H, W, ...] of which each covers half of the next."""
    return np.lib.stride_tricks.sliding_window_view(values, (SIZE, SIZE), axis=(0, 1))[::_STEP, ::_STEP]


def calm_windows(y, model, clipped=_CLIPPED):
    """(squares of the coefficients of the calmest windows [n, SIZE, SIZE, C], the channels' levels [C]), units as in `power`.

    clipped is the largest part of a window's pixels at the ends of the range. None where too few windows are left.
    """
    if min(y.shape[:2]) < SIZE:
        return None
    levels = model.flat_level(y)
    windows, own, active, at_ends, constant = (
        windows_of(part) for part in (y, levels, activity(y, levels), ((y == 0) | (y == 1)).any(axis=-1), _constant(y))
    )
    usable = np.argwhere((at_ends.mean(axis=(-2, -1)) <= clipped) & (constant.mean(axis=(-2, -1)) <= _CONSTANT))
    order = np.argsort(active.mean(axis=(-2, -1))[tuple(usable.T)], kind="stable")
    order = order[: max(_FEWEST, int(_CALM * len(order)))]
    if len(order) < _FEWEST:
        return None
    calm = tuple(usable[order[:: -(-len(order) // MOST)]].T)
    channels = np.maximum(own[calm].mean(axis=(-2, -1)), 1e-6)
    unit = channels.mean(axis=-1, keepdims=True)
    return cosine_squares(windows[calm] / unit[:, None, None]), (channels / unit).mean(axis=0)


def _constant(y):
    """[H, W], where a pixel and those around it are the same, as in margins and no-data areas."""
    size = (3, 3, 1)
    return (scipy.ndimage.maximum_filter(y, size) == scipy.ndimage.minimum_filter(y, size)).all(axis=-1)


def channel_basis(channels):
    """[C, C], the cosine transform over channels: brightness first, then differences of colours."""
    return scipy.fft.dct(np.eye(channels), axis=0, norm="ortho")


@functools.cache
def _autocorrelations():
    """[SIZE, 2 SIZE - 1], of the cosine transform's basis functions, by lag."""
    basis = scipy.fft.dct(np.eye(SIZE), axis=0, norm="ortho")
    return np.array([np.correlate(row, row, "full") for row in basis])
