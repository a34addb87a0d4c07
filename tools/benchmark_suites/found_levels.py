"""What a level of white noise that is found costs beside one that is told: by calm blocks alone, and as `denoise` finds it."""

import numpy as np
from tqdm import tqdm

import r2r_tf
from r2r_tf import estimation, noise, pretrained
from r2r_tf.data import test_sets
from r2r_tf.evaluation import metrics
from r2r_tf.models import denoisers
from tools.benchmark_suites import timing

_LEVELS = (3, 5, 10, 15, 25)  # grey levels


def run(dataset, max_images, data_dir, manual_dir):
    """Denoises each picture with the level told, with that of the calmest blocks, and with nothing told, by the shipped default.

    Args:
      dataset, max_images, data_dir, manual_dir: as in `test_sets.load_test_set`; gray pictures.
    Returns:
      Dict: unit, results (dB lost, over the images) and their means.
    """
    denoiser, costs = denoisers.load(pretrained.DEFAULTS[1]), {}
    for sigma in _LEVELS:
        model = noise.gaussian_from_grey_levels(str(sigma))
        places = {"data_dir": data_dir, "manual_dir": manual_dir, "max_images": max_images}
        for image in tqdm(test_sets.load_test_set(dataset, model, 1, **places).images, unit=" images", desc=f"sigma {sigma}"):
            ways = {"told": model.sigma, "calm blocks": estimation.white_level(image.noisy), "nothing told": None}
            scores = {name: _score(image, denoiser, level) for name, level in ways.items()}
            for name in ("calm blocks", "nothing told"):
                costs.setdefault(f"sigma {sigma}, {name}", []).append(scores["told"] - scores[name])
    means = {f"mean, {name}": f"{np.mean(own):.3f} dB" for name, own in costs.items()}
    return {"unit": "dB lost", "results": {name: timing.summary(own) for name, own in costs.items()}, **means}


def _score(image, denoiser, level):
    if level == 0:
        return metrics.psnr(image.clean, image.noisy)
    return metrics.psnr(image.clean, r2r_tf.denoise(image.noisy, denoiser, sigma=level, channel_axis=-1))
