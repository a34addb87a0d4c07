"""Errors of the noise estimated from PolyU's noisy crops, against the residuals to their references."""

import numpy as np

from r2r_tf import estimation
from r2r_tf.data import datasets
from r2r_tf.estimation import spectrum
from r2r_tf.noise import camera
from tools.benchmark_suites import timing

_EDGES = (0, 0.15, 0.3, 1, 3, np.inf)  # of activity


def run(data_dir, manual_dir):
    """Error of the estimated level, in flat areas alone and with the gain in structure, over crops and over activity; and of
    the spectrum, over bands of frequencies.

    Args:
      data_dir, manual_dir: as in `datasets.prepare`.
    Returns:
      Dict: unit, results (error of the root mean square level in per cent, median, least and most over the training crops, of
      each crop as a whole, of its pixels of similar activity, and of its noise in each band).
    """
    pictures = datasets.load_pictures(datasets.prepare("polyu", data_dir, manual_dir), "train")
    models, _ = estimation.camera_noise([p.noisy for p in pictures], [p.setting for p in pictures])
    errors = {}
    for picture in pictures:
        model = models[picture.setting]
        flat, truth = model.flat_level(picture.noisy), picture.noisy - picture.clean
        levels = {"flat areas alone": flat, "with structure": model.at(picture.noisy).sigma}
        active = camera.activity(picture.noisy, flat)
        places = {"whole crops": np.full(active.shape, True)}
        for low, high in zip(_EDGES, _EDGES[1:], strict=False):
            places[f"activity {low:g} to {high:g}"] = (low <= active) & (active < high)
        for place, inside in places.items():
            if inside.sum() < 1000:
                continue
            for title, level in levels.items():
                ratio = np.sqrt(np.mean(np.square(level[inside])) / np.mean(np.square(truth[inside])))
                errors.setdefault(f"{place}, {title}", []).append(float(100 * (ratio - 1)))
        for name, ratio in spectrum_ratios(truth, model.at(picture.noisy)).items():
            errors.setdefault(name, []).append(100 * (ratio - 1))
    return {"unit": "error of sigma, %", "results": {name: timing.summary(own) for name, own in errors.items()}}


def spectrum_ratios(truth, own):
    """Dict from band to the estimated amplitude over the true one, brightness and colours apart, in units of the level."""
    level = own.sigma.mean(axis=-1, keepdims=True)
    windows = np.lib.stride_tricks.sliding_window_view(truth / level, (spectrum.SIZE, spectrum.SIZE), axis=(0, 1))
    windows = windows[:: spectrum.SIZE, :: spectrum.SIZE].reshape(-1, 3, spectrum.SIZE, spectrum.SIZE)
    power = spectrum.cosine_squares(windows).mean(axis=0)
    expected, ratios = spectrum.expected_power(own.kernel * (own.sigma / level).mean(axis=(0, 1))), {}
    for name, channels in (("brightness", slice(0, 1)), ("colours", slice(1, 3))):
        ours, true = (spectrum.bands(part[..., channels].mean(axis=-1)) for part in (expected, power))
        for low, high, ratio in zip(spectrum.EDGES, spectrum.EDGES[1:], np.sqrt(ours / true), strict=False):
            ratios[f"{name}, {low:g} to {high:g} cycles a pixel"] = float(ratio)
    return ratios
