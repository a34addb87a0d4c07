"""The noise of pictures that are noisy already: the simplest law that fits, and the pictures as a network is to see them.

White noise has a level, one for all pictures that do not clearly differ. Counting noise is made white first, as it is when
denoising (`inference.views`), and Gaussian (`estimation.normal_scores`). What is neither, in colour or smooth, is a camera's; a
few pictures of smooth noise among others are left out. A homogeneous network sees each picture where its content lies, since that
is how it will be shown others (`inference.frames`).
"""

from typing import NamedTuple

import numpy as np

from r2r_tf import estimation, pretrained
from r2r_tf.errors import InputError
from r2r_tf.image_files import content, scratch
from r2r_tf.inference import found_law
from r2r_tf.inference.gaussian_residuals import made_gaussian
from r2r_tf.models import denoisers
from r2r_tf.noise import Gaussian, GaussianRange, NoiseModel
from r2r_tf.noise.stabilised import Stabilised
from r2r_tf.recorruption import input_gain

_ALIKE = 0.15  # relative distance from the median within which levels are taken for the same one
_AT_ONCE = 1 << 25  # values of the pictures whose counting noise is made Gaussian together
_OWN = 0.8  # least part of white noise's power that its own pixel and channel have in an estimated filter


class Shown(NamedTuple):
    """Noisy pictures as a network is to see them.

    Attributes:
      pictures: list of `datasets.Picture`; those without noise are left out.
      models: list of `noise.NoiseModel`, one for each.
      pool: the `noise.NoiseModel` that a network trained on them is for.
      words: what noise was found.
    """

    pictures: list
    models: list
    pool: NoiseModel
    words: str


def of_pictures(pictures, homogeneous, alpha, values=(0, 1), shelf=None):
    """The `Shown` of pictures.

    Args:
      pictures: list of `datasets.Picture`, noisy, [0, 1] scale.
      homogeneous: whether the network commutes with contrast and is told the level; others are shown the pictures as they are.
      alpha: of the recorruption.
      values: what 0 and 1 stand for in the files, for words.
      shelf: `scratch.Shelf` for the pictures as they are shown; None for one of their own.
    Raises:
      InputError: no picture shows noise, or too few places show it alone.
    """
    shelf = shelf or scratch.Shelf()
    if homogeneous and pictures[0].noisy.shape[-1] == 1:
        found = laws_of(pictures)
        kept = [(picture, law) for picture, law in zip(pictures, found, strict=True) if not (law and law.smooth)]
        if len(kept) > len(pictures) / 2:
            smooth = len(pictures) - len(kept)
            shown = _seen(*map(list, zip(*kept, strict=True)), alpha, values, shelf)
            return shown._replace(words=f"{shown.words}; {smooth} pictures of smooth noise are left out") if smooth else shown
    models, pool = estimation.camera_noise([p.noisy for p in pictures], [p.setting for p in pictures])
    if homogeneous and len(pool.kernel[0, 0]) > 1 and pool.own_part() > _OWN and not _counts(pictures):
        return _seen(pictures, [None] * len(pictures), alpha, values, shelf)
    # pictures that do not tell their setting may be of several: each then has a strength of its own
    strengths = [estimation.level_factor(p.noisy, pool) if p.setting is None else 1.0 for p in pictures]
    models = [models[p.setting].scaled(own) for p, own in zip(pictures, strengths, strict=True)]
    return Shown(pictures, models, pool, "a camera's, which is correlated between pixels")


def _counts(pictures):
    """Whether a channel of the pictures has counting noise."""
    channels = range(pictures[0].noisy.shape[-1])
    return any(found_law.of_pages([picture.noisy[..., c : c + 1] for picture in pictures]) for c in channels)


def laws_of(pictures):
    """The law of each picture, that of its setting if its pictures agree; None for white noise."""
    groups = {}
    for number, picture in enumerate(pictures):
        groups.setdefault(picture.setting, []).append(number)
    result = [None] * len(pictures)
    for numbers in groups.values():
        shared = found_law.of_pages([pictures[number].noisy for number in numbers])
        for number in numbers:
            result[number] = shared or found_law.of_pages([pictures[number].noisy])
    return result


