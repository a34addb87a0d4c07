"""Errors of the noise estimators on photographs whose noise is known: white, correlated, and dependent on brightness and
structure."""

import dataclasses

import numpy as np
from tqdm import tqdm

from r2r_tf import estimation
from r2r_tf.data import datasets
from r2r_tf.errors import InputError
from r2r_tf.estimation import correlation, description
from r2r_tf.noise import GREY_LEVELS, SeededDraws
from r2r_tf.noise.camera import CameraNoise
from tools.benchmark_suites import timing

_WHITE, _CORRELATED = (2, 5, 10, 25, 50), (2, 5, 10, 25)
# stronger in structure, as in PolyU
_ACTIVITY, _GAIN = np.array([0.15, 0.5, 2.0]), np.array([1.0, 1.5, 2.0])
_ESTIMATORS = {"chen2015": "chen2015", "wavelet": "wavelet", "calm blocks": "calm", "flat areas": "flat"}


def camera_kernel():
    """Like the noise of PolyU's cameras: correlation 0.61 to the next pixel, 0.37 diagonally, 0.66 between channels."""
    squares = np.square(np.arange(-4, 5))
    # convolved with themselves they give nearly 0.62 to the squared distance
    taps = 0.62 ** (2 * (squares[:, None] + squares[None]))
    values, vectors = np.linalg.eigh(np.full((3, 3), 0.66) + 0.34 * np.eye(3))
    kernel = (taps / np.sqrt(np.square(taps).sum()))[..., None, None] * ((vectors * np.sqrt(values)) @ vectors.T)
    return kernel.astype(np.float32)


def run(repeats, data_dir):
    """Estimates each photograph's noise alone, then that of all together.

    Args:
      repeats: noise seeds.
      data_dir: of TFDS.
    Returns:
      Dict: unit, results (error in per cent of sigma, over photographs and seeds; of correlations in hundredths).
    """
    photographs = [p.clean for p in datasets.load_pictures(datasets.prepare("skimage_natural/rgb", data_dir), "train+test")]
    errors = {}
    white = np.zeros((1, 1, 3, 3), np.float32)
    white[0, 0] = np.eye(3)
    cases = [("white", white, sigma) for sigma in _WHITE] + [("correlated", camera_kernel(), sigma) for sigma in _CORRELATED]
    for kind, kernel, sigma in tqdm(cases, unit=" cases"):
        flat = CameraNoise(np.array([0.5]), np.full((1, 3), sigma / GREY_LEVELS), kernel)
        for seed in range(repeats):
            for y in _noisy(photographs, flat, seed):
                found = description.describe(y)
                for title, name in _ESTIMATORS.items():
                    if found[name] is not None:
                        error = 100 * (found[name] * GREY_LEVELS / sigma - 1)
                        errors.setdefault(f"{kind} {sigma}, {title}", []).append(error)
    for sigma in _CORRELATED:
        knots = np.linspace(0, 1, 9)
        shape = sigma / GREY_LEVELS * (0.4 + 2.4 * knots * (1 - knots))
        truth = CameraNoise(knots, np.repeat(shape[:, None], 3, axis=1), camera_kernel())
        for seed in range(repeats):
            pooled_errors(photographs, truth, sigma, seed, errors)
            pooled_errors(photographs, dataclasses.replace(truth, activity=_ACTIVITY, gain=_GAIN), sigma, seed, errors)
    return {"unit": "error, % of sigma (correlation: hundredths)", "results": {k: timing.summary(v) for k, v in errors.items()}}


def pooled_errors(photographs, truth, sigma, seed, errors):
    """Adds the errors of `estimation.camera_noise` of all photographs together."""
    try:
        _, found = estimation.camera_noise(_noisy(photographs, truth, seed))
    except InputError:
        return
    brightness = np.linspace(0.1, 0.9, 17)[:, None] * np.ones(3)
    case = f"pooled, depends on brightness{' and structure' if len(truth.gain) > 1 else ''} {sigma}"
    errors.setdefault(f"{case}, level", []).extend(
        (100 * (found.level_at(brightness) / truth.level_at(brightness) - 1)).ravel().tolist()
    )
    lags = correlation.covariance_of(found.kernel) - correlation.covariance_of(truth.kernel)
    errors.setdefault(f"{case}, correlation", []).extend((100 * lags).ravel().tolist())
    gain = np.interp(found.activity, truth.activity, truth.gain)
    errors.setdefault(f"{case}, gain in structure", []).extend((100 * (found.gain / gain - 1)).tolist())


def _noisy(photographs, model, seed):
    """The photographs with noise of that model, whose level follows the clean picture; not clipped."""
    return [model.at(x).sample(x, SeededDraws((seed, index), x.shape)) for index, x in enumerate(photographs)]
