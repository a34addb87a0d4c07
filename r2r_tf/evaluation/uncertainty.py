"""How the standard deviation between passes compares with the true error, where clean images are there to tell."""

import numpy as np
from tqdm import tqdm

from r2r_tf.inference import defaults, passes
from r2r_tf.noise import GREY_LEVELS

DECILES = 10


def measure(denoiser, test, average, *, seed=0):
    """Root mean squares of deviation and error over the tenths of all pixels with the least to the most deviation.

    A deviation that were the error's standard deviation would have a ratio of 1 in each. It need not: passes of one network
    agree where they are wrong together.

    Args:
      denoiser: `denoisers.Denoiser`.
      test: `test_sets.TestSet` with clean images.
      average: `passes.Average` of two passes or more.
      seed: of the draws.
    Returns:
      List of dicts decile (1 to 10), deviation, error (grey levels of 255), ratio (error by deviation), the last of decile
      'all', for all pixels.
    """
    variances, errors = [], []
    for index, image in enumerate(tqdm(test.images, unit=" images", desc="calibration")):
        x, y = image.clean, image.noisy
        noise = defaults.image_noise(denoiser, y, average, noise=test.noise).at(y)
        mean, deviation = passes.mean_and_deviation(denoiser, y[None], [noise], average, seed=(seed, index))
        variances.append(np.square(deviation[0]).ravel())
        errors.append(np.square(mean[0] - x).ravel())
    variances, errors = np.concatenate(variances), np.concatenate(errors)
    parts = np.array_split(np.argsort(variances, kind="stable"), DECILES)
    rows = [_row(number, variances[part], errors[part]) for number, part in enumerate(parts, start=1)]
    return [*rows, _row("all", variances, errors)]


def sentence(rows):
    """What `measure` found, in words."""
    ratios = [row["ratio"] for row in rows[:-1]]
    return (
        f"Uncertainty: the root mean square error is {rows[-1]['ratio']:.1f} times the standard deviation between passes "
        f"({min(ratios):.1f} to {max(ratios):.1f} times over its tenths); it rises from {rows[0]['error']:.1f} to "
        f"{rows[-2]['error']:.1f} grey levels where the deviation rises from {rows[0]['deviation']:.2f} to "
        f"{rows[-2]['deviation']:.2f}."
    )


def _row(name, variances, errors):
    deviation, error = (GREY_LEVELS * float(np.sqrt(np.mean(squares, dtype=np.float64))) for squares in (variances, errors))
    return {"decile": name, "deviation": deviation, "error": error, "ratio": error / max(deviation, 1e-9)}
