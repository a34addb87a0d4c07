"""Which noise is found in photographs whose noise is known, and what that is worth: counting noise, white noise, smooth noise."""

import numpy as np
import scipy.ndimage
from skimage import data
from tqdm import tqdm

import r2r_tf
from r2r_tf.estimation import laws, noise_cells, speckle
from r2r_tf.image_files.value_range import ValueRange
from r2r_tf.inference import defaults, found_law, shipped, stacks
from r2r_tf.reports import figures
from tools.benchmark_suites import timing

_NAMES = ("camera", "moon", "coins", "brick", "page")
_SIDE = 256
_OFFSET = 100.0  # of a camera, in counts
# name: (photons at white, read noise in counts, width of the blur that makes the noise smooth), or the looks of speckle
CASES = {
    "white, 10 of 255": (None, 10.0, 0.0),
    "white, 25 of 255": (None, 25.0, 0.0),
    "3 photons": (3, 0.0, 0.0),
    "10 photons": (10, 0.0, 0.0),
    "10 photons, read noise 2": (10, 2.0, 0.0),
    "30 photons": (30, 0.0, 0.0),
    "30 photons, read noise 5": (30, 5.0, 0.0),
    "100 photons": (100, 0.0, 0.0),
    "100 photons, read noise 5": (100, 5.0, 0.0),
    "30 photons, smooth": (30, 0.0, 0.7),
    "smooth, 25 of 255": (None, 25.0, 0.7),
    "speckle, 4 looks": 4,
    "speckle, 50 looks": 50,
}


def run(repeats, figure):
    """Denoises each photograph with nothing told, as white noise, and with its true law; in one orientation.

    Args:
      repeats: noise seeds.
      figure: PNG file with the points and lines of one photograph, or None.
    Returns:
      Dict: unit, results: for each kind of noise errors of the level in per cent, and PSNRs in dB.
    """
    results, curves = {}, []
    for seed in range(repeats):
        for kind, name in tqdm([(kind, name) for kind in CASES for name in _NAMES], unit=" pictures"):
            x, y, law = picture(name, CASES[kind], seed)
            found = found_law.of_pages([y[..., None]])
            for title, value in _figures(x, y, law, found).items():
                results.setdefault(f"{kind}: {title}", []).append(value)
            if seed == 0 and name == "camera":
                curves.append((kind, noise_cells.points_of(y), found))
    if figure:
        figures.variance_laws(curves, figure)
    return {"unit": "level error, %; PSNR, dB", "results": {key: timing.summary(values) for key, values in results.items()}}


def picture(name, case, seed):
    """(clean, noisy, true law) of a photograph, in counts above a camera's offset, of 0 for speckle; None for smooth noise."""
    rng = np.random.default_rng([seed, _NAMES.index(name)])
    x = getattr(data, name)()[:_SIDE, :_SIDE].astype(np.float64) / 255
    if isinstance(case, int):
        return x, x * rng.gamma(case, size=x.shape) / case, speckle.Speckle(float(case))
    peak, read_noise, width = case
    x *= peak or 255
    gain = 0.0 if peak is None else 1.0
    if width:
        n = scipy.ndimage.gaussian_filter(rng.standard_normal(x.shape), width, mode="wrap")
        y = x + np.sqrt(gain * x + read_noise**2) * n / n.std()
    else:
        y = (rng.poisson(x) if peak else x) + read_noise * rng.standard_normal(x.shape)
    law = laws.Law(gain, read_noise**2 - gain * _OFFSET) if peak and not width else None
    return x + _OFFSET, y + _OFFSET, law


def _figures(x, y, law, found):
    def psnr(x_hat):
        return 10 * np.log10(np.ptp(x) ** 2 / np.mean(np.square(x_hat - x)))

    result = {
        "noisy": psnr(y),
        "taken for white": psnr(r2r_tf.denoise(y, orientations=1, noise="white")),
        "nothing told": psnr(r2r_tf.denoise(y, orientations=1)),
        "a law found, %": 100.0 * (found is not None),
    }
    if law is not None:
        denoiser = shipped.denoiser_for(np.float32(y[..., None]))
        average = defaults.plan(denoiser, orientations=1)
        told = stacks.denoise(denoiser, y[None, ..., None], ValueRange(0.0, 1.0), average, law=law)
        result["true law told"] = psnr(told.pixels[0, ..., 0])
        if found is not None:
            level = np.sqrt(np.mean(found.variance(x)) / np.mean(law.variance(x)))
            result["level error, %"] = 100 * (level - 1)
    return result
