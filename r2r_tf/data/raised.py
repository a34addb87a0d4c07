"""Raised levels: for inputs of any level, pairs from all images that have less noise than that.

An image of level sigma makes inputs of the level s = sigma sqrt(1 + alpha^2) for any alpha, and targets whose noise variance,
sigma^2 (1 + 1/alpha^2), falls towards sigma^2 as s rises. With one alpha for all, a network learns each level from images of that
level alone, whose targets at alpha 0.5 have 5 sigma^2. Here s is drawn first, evenly; then an image among those with less noise;
alpha follows. Most targets then have far less noise than the input, and most of the input's noise is fresh.

Targets of such different noise weigh as weighted least squares has it: by the inverse of what the loss will be. Weights know the
levels alone, never the noise, so the loss keeps its minimum, E[x | y_hat].
Source: ours; for images of many levels, such as `--sigma=5-55` simulates and most folders of pictures have.
"""

from typing import NamedTuple

import numpy as np

from r2r_tf import recorruption
from r2r_tf.backend import tf
from r2r_tf.data import sampling, stateless_draws
from r2r_tf.errors import InputError
from r2r_tf.noise.gaussian import GREY_LEVELS
from r2r_tf.noise.model import AdditiveGaussian

# mean squared error that denoisers leave in photographs, as a power of the level: a rough law, for the weights alone
_TYPICAL, _AT, _POWER = 1.2e-3, 25 / GREY_LEVELS, 1.1


class Choice(NamedTuple):
    """Which images the patches of a step are from, and how their inputs are raised.

    Attributes:
      image: [n] int64.
      gain: [n] float32, what the input has the image's noise multiplied by.
      alpha: [n] float32, the recorruption that does it; None where no input is raised.
    """

    image: tf.Tensor
    gain: tf.Tensor
    alpha: tf.Tensor | None


def chooser(images, rule, alpha, levels, count, seed, role):
    """Function from the number of a step to the `Choice` of its patches.

    Args:
      images: list of `frozen_images.FrozenImage`, binned copies among them.
      rule: objective, see `objectives`.
      alpha: the least that inputs are recorrupted with.
      levels: (low, high) between which the inputs' levels are drawn, [0, 1] scale; each image is then drawn in proportion to its
        pixels. None: each image once before any is drawn again, its input raised by its own gain.
      count: patches a step.
      seed, role: of the draws.
    Raises:
      InputError: with levels, noise that is not Gaussian with one level an image, or too strong for any such input.
    """
    return _raised(images, rule, alpha, levels, count, seed, role) if levels else _even(images, rule, alpha, count, seed, role)


def _even(images, rule, alpha, count, seed, role):
    gains = rule.input_gains(alpha, [image.binned_by for image in images])
    alphas = [recorruption.alpha_of_gain(gain) for gain in gains]
    raises = any(alphas)
    gains, alphas = (tf.constant(values, tf.float32) for values in (gains, alphas))

    def choose(step):
        image = sampling.random_images(len(images), step * count, count, seed, role)
        return Choice(image, tf.gather(gains, image), tf.gather(alphas, image) if raises else None)

    return choose


def _raised(images, rule, alpha, levels, count, seed, role):
    sigma = _levels_of(images)
    # objectives that draw fresh noise on clean images lower a level, too
    redraws = rule.clean and images[0].simulated
    least = np.zeros_like(sigma) if redraws else np.array(rule.input_gains(alpha, sigma))
    order = np.argsort(least, kind="stable")
    if least[order[0]] > levels[1]:
        raise InputError(
            f"`raise_to` must be above what `alpha` makes of the least noisy image, {least[order[0]] * GREY_LEVELS:.3g}. "
            f"Received: {levels[1] * GREY_LEVELS:g}"
        )
    pixels = np.cumsum([np.prod(images[i].noisy.shape[:2]) for i in order])
    sigma, least = (tf.constant(values[order], tf.float32) for values in (sigma, least))
    pixels, order = tf.constant(pixels, tf.float64), tf.constant(order, tf.int64)
    low = max(levels[0], float(least[0]))

    def choose(step):
        u, v = tf.unstack(stateless_draws.uniforms([2, count], seed, f"{role} raised level", step))
        level = tf.cast(low + u * (levels[1] - low), tf.float32)
        able = tf.maximum(tf.searchsorted(least, level, side="right"), 1)
        place = tf.searchsorted(pixels, v * tf.gather(pixels, able - 1), side="right")
        gain = level / tf.gather(sigma, place)
        return Choice(tf.gather(order, place), gain, recorruption.alpha_of_gain(tf.maximum(gain, 1.0)))

    return choose


def weights(level, variance):
    """Of squared errors: the inverse of what they will be, the error at the input's level and the target's noise variance.

    Args:
      level: of the inputs, [B, 1, 1, 1].
      variance: noise variance of the targets' pixels, likewise.
    Returns:
      [B, 1, 1]; 1 at 25 grey levels for targets without noise.
    """
    return (_TYPICAL / (_TYPICAL * (level / _AT) ** _POWER + variance))[..., 0]


def _levels_of(images):
    if not all(isinstance(image.noise, AdditiveGaussian) and np.ndim(image.noise.level()) == 0 for image in images):
        raise InputError("`raise_to` is for Gaussian noise of one level an image, and these images have another. Leave it out.")
    return np.array([image.noise.level() for image in images], np.float64)
