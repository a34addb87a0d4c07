"""Stabilised pictures whose noise is made Gaussian around what a denoiser estimates, see `estimation.normal_scores`."""

import numpy as np
from tqdm import tqdm

from r2r_tf.estimation import normal_scores
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.inference import defaults, stacks
from r2r_tf.noise import Gaussian

_PROBE, _SEED = 0.1, 2021  # standard deviations, and seed of the signs, of what is added to see how an estimate follows a pixel


def made_gaussian(denoiser, values, places):
    """Noisy values with Gaussian noise, and its standard deviation at each pixel.

    Args:
      denoiser: `denoisers.Denoiser` for white noise of any level.
      values: list of [H, W, 1] whose noise has level 1, or less where counts are few.
      places: (zero, unit) of each: what it is shown as is (values - zero) / unit.
    Returns:
      (list of float64 arrays, list of float64 arrays).
    """
    plan, means, slopes = defaults.plan(denoiser), [], []
    bar = tqdm(values, unit=" images", desc="noise", disable=len(values) < 2)
    for number, (y, (zero, unit)) in enumerate(zip(bar, places, strict=True)):
        probe = np.random.default_rng((_SEED, number)).choice((-_PROBE, _PROBE), y.shape)
        pair = np.float32((np.stack([y, y + probe]) - zero) / unit)
        mean, moved = stacks.denoise(denoiser, pair, ValueRange(0.0, 1.0), plan, noise=Gaussian(1 / unit)).pixels * unit + zero
        means.append(mean)
        slopes.append((moved - mean) / probe)
    return normal_scores.gaussian(values, means, slopes)