def _seen(pictures, found, alpha, values_of_files, shelf):
    """The `Shown` of pictures with a law, or with white noise where that is None."""
    count, counting = len(pictures), np.mean([law is not None for law in found]) > 0.5
    if counting:
        # what one picture in a few does not show is as the others show it
        usual = sorted((law for law in found if law), key=lambda law: law.variance(0.5))
        found = [law or usual[len(usual) // 2] for law in found]
        levels = [1.0] * len(pictures)
    else:
        found, levels = [None] * len(pictures), _levels(pictures)
    kept = [number for number, level in enumerate(levels) if level > 0]
    if not kept:
        raise InputError("The pictures show no noise that could be learnt from: give sigma.")
    pictures, found, levels = ([own[number] for number in kept] for own in (pictures, found, levels))
    places = [content.of_sample(_white(p, law)).zero_and_unit(own) for p, law, own in zip(pictures, found, levels, strict=True)]
    if counting:
        seen, models = _gaussian(pictures, found, places, shelf)
    else:
        seen = [shelf.keep(_moved(_white(picture, None), place)) for picture, place in zip(pictures, places, strict=True)]
        models = [Gaussian(level / unit) for level, (_, unit) in zip(levels, places, strict=True)]
    shown = [picture._replace(noisy=own, clean=None) for picture, own in zip(pictures, seen, strict=True)]
    told = [float(model.level()) for model in models]
    pool = GaussianRange(min(told), max(told) * input_gain(alpha))
    return Shown(shown, models, pool, _words(found if counting else None, levels, count, values_of_files))


def _white(picture, law):
    """The values of a picture with white noise, float64; those of level 1 for counting noise."""
    return law.stabilised(picture.noisy) if law else np.asarray(picture.noisy, np.float64)


def _moved(y, place):
    """Values as they are shown, by (zero, unit)."""
    return ((y - place[0]) / place[1]).astype(np.float32)


def _gaussian(pictures, found, places, shelf):
    """(pictures as shown, noise models) of counting noise made Gaussian, so many pictures at a time as fit into memory."""
    denoiser, seen, models = denoisers.load(pretrained.DEFAULTS[1]), [], []
    first = np.cumsum([0, *(picture.noisy.size for picture in pictures[:-1])]) // _AT_ONCE
    for number in np.unique(first):
        group = np.flatnonzero(first == number)
        own_places = [places[own] for own in group]
        white = [_white(pictures[own], found[own]) for own in group]
        for y, sigma, place in zip(*made_gaussian(denoiser, white, own_places), own_places, strict=True):
            seen.append(shelf.keep(_moved(y, place)))
            models.append(Stabilised(shelf.keep(np.float32(sigma / place[1])), 1 / place[1]))
    return seen, models


def _levels(pictures):
    """The level of the white noise of each picture: the median of all unless it is clearly another; 0 where there is none."""
    own = np.array([estimation.white_level(_white(picture, None)) for picture in pictures])
    usual = float(np.median(own[own > 0])) if (own > 0).any() else 0.0
    return [usual if abs(level - usual) <= _ALIKE * usual else float(level) for level in own]


def _words(found, levels, count, values):
    if found:
        low, width = values[0], values[1] - values[0]
        distinct = list(dict.fromkeys(str(law.scaled(-low / width, 1 / width)) for law in found))
        return distinct[0] if len(distinct) == 1 else f"{len(distinct)} laws such as {distinct[0]}; {distinct[-1]}"
    low, high = 255 * min(levels), 255 * max(levels)
    text = f"white, {low:.3g} grey levels of 255" if low == high else f"white, {low:.3g} to {high:.3g} grey levels of 255"
    return text if len(levels) == count else f"{text}; {count - len(levels)} pictures without noise are left out"
