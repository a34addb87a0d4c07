"""Any picture: what the default makes of noisy and clean ones with pedestals, holes, margins, JPEG and whatever people bring."""

import io

import numpy as np
from PIL import Image
from skimage import data
from tqdm import tqdm

import r2r_tf
from tools.benchmark_suites import odd_pictures, timing

_BEST = 100.0  # dB: nothing counts as better
_GRAY = ("camera", "moon", "coins", "grass", "brick", "text")
_COLOUR = ("astronaut", "coffee", "retina", "immunohistochemistry", "chelsea")
_SIDE = 192


def run(repeats):
    """Denoises each input with nothing told (but where the kind says so), in one orientation.

    Args:
      repeats: noise seeds.
    Returns:
      Dict: unit, results (PSNR of the estimate above that of its input, where the truth is known).
    """
    results = {f"{kind}: {len(own)}": timing.summary(own) for kind, own in gains(range(repeats)).items()}
    return {"unit": "kind: inputs; PSNR above the input's, dB", "results": results}


def gains(seeds, names=(*_GRAY, *_COLOUR)):
    """Dict from a kind of input to the `gain` of each of its inputs, made of the embedded pictures of these names."""
    found = {}
    for seed in seeds:
        for kind, y, x, options in tqdm(list(cases(seed, names)), unit=" inputs"):
            found.setdefault(kind, []).append(gain(r2r_tf.denoise(y, orientations=1, **options), y, x))
    return found


def gain(x_hat, y, x):
    """PSNR of an estimate above that of its input, over the pixels where the truth is known (not NaN)."""
    known = np.isfinite(x)
    peak = np.ptp(x[known]) or 1.0

    def psnr(array):
        error = np.mean(np.square(np.asarray(array, np.float64)[known] - x[known]))
        return min(_BEST, 10 * np.log10(peak**2 / error)) if error > 0 else _BEST

    assert np.asarray(x_hat).dtype == np.asarray(y).dtype and np.shape(x_hat) == np.shape(y)
    return float(psnr(x_hat) - psnr(y))


def cases(seed, names):
    """Yields (kind, noisy picture, clean one, arguments of `denoise`); the clean one is NaN where there is no truth."""
    rng = np.random.default_rng(seed)
    for name in (own for own in _GRAY if own in names):
        x = getattr(data, name)()[:_SIDE, :_SIDE].astype(np.float64)
        yield from _of_gray(x, rng)
    for name in (own for own in _COLOUR if own in names):
        yield from _of_colour(getattr(data, name)()[-300:, -300:], rng)
    yield from _odd(rng)


def _of_gray(x, rng):
    noisy = x + 20 * rng.standard_normal(x.shape)
    for scale, offset in ((1, 0), (1 / 255, 0), (4, 32768), (1e-3, 0.5), (1e-2, 1e9), (1e5, -1e7)):
        yield "pedestals and scales", scale * noisy + offset, scale * x + offset, {}
    for dtype, factor in (("int16", 20), ("uint32", 1000), (">u2", 100)):
        yield "whole numbers", np.clip(factor * noisy, 0, None).astype(dtype), factor * x, {}
    yield "level told, with a pedestal", (noisy + 1000).astype(np.float32), x + 1000, {"sigma": 20}
    hot = rng.random(x.shape) < 0.001
    yield "hot pixels", np.where(hot, 60000, noisy + 100).astype(np.uint16), np.where(hot, np.nan, x + 100), {}
    for value in (-9999, 3.4e38, np.nan):
        y, truth = noisy.copy(), x.copy()
        y[:60], truth[:60] = value, np.nan
        yield "rows without data", y, truth, {}
    y = np.ma.masked_array(np.where(hot, 500, noisy), hot)
    yield "masked arrays", y, np.where(hot, np.nan, x), {}
    for value in (0, 128, 255):
        y, truth = np.full_like(x, value), np.full_like(x, np.nan)
        inside = slice(30, -30), slice(30, -30)
        y[inside], truth[inside] = noisy[inside], x[inside]
        yield "constant margins", np.clip(y, 0, 255).round().astype(np.uint8), truth, {}
    blank = np.stack([noisy, np.full_like(x, 7), x / 20 + rng.standard_normal(x.shape)])[..., None]
    yield "stacks with a blank and a dim page", blank, np.stack([x, np.full_like(x, 7), x / 20])[..., None], {}
    for sigma in (0, 0.3, 1, 2, 5):
        y = np.round(256 * (10 + 0.9 * x + sigma * rng.standard_normal(x.shape))).astype(np.uint16)
        yield f"16 bits, noise of {sigma} grey levels, told", y, 256 * (10 + 0.9 * x), {"sigma": sigma / 255}
        yield f"16 bits, noise of {sigma} grey levels, found", y, 256 * (10 + 0.9 * x), {}
    for quality in (75, 85, 90, 95):
        yield "JPEG, gray, without noise", _jpeg(x, quality), x, {}
        yield "JPEG, gray, noise of 15", _jpeg(x + 15 * rng.standard_normal(x.shape), quality), x, {}


def _of_colour(x, rng):
    for quality, subsampling in ((75, 2), (85, 0), (92, 2), (95, 0)):
        yield "JPEG, colour, without noise", _jpeg(x, quality, subsampling), x.astype(np.float64), {}
        noisy = x + 15 * rng.standard_normal(x.shape)
        yield "JPEG, colour, noise of 15", _jpeg(noisy, quality, subsampling), x.astype(np.float64), {}
    for channel in range(3):  # fluorescence: one channel of three
        y, truth = np.zeros(x.shape, np.float32), np.zeros(x.shape)
        truth[..., channel] = x[..., channel] / 255
        y[..., channel] = truth[..., channel] + 0.08 * rng.standard_normal(x.shape[:2])
        yield "empty channels", y, truth, {}


def _odd(rng):
    x, y, far = odd_pictures.sky(rng)
    yield "the sky beside bright stars", y.round().astype(np.uint16), np.where(far, x, np.nan), {}
    photograph = data.camera()[60:316, 60:316] + 100.0
    for value in (0.0, -2000.0):
        x, y, _ = odd_pictures.turned(rng, photograph, value)
        yield "corners that were filled in", y, x, {}
    y, far = odd_pictures.with_lamp(rng, photograph)
    yield "a scene with a lamp", y, np.where(far, photograph, np.nan), {}
    x, y = odd_pictures.raw_frame(rng, data.astronaut()[:256, :256])
    yield "raw frames of cameras, weak noise", y, x, {}
    for dither in (odd_pictures.ordered_dither, odd_pictures.diffused_dither):
        x = dither(data.camera()[:128, :128] / 255.0)
        yield "dither, without noise", x, x.astype(np.float64), {}
    x = odd_pictures.small_print()
    yield "print, noise of 6 grey levels", x + 6 * rng.standard_normal(x.shape), x, {}


def _jpeg(picture, quality, subsampling=0):
    file = io.BytesIO()
    pixels = np.clip(picture, 0, 255).round().astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(file))
