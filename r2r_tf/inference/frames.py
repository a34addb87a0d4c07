"""The frame in which a network sees a picture (zero, unit, noise, holes filled), and the way back to the picture's pixels."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from r2r_tf.errors import InputError
from r2r_tf.estimation import laws, two_values
from r2r_tf.image_files import content
from r2r_tf.image_files.value_range import ValueRange, to_dtype
from r2r_tf.inference import defaults, found_law, shrinkage, strong_noise, tiles, views, weak_noise
from r2r_tf.models import structure
from r2r_tf.noise import Gaussian, NoiseModel, mean_level

WHITE = "white"  # in place of a noise model, as are those kinds of noise whose strength is found
SMOOTH = "smooth"  # `estimator` of models whose networks have learnt noise that is
_WORDS = (WHITE, *laws.KINDS)
_LEAST_FOUND = 1.5 / 255  # of the picture's range: less is not told from grain that belongs to the picture
_MOST = 1e18  # times the range: what sums of float32 hold
_NOTHING = 1e-6  # of the range: what float32 does not hold
_FEW = 0.02  # part of the pixels that are holes


class Frame(NamedTuple):
    """What is known of a picture.

    Attributes:
      unit: how large 1 is, in the values that the network is shown.
      model: `noise.NoiseModel` in that unit; None for a picture that is to be left as it is.
      level: root mean square of its noise, in units of the value range.
      weak: the noise in that unit if it is so weak that the estimate is to be held against the input, else None.
      most: the noise in that unit that the last check knows, else None.
      read: function of rows and columns, (start, stop), that returns that window as the network sees it, float32.
      finish: function of a window's estimate, before what is around it is cut off.
      beyond: how many pixels around a window `finish` looks at.
      restore: function of a window's estimate, its rows and columns, that returns pixels of the picture's dtype.
      deviation: function of a spread of estimates and of these that returns it in the values of the file.
      law: `laws.Law` that made the noise white, or None.
      of: function of another `views.Picture` of the same recording that returns its frame, with the noise of this one.
    """

    unit: float
    model: NoiseModel | None
    level: float
    weak: float | None = None
    most: float | None = None
    read: Callable | None = None
    finish: Callable | None = None
    beyond: int = 0
    restore: Callable | None = None
    deviation: Callable | None = None
    law: laws.Law | None = None
    of: Callable | None = None

    def plane(self, shape, number):
        """The `tiles.Plane` of a picture of this shape and number."""
        parts = {"sigma": self.weak, "most": self.most, "finish": self.finish, "beyond": self.beyond}
        return tiles.Plane(self.read, shape, self.model, number, **parts)


def frame_of(denoiser, picture, value_range, average, *, sigma=None, noise=None, law=None):
    """The `Frame` of a picture.

    A homogeneous network for white noise sees each picture by its own content; others see it by the value range that they know.
    Where such a network is not told the noise, a picture whose noise is not white is shown in a `views.View`.

    Args:
      denoiser: `denoisers.Denoiser`.
      picture: `views.Picture`.
      value_range: `ValueRange`: what 0 and 1 stand for in sigma and noise.
      average: as in `defaults.image_noise`.
      sigma, noise: as there; or noise is `WHITE` or one of `laws.KINDS`.
      law: the law of the picture, in its values; None: that of `law_of`.
    Raises:
      InputError: another word for noise, or a law for a network that cannot follow it.
    """
    width = value_range.high - value_range.low
    shown, known, bad = shown_of(picture)
    if not known.high - known.low > np.finfo(np.float64).tiny:
        return Frame(width, None, 0.0)
    own_frame = sees_content(denoiser)
    _check_word(noise)
    if not own_frame and (law is not None or noise in laws.KINDS):
        raise InputError(
            "`noise` that is not white needs a homogeneous network for white noise of any level, as the shipped defaults are. "
            f"Received: noise={noise if noise in laws.KINDS else law}"
        )
    zero, unit = known.zero_and_unit() if own_frame else (value_range.low, width)
    filled = content.filled(shown, bad, known)
    # estimators for white noise leave holes out
    leaves_out = left_out(bad)
    shows = np.where(leaves_out, np.nan, filled)
    # the level of a model that takes any is looked for
    asks = law is None and sigma is None and noise is None and getattr(denoiser.noise, "estimator", None) is not None
    of_two = two_values.level_of(shows) if asks else None
    if of_two == 0:
        return Frame(width, None, 0.0)
    of_two = of_two if own_frame else None
    if own_frame and sigma is None and of_two is None:
        law = law or law_of(denoiser, [shows], value_range, noise)
        if law is not None:
            view = views.View(picture, known, law.settled([filled]), _sees_smooth(denoiser))
            return _frame_of_view(denoiser, view, width, average, filled)
    if isinstance(noise, str):
        noise = None
    elif own_frame and noise is not None and not noise.white:
        sigma, noise = mean_level(noise.at(_scaled(filled, value_range.low, width))), None
    seen = _scaled(filled, zero, unit)
    factor = width / unit
    told = {"sigma": None if sigma is None else sigma * factor, "noise": noise and noise.scaled(factor)}
    shows = np.where(leaves_out, np.nan, seen).astype(np.float32) if own_frame else seen
    model = defaults.image_noise(denoiser, shows, average, **told) if of_two is None else Gaussian(of_two / unit)
    if of_two is None and own_frame and model.white and told == {"sigma": None, "noise": None}:
        model = Gaussian(strong_noise.refined(denoiser, seen, weak_noise.refined(denoiser, seen, mean_level(model))))
    level = mean_level(model.at(seen))
    least = _LEAST_FOUND if own_frame and of_two is None and told == {"sigma": None, "noise": None} else _NOTHING
    if model.white and denoiser.form.takes_level and level <= least:
        return Frame(unit, None, level * unit / width)
    if own_frame:
        zero, wider = known.zero_and_unit(level * unit)
        model, level, unit = model.scaled(unit / wider), level * unit / wider, wider

    weak = level if own_frame and model.white and level < shrinkage.MOST_NOISE else None
    most = level if own_frame and model.white and level > 0 else None
    return _bound(picture, Frame(unit, model, level * unit / width, weak, most), known, zero)


def _bound(picture, frame, known, zero):
    """A `Frame` with the ways to its picture and back."""
    shape, unit = picture.pixels.shape, frame.unit

    def window(rows, columns):
        """(values, holes) of a window; what its rim looks like depends on what is around it."""
        wide, inside = views.around(rows, columns, shape, content.MARGIN)
        values = picture.values(*wide)
        bad = content.holes(values, known)
        return content.filled(values, bad, known)[inside], bad[inside]

    def read(rows, columns):
        return _scaled(window(rows, columns)[0], zero, unit)

    def values_of(estimate):
        return np.asarray(estimate, np.float64) * unit + zero

    def restore(estimate, rows, columns):
        pixels = to_dtype(picture.back(values_of(estimate)), picture.pixels.dtype)
        bad = window(rows, columns)[1]
        return np.where(bad, picture.pixels[slice(*rows), slice(*columns)], pixels) if bad.any() else pixels

    def deviation(spread, estimate):
        return picture.deviation(np.asarray(spread, np.float64) * unit, values_of(estimate))

    def of(other):
        return _bound(other, frame, known, zero)

    ways = {"read": read, "finish": picture.finished, "beyond": picture.beyond, "restore": restore, "deviation": deviation}
    return frame._replace(**ways, of=of)


def shown_of(picture):
    """(What shows a picture, [H, W, C] float64; its `content.Content`; which of those pixels are holes)."""
    shown = content.sample(picture.values, picture.pixels.shape)
    known = content.of_sample(shown, picture.no_data)
    return shown, known, content.holes(shown, known)


def law_of(denoiser, pages, value_range, noise=None):
    """The law of pages [H, W, C]: what a noise model says, else what they say themselves; None for white noise.

    Args:
      denoiser: as in `found_law.of_pages`.
      pages: list of arrays, NaN where they have no values.
      value_range, noise: as in `frame_of`.
    """
    _check_word(noise)
    if noise is None or noise in laws.KINDS:
        return found_law.of_pages(pages, noise, None if _sees_smooth(denoiser) else denoiser, None if noise else value_range)
    if noise == WHITE or noise.polynomial is None:
        return None
    width = value_range.high - value_range.low
    return laws.of_polynomial(noise.polynomial).scaled(-value_range.low / width, 1 / width)


def _frame_of_view(denoiser, view, width, average, filled):
    """The `Frame` of a `views.View`, with the level and the law of the picture itself."""
    frame = frame_of(denoiser, view, ValueRange(0.0, 1.0), average, noise=Gaussian(view.level))
    level = float(np.sqrt(np.mean(view.law.variance(filled))))

    def whole(inner):
        of = inner.of and (lambda picture: whole(inner.of(view._replace(picture=picture))))
        return inner._replace(level=level / width, law=view.law, of=of)

    return whole(frame)


def _check_word(noise):
    if isinstance(noise, str) and noise not in _WORDS:
        raise InputError(f"`noise` must be {', '.join(_WORDS)} or a noise model. Received: noise={noise!r}")


def _scaled(values, zero, unit):
    return np.clip((values - zero) / unit, -_MOST, _MOST).astype(np.float32)


def left_out(bad):
    """Those holes that estimators leave out: all, unless they are so few that what fills them does not matter."""
    return bad if bad.mean() >= _FEW else np.zeros_like(bad)


def sees_content(denoiser):
    """Whether it is a homogeneous network for noise of one level, white or smooth."""
    even = denoiser.noise is not None and (denoiser.noise.white or _sees_smooth(denoiser))
    return even and denoiser.form.takes_level and structure.is_homogeneous(denoiser.network)


def _sees_smooth(denoiser):
    return denoiser.noise is not None and denoiser.noise.estimator == SMOOTH
