"""How noise of unit variance is correlated between pixels, and the filter that makes it white.

Cameras that resize, denoise or compress leave noise that is weak at fine scales and strong at coarse ones. A network for white
noise that is told the fine part takes the coarse part for the picture. So the picture is filtered until its noise is white, or
nearly (what is left of the finest frequencies is not raised without limit), denoised, and filtered back.
"""

from typing import NamedTuple

import numpy as np
import scipy.signal
import scipy.stats

from r2r_tf.estimation import calm_blocks, spectrum
from r2r_tf.noise.camera import CameraNoise

RADIUS = 12  # of the filters
_GRID = 64  # of their spectra
_ROUNDS = 3  # in which bands are told apart
_LEAST = 0.6  # of the largest amplitude: frequencies with less noise are not raised further
_MOST_SIDE = 768  # of what is looked at: the middle
_SLACK = 3.0  # standard deviations beyond the ends of a picture, so that its ends are not taken for clipped
_ENDS = (0.5, 99.5)  # percentiles that are the ends
_EDGES = (0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.8)  # of bands of frequencies
# most that the levels of calm windows may differ from each other, over what they do for noise, in the coarse bands and the first
# of the fine ones
_ALIKE = np.array([1.15, 1.15, 1.15, 1.15, 1.2])
_COARSE, _FINE, _TOLD = slice(1, 5), slice(5, None), 2  # bands; coarser than the one told there is too much of the picture
# how many times the level of the finest the others have at least: middle frequencies over all fine ones; and the fine bands one
# by one, for white noise with texture below it has a plateau there, unless middle frequencies are far above
_FALLS, _STEPS, _FALLS_FAR = 1.6, (1.4, 1.28), 2.5
_PLATEAU = 1.4  # how many times the level of the next finer band the told one has at most: texture goes on rising

# blocks of whitened noise: side; how many at least; most kurtosis and skew of the calmest fifth, and variance of the tenth, over
# that of the level. Smooth noise of 10 to 25 grey levels on photographs has -0.1 to 0.3, 0.1 and 0.3 to 0.7, widefield
# micrographs 0.4, 0.4 and 0.4; photographs of texture without noise, whose spectra look like noise, 0.3 to 3, 1 and 0.5 to 0.9
_BLOCK, _FEWEST, _KURTOSIS, _SKEW, _CALMEST = 12, 20, 0.55, 0.45, 0.57


class Smoothness(NamedTuple):
    """The spectrum of noise that is correlated between pixels and the same to all sides.

    Attributes:
      amplitudes: [bands] standard deviations, as white noise would have them, in bands of frequency, coarsest first; see
        `_EDGES`.
    """

    amplitudes: tuple

    @property
    def level(self):
        """Standard deviation of the noise after `whitening`."""
        return self.amplitudes[0]

    @property
    def variance(self):
        """Of a pixel."""
        return float(np.mean(np.square(self._amplitude())))

    def scaled(self, factor):
        """The same noise, `factor` times as strong."""
        return Smoothness(tuple(factor * own for own in self.amplitudes))

    def whitening(self):
        """[25, 25] filter that makes the noise white, of the standard deviation `level`."""
        return _filter_of(self.level / self._raised())

    def back(self):
        """[25, 25] filter that undoes `whitening`, up to what is cut off."""
        return _filter_of(self._raised() / self.level)

    def _amplitude(self):
        """On the grid of frequencies."""
        along = np.abs(np.fft.fftfreq(_GRID))
        edges = np.array([0.0, *_EDGES[1:-1], np.sqrt(0.5)])
        return np.exp(np.interp(np.hypot(along[:, None], along), (edges[1:] + edges[:-1]) / 2, np.log(self.amplitudes)))

    def _raised(self):
        """Amplitudes, not below what is raised."""
        return np.maximum(self._amplitude(), _LEAST * self.level)


def of_channels(channels):
    """The `Smoothness` of noise of about unit variance at the finest scale, from one channel or several of one recording.

    Args:
      channels: list of [H, W].
    Returns:
      None for white noise, and where the calmest windows of half of the channels do not show noise alone: there levels differ
      from window to window.
    """
    levels = [own for own in map(_levels, channels) if own is not None]
    if 2 * len(levels) <= len(channels):
        return None
    return _unblended(np.exp(np.mean(np.log(levels), axis=0)))


