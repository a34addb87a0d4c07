"""Which shipped weights a picture calls for, by its noise and by what it shows."""

import dataclasses
import functools

import numpy as np

from r2r_tf import estimation, pretrained, recorruption
from r2r_tf.estimation import calm_blocks, channels, laws, likeness, mosaic, sharpness, strong_colours
from r2r_tf.image_files import content
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.inference import found_law, frames, passes
from r2r_tf.inference.gaussian_residuals import made_gaussian
from r2r_tf.models import denoisers

_SIDE = 384  # of the window that candidates are compared on
_ALPHA = 0.5
_UNIT = ValueRange(0.0, 1.0)
_SURE = 2.0  # standard errors
# three channels together gain 2 dB where their levels are up to 1.8 times apart and their noise has a correlation below 0.2
_ALIKE, _SHARED = 1.8, 1.45
_SHARP = 0.02  # of a camera's picture: above, the weights that take fine detail for noise lose more than they gain
_SEED = (2022, 10)  # of the draws; unlike what noise is simulated with
# blocks whose estimates are flat: their side and part; and how much of the noise is taken away there at least. From photographs
# 0.88 to 0.99 of noise as they have learnt it are, 0.6 of noise that is smooth along rows alone
_BLOCK, _FLAT, _TAKEN = 16, 0.1, 0.85


def denoiser_for(y, precision="float32", told=None):
    """The shipped denoiser for an image.

    Those for special noise are taken where all speaks for it: a camera's for colour that is as noisy as a camera's, one of two by
    how sharp it is, and for strong noise of colours; that for three colours together where each has white noise of its own; that
    for smooth noise where it takes it away; a microscope's for counting noise, where on the image itself its clean-free error is
    smaller than the general one's.

    Args:
      y: [H, W, C], [0, 1] scale.
      precision: as in `denoisers.load`.
      told: what is known of the noise: None for nothing, `frames.WHITE`, `frames.SMOOTH`, one of `laws.KINDS`, another word for
        another law.
    """
    if y.shape[-1] == 1 and mosaic.is_mosaic(y[..., 0]):
        y = y[::2, ::2]
    law_of = functools.cache(lambda c: found_law.of_pages([y[..., c : c + 1]], scale=_UNIT))
    found = _of_colour(y, precision, told, law_of) if y.shape[-1] == 3 else None
    return found or _of_channels(y, precision, told, law_of)


def _of_channels(y, precision, told, law_of):
    """For channels that are taken one by one, by the first of them."""
    general = denoisers.load(pretrained.DEFAULTS[1], precision)
    may_follow = told in (None, *laws.KINDS) and np.isfinite(y[..., 0]).any()
    law = law_of(0) if may_follow else None
    smooth = law is not None and law.smooth
    if told == frames.SMOOTH or smooth:
        special = denoisers.load(pretrained.SMOOTH, precision)
        takes = told == frames.SMOOTH or taken_away(special, law.stabilised(y[..., :1]), smooth) >= _TAKEN
        return special if takes else denoisers.load(pretrained.FILTERED, precision)
    if law is None or not law.counting:
        return general
    special = denoisers.load(pretrained.MICROSCOPE, precision)
    return special if gains(special, general, law.stabilised(y[..., :1])) else general


def _of_colour(y, precision, told, law_of):
    """That for three channels together, None where there is none."""
    white, excess = channels.colour_noise(y)
    if not white and likeness.is_like(y, denoisers.noise_of(pretrained.SHARP_CAMERA)):
        return denoisers.load(pretrained.SHARP_CAMERA if sharpness.sharpness(y) > _SHARP else pretrained.CAMERA, precision)
    strong = strong_colours.law_of(y) if told in (None, frames.WHITE) else None
    # noise that is independent from channel to channel may have come to a sharp photograph from elsewhere
    if strong and (excess >= _SHARED or sharpness.sharpness(y) <= _SHARP):
        return dataclasses.replace(denoisers.load(pretrained.CAMERA, precision), noise=strong)
    independent = white and excess is not None and excess < _SHARED
    together = independent and told in (None, frames.WHITE) and _alike(y, None if told else law_of)
    return denoisers.load(pretrained.DEFAULTS[3], precision) if together else None


def _alike(y, law_of):
    """Whether noise is about as strong in all channels and, where that is not told (law_of is None), white in each."""
    numbers = range(y.shape[-1])
    levels = [estimation.white_level(y[..., c : c + 1]) for c in numbers]
    alike = max(levels) <= _ALIKE * min(levels)
    return alike and (law_of is None or all(law_of(c) is None for c in numbers))


def taken_away(denoiser, t, smooth):
    """How much of smooth noise a denoiser takes away where its estimate is flat, about 1 from noise that is as it has learnt it.

    Args:
      denoiser: `denoisers.Denoiser` for smooth noise of any level.
      t: [H, W, 1] image whose noise is of one level.
      smooth: `smoothness.Smoothness` of that noise.
    """
    t = np.asarray(t, np.float64)[content.middle(t.shape, _SIDE)]
    zero, unit = content.of_sample(t).zero_and_unit(1.0)
    y, level = np.float32((t - zero) / unit), smooth.variance**0.5 / unit
    estimate = passes.apply(denoiser, y[None], level)[0]
    flat = calm_blocks.flattest(calm_blocks.block_pixels(estimate, _BLOCK), _FLAT)
    taken = calm_blocks.block_pixels(y - estimate, _BLOCK)[flat]
    return float(np.sqrt(np.mean(np.square(taken, dtype=np.float64)))) / level


def gains(denoiser, other, t):
    """Whether one denoiser is surely better than another, which is near the best, by the losses of the same recorrupted pairs.

    The losses exceed the errors by one constant, which their difference is free of. With f and g the estimates and y~ the target,
    it is the mean of (f - g)(f + g - 2 y~). The other tells the noise, which it is made Gaussian around.

    Args:
      denoiser, other: `denoisers.Denoiser` for white noise of any level.
      t: [H, W, 1] image whose noise is white, of level 1.
    """
    t = np.asarray(t, np.float64)[content.middle(t.shape, _SIDE)]
    place = content.of_sample(t).zero_and_unit(1.0)
    values, sigmas = (own[0][None] for own in made_gaussian(other, [t], [place]))
    zero, unit = place
    y = np.float32((values - zero) / unit)
    z = np.float32(np.random.default_rng(_SEED).standard_normal(y.shape) * sigmas / unit)
    inputs, targets = (np.concatenate(part) for part in recorruption.recorrupt_antithetic(y, z, _ALPHA))
    level = recorruption.input_gain(_ALPHA) / unit
    f, g = (passes.apply(own, inputs, level).astype(np.float64) for own in (denoiser, other))
    difference = ((f - g) * (f + g - 2 * targets)).mean(axis=0)  # of a pair, whose draws are one
    return bool(difference.mean() < -_SURE * difference.std() / np.sqrt(difference.size))
