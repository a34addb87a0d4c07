"""The frame in which a network sees a picture (zero, unit, noise, holes filled), and the way back to the picture's pixels."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from r2r_tf.image_files import content
from r2r_tf.image_files.value_range import to_dtype
from r2r_tf.inference import defaults, shrinkage
from r2r_tf.models import structure
from r2r_tf.noise import NoiseModel, mean_level

_LEAST_FOUND = 1.5 / 255  # of the picture's range: less is not told from grain that belongs to the picture
_MOST = 1e18  # times the range: what sums of float32 hold
_NOTHING = 1e-6  # of the range: what float32 does not hold
_FEW = 0.02  # part of the pixels that are holes


class Picture(NamedTuple):
    """One page, or one channel of one.

    Attributes:
      pixels: [H, W, C] of any dtype, in memory or mapped.
      no_data: the value that stands for none, or None.
      mask: [H, W, C] boolean, which pixels are none, or None.
    """

    pixels: np.ndarray
    no_data: float | None = None
    mask: np.ndarray | None = None

    def values(self, rows, columns):
        """A window, given as (start, stop), as float64; NaN where the mask says so."""
        values = np.asarray(self.pixels[slice(*rows), slice(*columns)], np.float64)
        return values if self.mask is None else np.where(self.mask[slice(*rows), slice(*columns)], np.nan, values)


class Frame(NamedTuple):
    """What is known of a picture.

    Attributes:
      unit: how large 1 is, in the picture's values.
      model: `noise.NoiseModel` in that unit; None for a picture that is to be left as it is.
      level: root mean square of its noise, in units of the value range.
      weak: the noise in that unit if it is so weak that the estimate is to be held against the input, else None.
      read: function of rows and columns, (start, stop), that returns that window as the network sees it, float32.
      restore: function of such a window's estimate, its rows and columns, that returns pixels of the picture's dtype.
    """

    unit: float
    model: NoiseModel | None
    level: float
    weak: float | None
    read: Callable
    restore: Callable


def frame_of(denoiser, picture, value_range, average, *, sigma=None, noise=None):
    """The `Frame` of a picture.

    A homogeneous network for white noise sees each picture by its own content; others see it by the value range that they know.

    Args:
      denoiser: `denoisers.Denoiser`.
      picture: `Picture`.
      value_range: `ValueRange`: what 0 and 1 stand for in sigma and noise.
      average, sigma, noise: as in `defaults.image_noise`.
    """
    shape = picture.pixels.shape
    shown = content.sample(picture.values, shape)
    known = content.of_sample(shown, picture.no_data)
    width = value_range.high - value_range.low
    if not known.high - known.low > np.finfo(np.float64).tiny:
        return Frame(width, None, 0.0, None, None, None)
    own_frame = _sees_content(denoiser)
    zero, unit = known.zero_and_unit() if own_frame else (value_range.low, width)
    bad = content.holes(shown, known)
    seen = _scaled(content.filled(shown, bad, known), zero, unit)
    factor = width / unit
    told = {"sigma": None if sigma is None else sigma * factor, "noise": noise and noise.scaled(factor)}
    # estimators for white noise leave holes out
    shows = np.where(bad & ~_scattered(bad), np.nan, seen).astype(np.float32) if own_frame else seen
    model = defaults.image_noise(denoiser, shows, average, **told)
    level = mean_level(model.at(seen))
    least = _LEAST_FOUND if own_frame and sigma is None and noise is None else _NOTHING
    if model.white and denoiser.form.takes_level and level <= least:
        return Frame(unit, None, level * unit / width, None, None, None)
    if own_frame:
        zero, wider = known.zero_and_unit(level * unit)
        model, level, unit = model.scaled(unit / wider), level * unit / wider, wider

    def window(rows, columns):
        """(values, holes) of a window; what its rim looks like depends on what is around it."""
        wide = [
            (max(0, start - content.MARGIN), min(side, stop + content.MARGIN)) for (start, stop), side in around(rows, columns)
        ]
        inside = tuple(slice(own[0] - more[0], own[1] - more[0]) for own, more in zip((rows, columns), wide, strict=True))
        values = picture.values(*wide)
        bad = content.holes(values, known)
        return content.filled(values, bad, known)[inside], bad[inside]

    def around(rows, columns):
        return zip((rows, columns), shape[:2], strict=True)

    def read(rows, columns):
        return _scaled(window(rows, columns)[0], zero, unit)

    def restore(estimate, rows, columns):
        pixels = to_dtype(np.asarray(estimate, np.float64) * unit + zero, picture.pixels.dtype)
        bad = window(rows, columns)[1]
        return np.where(bad, picture.pixels[slice(*rows), slice(*columns)], pixels) if bad.any() else pixels

    weak = level if own_frame and model.white and level < shrinkage.MOST_NOISE else None
    return Frame(unit, model, level * unit / width, weak, read, restore)


def _scaled(values, zero, unit):
    return np.clip((values - zero) / unit, -_MOST, _MOST).astype(np.float32)


def _scattered(bad):
    """Whether holes are so few that what fills them does not matter."""
    return bad.mean() < _FEW


def _sees_content(denoiser):
    white = denoiser.noise is not None and denoiser.noise.white
    return white and denoiser.form.takes_level and structure.is_homogeneous(denoiser.network)
