"""What the default makes of real pictures of many kinds, beside the best level and weights that are named."""

import pathlib

import numpy as np
import tifffile
from PIL import Image
from tqdm import tqdm

import r2r_tf
from r2r_tf import estimation, pretrained
from r2r_tf.evaluation import metrics
from r2r_tf.image_files import content
from tools.benchmark_suites import timing

_SIDE = 768  # of what is shown of large micrographs
_FACTORS = (0.7, 0.85, 1.0, 1.2, 1.4, 1.7, 2.0, 2.5)  # of the level of the calmest blocks, or of `camera`'s
_MICROGRAPHS = {"rcan_Actin_noisy.png": "rcan_Actin_gt.png", "rcan_ER_noisy.png": "rcan_ER_gt.png"}
_MICROGRAPHS |= {"nucleus_low_snr.tif": "nucleus_high_snr.tif"}


def run(manual_dir, max_images):
    """Denoises each picture with nothing told, in one orientation if it is gray.

    Args:
      manual_dir: folder with CC15/, SIDD/, OCT/, Hagen/ and Micrographs/; those that are missing are left out.
      max_images: of each folder, evenly spaced; None for all.
    Returns:
      Dict: unit, results: for each folder the PSNR of the input, of the default, and how far that is below what is best for the
      picture: one of several white levels, counting noise that is told, or, in colour, the weights `camera`.
    """
    folder, results = pathlib.Path(manual_dir or "."), {}
    for name, pairs in _SOURCES.items():
        found = sorted(pairs(folder / name))
        step = -(-len(found) // max_images) if max_images and found else 1
        found = found[::step]
        for noisy, clean in tqdm(found, desc=name):
            y, x = _picture(noisy), _picture(clean)
            scored = {way: _score(name, x, estimate) for way, estimate in _estimates(y)}
            row = {"noisy": scored.pop("noisy"), "nothing told": scored["nothing told"]}
            row["below the best"] = max(scored.values()) - scored["nothing told"]
            for way, value in row.items():
                results.setdefault(f"{name}, {way}: {len(found)}", []).append(value)
    means = {f"mean, {name}": f"{np.mean(values):.2f} dB" for name, values in results.items()}
    return {"unit": "folder: pictures, dB", "results": {k: timing.summary(own) for k, own in results.items()}, **means}


def _estimates(y):
    """Yields (way, estimate) of a picture."""
    yield "noisy", y
    if y.ndim == 3:
        yield "nothing told", r2r_tf.denoise(y)
        yield "camera", r2r_tf.denoise(y, pretrained.CAMERA)
        return
    yield "nothing told", r2r_tf.denoise(y, orientations=1)
    values = y.astype(np.float64)
    yield "counting noise", r2r_tf.denoise(values, noise="poisson", orientations=1)
    level = estimation.white_level(values[..., None]) or 1.0
    for factor in _FACTORS:
        yield f"{factor}", r2r_tf.denoise(values, pretrained.DEFAULTS[1], sigma=factor * level, orientations=1)


def _score(source, x, estimate):
    """PSNR; where files were rescaled one by one, after fitting, of the reference's range (OCT: of 255, as is published)."""
    x, estimate = np.float64(x), np.float64(estimate)
    if x.ndim == 3:
        return metrics.psnr(x / 255, np.clip(estimate / 255, 0, 1))
    error = np.mean(np.square(metrics.fitted(x, estimate) - x))
    return float(10 * np.log10((255.0 if source == "OCT" else np.ptp(x)) ** 2 / error))


def _picture(path):
    """[H, W, 3] of photographs; else [H, W] of the channel that varies, or the middle of it."""
    pixels = tifffile.imread(path) if path.suffix == ".tif" else np.asarray(Image.open(path))
    if path.parent.parent.name == "SIDD" or path.parent.name == "CC15":
        return pixels[..., :3]
    if pixels.ndim == 3:
        pixels = pixels[..., int(np.argmax(pixels.std(axis=(0, 1))))]
    return pixels if path.parent.parent.name == "OCT" else pixels[content.middle(pixels.shape, _SIDE)]


_SOURCES = {
    "CC15": lambda folder: [(path, path.with_name(path.name.replace("_real", "_mean"))) for path in folder.glob("*_real.png")],
    "SIDD": lambda folder: [(path, folder / "gt" / path.name) for path in folder.glob("noisy/*.png")],
    "OCT": lambda folder: [(path, path.with_name("average.tif")) for path in folder.glob("*/test.tif")],
    "Hagen": lambda folder: [(path, folder / "high" / path.name) for path in folder.glob("low/*.png")],
    "Micrographs": lambda folder: [(folder / n, folder / c) for n, c in _MICROGRAPHS.items() if (folder / n).is_file()],
}