def _unblended(levels):
    """The `Smoothness` that shows these levels: windows and bands blend frequencies, so where a spectrum falls they differ."""
    amplitudes = levels
    for _ in range(_ROUNDS):
        own = Smoothness(tuple(amplitudes.tolist()))
        # a filter of that amplitude, and what windows of white noise that it has filtered show
        power = spectrum.expected_power(_filter_of(own._amplitude())[..., None, None])[..., 0]
        seen = np.sqrt(spectrum.bands(power, _EDGES))
        seen[:_TOLD] = seen[_TOLD]
        amplitudes = amplitudes * levels / seen
    return Smoothness(tuple(amplitudes.tolist()))


def _levels(t):
    """[bands] levels of one channel [H, W], or None."""
    t = t[tuple(slice(max(0, side - _MOST_SIDE) // 2, (side + _MOST_SIDE) // 2) for side in t.shape)]
    low, high = (float(end) for end in np.percentile(t, _ENDS))
    low, high = low - _SLACK, high + _SLACK
    model = CameraNoise(np.array([0.5]), np.full((1, 1), 1 / (high - low)), np.ones((1, 1, 1, 1), np.float32))
    calm = spectrum.calm_windows(np.float32((t - low) / (high - low))[..., None], model)
    if calm is None:
        return None
    powers, count = spectrum.bands(calm[0][..., 0], _EDGES), spectrum.coefficients(_EDGES)
    quarter, three = (spectrum.noise_alone(powers, count, part) for part in (0.25, 0.75))
    levels, alike = np.sqrt(quarter), np.sqrt(three / np.maximum(quarter, 1e-12))
    if np.any(alike[_COARSE.start :][: len(_ALIKE)] > _ALIKE) or not _falls(levels):
        return None
    levels[:_TOLD] = levels[_TOLD]  # the filters leave brightness as it is
    return levels


def is_noise(t, smooth):
    """Whether what is smooth in a picture is noise: in its calmest blocks it is as weak as that, and Gaussian, once it is white.

    Photographs of grass, fur or water look alike everywhere, and their spectra fall as those of smooth noise do.

    Args:
      t: [H, W] whose noise has unit variance.
      smooth: its `Smoothness`.
    """
    blocks = calm_blocks.block_pixels(filtered(t[..., None], smooth.whitening()) / smooth.level, _BLOCK)
    blocks = blocks - blocks.mean(axis=1, keepdims=True)
    variances = blocks.var(axis=1)
    calm = blocks[np.argsort(variances)[: max(_FEWEST, len(blocks) // 5)]].ravel()
    shape = scipy.stats.kurtosis(calm) < _KURTOSIS and abs(scipy.stats.skew(calm)) < _SKEW
    return bool(shape and np.quantile(variances, 0.1) < _CALMEST)


def filtered(values, kernel):
    """values [H, W, C] convolved with a symmetric kernel [k, k], reflected at the borders; float64."""
    radius = len(kernel) // 2
    wide = np.pad(values, ((radius, radius), (radius, radius), (0, 0)), mode="symmetric")
    return scipy.signal.oaconvolve(wide, kernel[..., None], mode="valid", axes=(0, 1))


def _filter_of(amplitude):
    """[25, 25] taps of a filter with this amplitude on the grid of frequencies."""
    around = np.arange(-RADIUS, RADIUS + 1)
    taper = np.cos(np.pi * around / (2 * RADIUS + 2))
    taps = np.fft.ifft2(amplitude).real[np.ix_(around, around)] * np.outer(taper, taper)
    return taps * amplitude[0, 0] / taps.sum()


def _falls(levels):
    *fine, finest = levels[_FINE]
    fall = levels[_COARSE][-2] / np.sqrt(np.mean(np.square(levels[_FINE])))
    plateau = levels[_TOLD] < _PLATEAU * levels[_TOLD + 1]
    steps = fall > _FALLS_FAR or all(own > step * finest for own, step in zip(fine, _STEPS, strict=True))
    return plateau and fall > _FALLS and steps
