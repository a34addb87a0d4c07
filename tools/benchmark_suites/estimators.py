"""Other estimators of the mean over recorruptions: do they earn more decibels a pass than antithetic draws?"""

import numpy as np
from tqdm import tqdm

from r2r_tf import noise
from r2r_tf.data import test_sets
from r2r_tf.evaluation import metrics
from r2r_tf.inference import passes
from r2r_tf.models import denoisers
from tools.benchmark_suites import timing

_WEIGHTS = (0.1, 0.2, 0.3, 0.5)


def run(model, dataset, sigma, max_images, data_dir, manual_dir):
    """Scores the estimators on the same draws.

    Args:
      model: list whose first is for `denoisers.load`; a network for one level.
      dataset, data_dir, manual_dir, max_images: as in `test_sets.load_test_set`.
      sigma: in grey levels.
    Returns:
      Dict: unit, results (hundredths of a decibel above one antithetic pair, over images).
    """
    denoiser, level = denoisers.load(model[0], "bfloat16"), noise.gaussian_from_grey_levels(str(sigma))
    test = test_sets.load_test_set(
        dataset, level, denoiser.form.channels, data_dir=data_dir, manual_dir=manual_dir, max_images=max_images
    )
    gains = {}
    for index, image in enumerate(tqdm(test.images, unit=" images")):
        x, y = image.clean, image.noisy
        estimates = _estimates(denoiser, y, level.sigma, np.random.default_rng(index))
        scores = {name: metrics.psnr(x, x_hat) for name, x_hat in estimates.items()}
        for name, score in scores.items():
            gains.setdefault(name, []).append(100 * (score - scores["one pair, 2 passes"]))
    return {"unit": "hundredths of a dB above one pair", "results": {name: timing.summary(own) for name, own in gains.items()}}


def orthogonal(first, second):
    """The second draw [H, W, C], made orthogonal to the first in each block of 2x2 pixels, of the length that it had.

    Each is still standard normal by itself: the direction of the second is uniform, and independent of its length.
    """
    height, width = (side // 2 * 2 for side in first.shape[:2])

    def blocks(z):
        return (
            z[:height, :width].reshape(height // 2, 2, width // 2, 2, -1).swapaxes(1, 2).reshape(height // 2, width // 2, 4, -1)
        )

    a, b = blocks(first), blocks(second)
    rest = b - a * (a * b).sum(axis=2, keepdims=True) / np.square(a).sum(axis=2, keepdims=True)
    rest *= np.sqrt(np.square(b).sum(axis=2, keepdims=True) / np.square(rest).sum(axis=2, keepdims=True))
    result = second.copy()
    result[:height, :width] = rest.reshape(height // 2, width // 2, 2, 2, -1).swapaxes(1, 2).reshape(height, width, -1)
    return result


def _estimates(denoiser, y, sigma, rng):
    first, second = rng.standard_normal((2, *y.shape), np.float32)

    def pair(z):
        return sum(one(y + sign * denoiser.alpha * sigma * z) for sign in (1, -1)) / 2

    def one(image):
        return passes.apply(denoiser, image[None])[0]

    by_first, itself = pair(first), one(y)
    return {
        "f(y), 1 pass": itself,
        "one pair, 2 passes": by_first,
        **{f"one pair drawn to f(y) by {weight:g}, 3 passes": by_first + weight * (itself - by_first) for weight in _WEIGHTS},
        "two pairs, 4 passes": (by_first + pair(second)) / 2,
        "two orthogonal pairs, 4 passes": (by_first + pair(orthogonal(first, second))) / 2,
    }
